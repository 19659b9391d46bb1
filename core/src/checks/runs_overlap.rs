use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::check::prelude::*;
use crate::model::StoreType;

declare_check! {
    /// Runs of two backups of one instance went on at the same time.
    ///
    /// ## What it looks at
    /// When the known runs of all backups of an instance began and ended, for any two of different backups that went on
    /// together for a minute or more. Of one chain on a volume the operator lets one run wait for the other, so these are
    /// left alone.
    ///
    /// ## Why it matters
    /// Each run reads the whole store from a server that also serves queries. Two at once take longer than two in a row.
    ///
    /// ## How to mend it
    /// Move one of the schedules by more than the longer of the two takes.
    RunsOverlap {
        code: "NB5105", name: "runs-overlap", severity: Warning,
        looks: [AtInstances], needs: [Backups, Jobs], explains: ["NB5004", "NB6013"], since: "0.2",
    }
}

/// What goes on together for less seconds than this loads nobody.
const SHORTEST: i64 = 60;

/// So many pairs are told of one by one.
const TOLD: usize = 4;

/// A run of a backup, by the position of the backup.
struct Stretch {
    backup: usize,
    begin: Timestamp,
    end: Timestamp,
}

/// How two backups overlapped.
#[derive(Default)]
struct Overlap {
    count: usize,
    longest: i64,
    last: Timestamp,
}

impl Check for RunsOverlap {
    fn check_instance(&self, instance: &Instance<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let backups = cluster.backups_in(&instance.namespace).iter();
        let backups: Vec<&Backup<'_>> = backups
            .filter(|backup| backup.spec().instance().text() == Some(&*instance.name))
            .filter(|backup| backup.plan.is_some() && backup.deleted.is_none())
            .collect();
        let newest_of = |backup: &Backup<'_>| backup.runs.iter().find_map(|run| run.started);
        let overlaps = overlaps(&stretches(&backups, cluster.now), |one, other| {
            takes_turns(backups[one], backups[other])
        });
        let mut overlaps: Vec<_> = overlaps.into_iter().collect();
        // Where both have run since without meeting, their schedules were moved.
        overlaps.retain(|((one, other), overlap)| {
            let since = newest_of(backups[*one]).min(newest_of(backups[*other]));
            since.is_none_or(|since| overlap.last >= since)
        });
        overlaps.sort_by_key(|(pair, overlap)| (std::cmp::Reverse(overlap.last), *pair));
        let Some(((one, other), newest)) = overlaps.first() else {
            return;
        };
        let [one, other] = [backups[*one], backups[*other]];
        let times = match newest.count {
            1 => "once".to_owned(),
            count => format!("{count} times"),
        };
        let more = match overlaps.len() - 1 {
            0 => String::new(),
            1 => ", and those of another pair too".to_owned(),
            more => format!(", and those of {more} other pairs too"),
        };
        let message = format!(
            "runs of {} and {} went on at the same time {times}, last at {}{more}",
            name(&one.name),
            name(&other.name),
            when(newest.last, cluster.now)
        );
        let mut objects: Vec<ObjectRef> = Vec::new();
        for (pair, _) in &overlaps {
            for backup in [backups[pair.0], backups[pair.1]] {
                if objects.iter().all(|object| object.name != backup.name) {
                    objects.push(backup.reference());
                }
            }
        }
        let diagnosis = report.say(instance.reference(), message);
        for ((one, other), overlap) in overlaps.iter().take(TOLD) {
            let [one, other] = [backups[*one], backups[*other]];
            let text = format!(
                "with {}: {} together, for up to {}",
                other.name,
                if overlap.count == 1 {
                    "1 run".to_owned()
                } else {
                    format!("{} runs", overlap.count)
                },
                span(overlap.longest)
            );
            diagnosis.evidence(Evidence::fact(one.reference(), text));
        }
        diagnosis
            .affects(Affects::Objects(objects))
            .help("move one of the schedules by more than the longer of the two runs takes");
    }
}

/// Every run with a beginning and an end, by its beginning; one that goes on ends now.
fn stretches(backups: &[&Backup<'_>], now: Timestamp) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    for (position, backup) in backups.iter().enumerate() {
        for run in &backup.runs {
            let goes_on = run.outcome == Outcome::Running;
            let (Some(begin), Some(end)) = (run.started, run.ended.or(goes_on.then_some(now))) else {
                continue;
            };
            stretches.push(Stretch {
                backup: position,
                begin,
                end,
            });
        }
    }
    stretches.sort_by_key(|stretch| stretch.begin);
    stretches
}

/// The pairs that went on together, each by its positions.
fn overlaps(stretches: &[Stretch], is_left_alone: impl Fn(usize, usize) -> bool) -> BTreeMap<(usize, usize), Overlap> {
    let mut overlaps: BTreeMap<(usize, usize), Overlap> = BTreeMap::new();
    let mut open: Vec<&Stretch> = Vec::new();
    for stretch in stretches {
        open.retain(|earlier| earlier.end > stretch.begin);
        for earlier in &open {
            let together = earlier.end.min(stretch.end).as_second() - stretch.begin.as_second();
            let pair = (earlier.backup.min(stretch.backup), earlier.backup.max(stretch.backup));
            if together < SHORTEST || pair.0 == pair.1 || is_left_alone(pair.0, pair.1) {
                continue;
            }
            let overlap = overlaps.entry(pair).or_default();
            overlap.count += 1;
            overlap.longest = overlap.longest.max(together);
            overlap.last = overlap.last.max(stretch.begin);
        }
        open.push(stretch);
    }
    overlaps
}

/// Whether the operator lets one wait for the other: by a lock in the directory of their chain.
fn takes_turns(one: &Backup<'_>, other: &Backup<'_>) -> bool {
    let is_on_volume = |backup: &Backup<'_>| backup.spec().storage().store() == Some(StoreType::Pvc);
    let root = |backup: &Backup<'_>| {
        let chained = backup.spec().chain_from().text().map(str::to_owned);
        chained.unwrap_or_else(|| backup.name.to_string())
    };
    is_on_volume(one) && is_on_volume(other) && root(one) == root(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(backup: usize, begin: &str, end: &str) -> Stretch {
        let time = |hour: &str| format!("2026-11-21T{hour}:00Z").parse().unwrap();
        Stretch {
            backup,
            begin: time(begin),
            end: time(end),
        }
    }

    #[test]
    fn what_ends_as_the_other_begins_does_not_overlap() {
        let near = [stretch(0, "02:00", "02:30"), stretch(1, "02:30", "03:00")];
        assert!(overlaps(&near, |_, _| false).is_empty());
        let own = [stretch(0, "02:00", "02:30"), stretch(0, "02:10", "02:40")];
        assert!(overlaps(&own, |_, _| false).is_empty());
    }

    #[test]
    fn each_pair_is_counted_with_its_longest_time_together() {
        let stretches = [
            stretch(1, "02:00", "03:00"),
            stretch(0, "02:30", "02:40"),
            stretch(2, "02:35", "04:00"),
            stretch(0, "03:30", "03:45"),
        ];
        let found = overlaps(&stretches, |_, _| false);
        let told: Vec<_> = found
            .iter()
            .map(|(pair, overlap)| (*pair, overlap.count, overlap.longest))
            .collect();
        assert_eq!(told, [((0, 1), 1, 600), ((0, 2), 2, 900), ((1, 2), 1, 1500)]);
        assert!(overlaps(&stretches, |_, _| true).is_empty());
    }
}
