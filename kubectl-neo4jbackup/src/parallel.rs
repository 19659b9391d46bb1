//! One function over many items on several threads.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// More threads than this gain nothing: reading and judging are bound by memory.
const MOST_THREADS: usize = 8;

/// In so many portions each thread takes its share, when there are enough items.
const PORTIONS: usize = 64;
/// More items than this are no portion.
const LARGEST_PORTION: usize = 64;

/// Applies `work` to each item and keeps the order. The threads take items a few at a time, so that one large file does not
/// keep many others waiting behind it, and small ones cost no waiting for each other.
pub(crate) fn map<'i, T: Sync, R: Send>(items: &'i [T], work: impl Fn(&'i T) -> R + Sync) -> Vec<R> {
    let mut all = Vec::with_capacity(items.len());
    in_portions(items, &work, |_, results| all.extend(results));
    all
}

/// Applies `work` to each item on several threads, and hands the results on in the order of the items, each as soon as
/// those before it have been handed on.
pub(crate) fn in_order<'i, T: Sync, R: Send>(
    items: &'i [T],
    work: impl Fn(&'i T) -> R + Sync,
    mut hand_on: impl FnMut(&'i T, R) + Send,
) {
    in_portions(items, &work, |portion, results| {
        for (item, result) in portion.iter().zip(results) {
            hand_on(item, result);
        }
    });
}

/// Hands on the results of some items after the other, in the order of the items.
fn in_portions<'i, T: Sync, R: Send>(
    items: &'i [T],
    work: &(impl Fn(&'i T) -> R + Sync),
    mut hand_on: impl FnMut(&'i [T], Vec<R>) + Send,
) {
    let available = std::thread::available_parallelism().map_or(1, NonZero::get);
    let threads = available.min(MOST_THREADS).min(items.len());
    let length = (items.len() / (threads.max(1) * PORTIONS)).clamp(1, LARGEST_PORTION);
    let portions: Vec<&[T]> = items.chunks(length).collect();
    if threads < 2 {
        for portion in portions {
            hand_on(portion, portion.iter().map(work).collect());
        }
        return;
    }
    let next = AtomicUsize::new(0);
    let waiting: BTreeMap<usize, Vec<R>> = BTreeMap::new();
    let state = Mutex::new((0, waiting, hand_on));
    let take = || {
        while let Some((position, portion)) = {
            let position = next.fetch_add(1, Ordering::Relaxed);
            portions.get(position).map(|portion| (position, *portion))
        } {
            let results = portion.iter().map(work).collect();
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            let (first, waiting, hand_on) = &mut *state;
            waiting.insert(position, results);
            while let Some(results) = waiting.remove(first) {
                hand_on(portions[*first], results);
                *first += 1;
            }
        }
    };
    std::thread::scope(|scope| {
        let helpers: Vec<_> = (1..threads).map(|_| scope.spawn(take)).collect();
        take();
        for helper in helpers {
            if let Err(panic) = helper.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
}

/// Lets go of something large beside the rest of the run, which does not wait for it, and ends without it.
pub(crate) fn let_go(something: impl Send + 'static) {
    // Where there can be no thread, the closure is let go of here.
    let _ = std::thread::Builder::new().spawn(move || drop(something));
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
