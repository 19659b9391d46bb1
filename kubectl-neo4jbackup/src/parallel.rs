//! One function over many items on several threads.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// More threads than this gain nothing: reading and judging are bound by memory.
const MOST_THREADS: usize = 8;

/// Applies `work` to each item and keeps the order. The threads take items one by one, so that one large file does not
/// keep the others waiting behind it.
pub(crate) fn map<'i, T: Sync, R: Send>(items: &'i [T], work: impl Fn(&'i T) -> R + Sync) -> Vec<R> {
    let available = std::thread::available_parallelism().map_or(1, NonZero::get);
    let threads = available.min(MOST_THREADS).min(items.len());
    if threads < 2 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let take = || {
        let mut results = Vec::new();
        while let Some((index, item)) = {
            let index = next.fetch_add(1, Ordering::Relaxed);
            items.get(index).map(|item| (index, item))
        } {
            results.push((index, work(item)));
        }
        results
    };
    let mut results: Vec<(usize, R)> = std::thread::scope(|scope| {
        let helpers: Vec<_> = (1..threads).map(|_| scope.spawn(take)).collect();
        let mut results = take();
        for helper in helpers {
            match helper.join() {
                Ok(more) => results.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Applies `work` to each item on several threads, and hands the results on in the order of the items, each as soon as
/// those before it have been handed on.
pub(crate) fn in_order<'i, T: Sync, R: Send>(
    items: &'i [T],
    work: impl Fn(&'i T) -> R + Sync,
    hand_on: impl FnMut(&'i T, R) + Send,
) {
    let numbered: Vec<(usize, &T)> = items.iter().enumerate().collect();
    let waiting: BTreeMap<usize, R> = BTreeMap::new();
    let state = Mutex::new((0, waiting, hand_on));
    map(&numbered, |(index, item)| {
        let result = work(item);
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, waiting, hand_on) = &mut *state;
        waiting.insert(*index, result);
        while let Some(result) = waiting.remove(next) {
            hand_on(&items[*next], result);
            *next += 1;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_handed_on_in_order() {
        let items: Vec<usize> = (0..1000).collect();
        let mut seen = Vec::new();
        in_order(&items, |item| item * 2, |item, result| seen.push((*item, result)));
        assert_eq!(seen, items.iter().map(|item| (*item, item * 2)).collect::<Vec<_>>());
    }
}
