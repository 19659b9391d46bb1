//! How far somebody has read a log that goes on, so that it can be taken up again after the connection broke.
//!
//! A log is asked for from a second on, and the line that was read last stands somewhere within it.

use jiff::Timestamp;

use super::line::Line;

/// How far a log has been read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position {
    /// The time of the last line, and how many lines of that time were read.
    last: Option<(Timestamp, usize)>,
    /// How many lines of that time are still to come that are known.
    known: usize,
    /// Whether lines before that time, or without one, are known.
    is_behind: bool,
}

impl Position {
    /// From when on to ask for the log; `None` for all of it.
    pub fn from(&self) -> Option<Timestamp> {
        self.last
            .and_then(|(time, _)| Timestamp::from_second(time.as_second()).ok())
    }

    /// The log is about to be read again from [`Position::from`] on.
    pub fn again(&mut self) {
        self.known = self.last.map_or(0, |(_, count)| count);
        self.is_behind = self.last.is_some();
    }

    /// Whether the next line has not been read before.
    pub fn is_new(&mut self, line: &Line) -> bool {
        let Some((last, count)) = self.last else {
            self.last = line.time.map(|time| (time, 1));
            return true;
        };
        match line.time {
            None => !self.is_behind,
            Some(time) if self.is_behind && time < last => false,
            Some(time) if self.is_behind && time == last && self.known > 0 => {
                self.known -= 1;
                false
            }
            Some(time) => {
                self.is_behind = false;
                self.last = Some(if time == last { (time, count + 1) } else { (time, 1) });
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A log whose lines have these times, in tenths of a second.
    fn lines(times: &[i64]) -> Vec<Line> {
        let line = |(number, time): (usize, &i64)| Line {
            time: Timestamp::from_millisecond(time * 100).ok(),
            text: number.to_string(),
            bytes: 1,
        };
        times.iter().enumerate().map(line).collect()
    }

    proptest! {
        #[test]
        fn a_log_that_breaks_off_anywhere_is_read_once(
            mut times in proptest::collection::vec(0..40_i64, 1..40),
            breaks in proptest::collection::vec(0..40_usize, 0..5)
        ) {
            times.sort_unstable();
            let log = lines(&times);
            let mut position = Position::default();
            let mut read = Vec::new();
            for end in breaks.into_iter().map(|end| end.min(log.len())).chain([log.len()]) {
                let from = position.from();
                position.again();
                let served = log[..end].iter().filter(|line| from.is_none_or(|from| line.time >= Some(from)));
                read.extend(served.filter(|line| position.is_new(line)).map(|line| line.text.clone()));
            }
            let all: Vec<String> = log.iter().map(|line| line.text.clone()).collect();
            prop_assert_eq!(read, all);
        }
    }
}
