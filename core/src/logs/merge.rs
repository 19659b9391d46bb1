//! Several logs in the order of time. Lines of one log never change places, whatever their times are.

use jiff::Timestamp;

use super::line::Line;

/// Merges logs of which only the next line of each is known. Ask [`Merge::wants`] until it wants nothing more, and then
/// [`Merge::take`].
#[derive(Debug, Default)]
pub struct Merge {
    sources: Vec<Source>,
    /// The log of the line that was taken last.
    last: Option<usize>,
}

#[derive(Debug, Default)]
struct Source {
    next: Option<Line>,
    has_ended: bool,
    /// The time of its last line that had one: that of a line without.
    time: Option<Timestamp>,
}

impl Source {
    fn time(&self) -> Option<Timestamp> {
        self.next.as_ref().and_then(|line| line.time).or(self.time)
    }
}

impl Merge {
    /// Merges so many logs.
    pub fn of(count: usize) -> Self {
        Self {
            sources: (0..count).map(|_| Source::default()).collect(),
            last: None,
        }
    }

    /// A log whose next line has to be known before any line can be taken; `None` when enough is known.
    pub fn wants(&self) -> Option<usize> {
        self.sources
            .iter()
            .position(|source| source.next.is_none() && !source.has_ended)
    }

    /// Takes the next line of a log, or `None` when there is no more.
    pub fn give(&mut self, source: usize, line: Option<Line>) {
        let Some(source) = self.sources.get_mut(source) else {
            return;
        };
        source.has_ended = line.is_none();
        source.next = line;
    }

    /// The line whose turn it is, with the log that it is of; `None` when all logs have ended.
    pub fn take(&mut self) -> Option<(usize, Line)> {
        let belongs = |position: &usize| {
            let source = &self.sources[*position];
            source.next.as_ref().is_some_and(|line| line.time.is_none())
        };
        // What has no time stays behind the line before it.
        let position = self.last.filter(belongs).or_else(|| self.earliest())?;
        let source = &mut self.sources[position];
        source.time = source.time();
        self.last = Some(position);
        Some((position, source.next.take()?))
    }

    /// Of equal times the log goes first that was taken last, and then the first.
    fn earliest(&self) -> Option<usize> {
        let sources = self.sources.iter().enumerate();
        let waiting = sources.filter(|(_, source)| source.next.is_some());
        waiting
            .min_by_key(|(position, source)| (source.time(), self.last != Some(*position), *position))
            .map(|(position, _)| position)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(time: Option<i64>, text: String) -> Line {
        Line {
            time: time.map(|second| Timestamp::from_second(second).unwrap()),
            bytes: text.len(),
            text,
        }
    }

    fn merged(logs: &[Vec<Option<i64>>]) -> Vec<(usize, usize, Option<i64>)> {
        let mut logs: Vec<_> = logs
            .iter()
            .map(|log| {
                log.iter()
                    .enumerate()
                    .map(|(number, time)| line(*time, number.to_string()))
            })
            .collect();
        let mut merge = Merge::of(logs.len());
        let mut taken = Vec::new();
        loop {
            while let Some(source) = merge.wants() {
                merge.give(source, logs[source].next());
            }
            let Some((source, line)) = merge.take() else {
                return taken;
            };
            taken.push((source, line.text.parse().unwrap(), line.time.map(Timestamp::as_second)));
        }
    }

    #[test]
    fn lines_come_in_the_order_of_their_times_and_those_without_stay_behind() {
        let logs = [
            vec![Some(1), None, Some(4)],
            vec![Some(2), None, Some(2), Some(9)],
            vec![None, Some(1)],
        ];
        let order: Vec<(usize, usize)> = merged(&logs)
            .into_iter()
            .map(|(log, number, _)| (log, number))
            .collect();
        assert_eq!(
            order,
            [(2, 0), (2, 1), (0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (0, 2), (1, 3)]
        );
    }

    proptest! {
        #[test]
        fn every_line_comes_once_and_no_two_of_a_log_change_places(
            logs in proptest::collection::vec(proptest::collection::vec(proptest::option::of(0..50_i64), 0..20), 0..5)
        ) {
            let taken = merged(&logs);
            for (source, log) in logs.iter().enumerate() {
                let numbers: Vec<usize> = taken.iter().filter(|(of, ..)| *of == source).map(|(_, number, _)| *number).collect();
                prop_assert_eq!(numbers, (0..log.len()).collect::<Vec<_>>());
            }
        }

        #[test]
        fn logs_in_order_become_a_log_in_order(
            logs in proptest::collection::vec(proptest::collection::vec(0..50_i64, 0..20), 0..5)
        ) {
            let sorted: Vec<Vec<Option<i64>>> = logs.into_iter().map(|mut log| {
                log.sort_unstable();
                log.into_iter().map(Some).collect()
            }).collect();
            let times: Vec<Option<i64>> = merged(&sorted).into_iter().map(|(_, _, time)| time).collect();
            prop_assert!(times.is_sorted());
        }
    }
}
