//! Which runs of two backups will go on at the same time.

use jiff::Timestamp;

/// The runs of one backup that are to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// When they begin, the next one first.
    pub starts: Vec<Timestamp>,
    /// How many seconds each is expected to take; at least one second is reckoned with.
    pub seconds: i64,
}

/// Runs of two backups that go on at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meeting {
    /// Since when the first two of them do.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// How many pairs of runs do.
    pub count: usize,
}

impl Lane {
    /// When the run that begins at `start` has ended.
    fn end(&self, start: Timestamp) -> Timestamp {
        Timestamp::from_second(start.as_second().saturating_add(self.seconds.max(1))).unwrap_or(Timestamp::MAX)
    }
}

/// Returns which runs of two backups go on at the same time, or `None` if none do. One that ends when another begins does
/// not. All runs of a backup take equally long, so both their beginnings and their ends are in order, and each list is
/// walked once.
pub fn meeting(one: &Lane, other: &Lane) -> Option<Meeting> {
    let (mut over, mut begun, mut count) = (0, 0, 0);
    let mut first = None;
    for &start in &one.starts {
        let end = one.end(start);
        while other
            .starts
            .get(over)
            .is_some_and(|start_of| other.end(*start_of) <= start)
        {
            over += 1;
        }
        while other.starts.get(begun).is_some_and(|start_of| *start_of < end) {
            begun += 1;
        }
        // Those that have begun before this one ends and are not over when it begins.
        if begun > over {
            count += begun - over;
            let start_of = other.starts[over];
            first.get_or_insert((start.max(start_of), end.min(other.end(start_of))));
        }
    }
    first.map(|(from, until)| Meeting { from, until, count })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn lane(starts: impl IntoIterator<Item = i64>, seconds: i64) -> Lane {
        Lane {
            starts: starts.into_iter().map(second).collect(),
            seconds,
        }
    }

    /// Compares every run with every other.
    fn naive(one: &Lane, other: &Lane) -> Option<Meeting> {
        let mut met = Vec::new();
        for a in &one.starts {
            for b in &other.starts {
                let from = a.max(b).as_second();
                let until = (a.as_second() + one.seconds.max(1)).min(b.as_second() + other.seconds.max(1));
                if from < until {
                    met.push((from, until));
                }
            }
        }
        let (from, until) = *met.iter().min()?;
        Some(Meeting {
            from: second(from),
            until: second(until),
            count: met.len(),
        })
    }

    #[test]
    fn a_run_that_ends_when_another_begins_does_not_meet_it() {
        let long = lane([0, 100], 60);
        assert_eq!(meeting(&long, &lane([60], 40)), None);
        let met = Meeting {
            from: second(59),
            until: second(60),
            count: 1,
        };
        assert_eq!(meeting(&long, &lane([59], 41)), Some(met));
        assert_eq!(meeting(&lane([], 60), &long), None);
    }

    #[test]
    fn runs_of_unknown_length_meet_when_they_begin_together() {
        let met = meeting(&lane([0, 10, 20], 0), &lane([10, 20], 0)).unwrap();
        assert_eq!((met.from, met.until, met.count), (second(10), second(11), 2));
    }

    fn any_lane() -> impl Strategy<Value = Lane> {
        let starts = proptest::collection::btree_set(0_i64..300, 0..20);
        (starts, 0_i64..60).prop_map(|(starts, seconds)| lane(starts, seconds))
    }

    proptest! {
        #[test]
        fn as_many_meet_as_when_all_are_compared_with_all(one in any_lane(), other in any_lane()) {
            let met = meeting(&one, &other);
            let expected = naive(&one, &other);
            prop_assert_eq!(met.map(|met| (met.from, met.count)), expected.map(|met| (met.from, met.count)));
            let turned = meeting(&other, &one);
            prop_assert_eq!(turned.map(|met| (met.from, met.count)), met.map(|met| (met.from, met.count)));
            // Of several that meet first at once, any may be the one whose end is told.
            if let Some(met) = met {
                prop_assert!(met.from < met.until);
            }
        }
    }
}
