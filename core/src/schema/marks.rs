//! Which operator a cluster has, as far as the schemas tell that it serves.

use std::collections::BTreeSet;
use std::fmt;

use super::era::Era;
use super::served::ServedSchemas;
use super::structural::StructuralSchema;
use super::table::Kind;

/// The eras whose schema is served, or is nearest to what is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// The first of them.
    pub oldest: Era,
    /// The last of them.
    pub newest: Era,
    /// Whether there are fields that no era has, and what is served is nearest to the newest one.
    pub is_newer: bool,
}

impl fmt::Display for Marks {
    /// The versions: `1.14`, `1.8 to 1.12`, `1.15 or newer`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (self.oldest.versions().0, self.newest.versions().1);
        let is_last = Era::ALL.last() == Some(&self.newest);
        match is_last {
            true => write!(formatter, "{from} or newer"),
            false if from == to => formatter.write_str(from),
            false => write!(formatter, "{from} to {to}"),
        }
    }
}

/// The kinds that tell. Of the others the tables have only what backups depend on.
const TELLING: [Kind; 2] = [Kind::Neo4jBackup, Kind::Neo4jRestore];

impl ServedSchemas {
    /// Returns the eras that these schemas are nearest to, counting the fields that one has and the other lacks. Returns
    /// `None` if there are no schemas of a version that an operator ever served.
    pub fn marks(&self) -> Option<Marks> {
        let served: Vec<(Kind, &str)> = self.kinds().collect();
        let is_telling =
            |kind: Kind| TELLING.contains(&kind) || served.iter().all(|(other, _)| !TELLING.contains(other));
        let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| is_telling(*kind)).collect();
        let known: Vec<(Kind, BTreeSet<String>)> = kinds
            .iter()
            .map(|kind| {
                (
                    *kind,
                    Era::ALL.into_iter().flat_map(|era| fields_of(*kind, era)).collect(),
                )
            })
            .collect();
        let distances = Era::ALL
            .into_iter()
            .filter_map(|era| Some((era, self.distance(&known, era)?)));
        let distances: Vec<(Era, usize)> = distances.collect();
        let least = distances.iter().map(|(_, distance)| *distance).min()?;
        let mut nearest = distances
            .iter()
            .filter(|(_, distance)| *distance == least)
            .map(|(era, _)| *era);
        let oldest = nearest.next()?;
        let newest = nearest.next_back().unwrap_or(oldest);
        let last = Era::ALL.into_iter().next_back();
        Some(Marks {
            oldest,
            newest,
            is_newer: Some(newest) == last && self.has_more_than(&known, newest),
        })
    }

    /// How many fields that any era knows are served and not in this era, or the other way round.
    fn distance(&self, known: &[(Kind, BTreeSet<String>)], era: Era) -> Option<usize> {
        let mut distance = None;
        for (kind, known) in known {
            let Some(served) = self.get(*kind, era.api_version()) else {
                continue;
            };
            let served: BTreeSet<String> = fields(served)
                .into_iter()
                .filter(|field| known.contains(field))
                .collect();
            let of_era = fields_of(*kind, era);
            *distance.get_or_insert(0) += served.symmetric_difference(&of_era).count();
        }
        distance
    }

    /// Whether fields are served that no era knows.
    fn has_more_than(&self, known: &[(Kind, BTreeSet<String>)], era: Era) -> bool {
        let mut telling = known.iter().filter(|(kind, _)| TELLING.contains(kind));
        telling.any(|(kind, known)| {
            let served = self.get(*kind, era.api_version());
            served.is_some_and(|served| !fields(served).is_subset(known))
        })
    }
}

fn fields_of(kind: Kind, era: Era) -> BTreeSet<String> {
    StructuralSchema::of_era(kind, era).map(fields).unwrap_or_default()
}

fn fields(schema: &StructuralSchema) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    schema.each_field(&mut |way| {
        fields.insert(way.join("."));
    });
    fields
}
