//! Which operator a cluster has, as far as the schemas tell that it serves.

use std::collections::BTreeSet;

use super::served::ServedSchemas;
use super::structural::StructuralSchema;
use super::table::Kind;
use crate::operator::{Era, EraSet, Versions};

/// The kinds that tell. Of the others the tables have only what backups depend on.
const TELLING: [Kind; 2] = [Kind::Neo4jBackup, Kind::Neo4jRestore];

/// A kind, and the fields that it has in any era.
type Known = (Kind, BTreeSet<String>);

/// In what the schema that is served of a kind differs from that of an era: dotted paths, without what lies below them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// What the era has and is not served.
    pub lacking: Vec<String>,
    /// What is served, some other era knows, and this one lacks.
    pub beyond: Vec<String>,
}

impl ServedSchemas {
    /// Returns the operator versions whose schemas these are, or are nearest to, counting the fields that one has and the
    /// other lacks. What is nearest to the newest schema that is known may be of any version that comes after it. Returns
    /// `None` if there are no schemas of a version of the API that an operator ever served.
    pub fn versions(&self) -> Option<Versions> {
        let is_served = |kind: &Kind| self.kinds().any(|(served, _)| served == *kind);
        let kinds: Vec<Kind> = if TELLING.iter().any(is_served) {
            TELLING.to_vec()
        } else {
            Kind::ALL.to_vec()
        };
        let in_any_era = |kind: &Kind| Era::ALL.into_iter().flat_map(|era| fields_of(*kind, era)).collect();
        let known: Vec<Known> = kinds.iter().map(|kind| (*kind, in_any_era(kind))).collect();
        let distances = Era::ALL
            .into_iter()
            .filter_map(|era| Some((era, self.distance(&known, era)?)));
        let distances: Vec<(Era, usize)> = distances.collect();
        let least = distances.iter().map(|(_, distance)| *distance).min()?;
        let nearest = distances.iter().filter(|(_, distance)| *distance == least);
        nearest
            .fold(EraSet::NONE, |set, (era, _)| set.union(EraSet::of(*era)))
            .versions()
    }

    /// Returns the fields of a kind that only an era has, and those that only the schema has which is served, or `None` if
    /// nothing is served of the version of the API that the era has.
    pub fn difference(&self, kind: Kind, era: Era) -> Option<Difference> {
        let served = fields(self.get(kind, era.api_version())?);
        let of_era = fields_of(kind, era);
        let known: BTreeSet<String> = Era::ALL.into_iter().flat_map(|era| fields_of(kind, era)).collect();
        let beyond = served.difference(&of_era).filter(|field| known.contains(*field));
        Some(Difference {
            lacking: outermost(of_era.difference(&served)),
            beyond: outermost(beyond),
        })
    }

    /// How many fields that any era knows are served and not in this era, or the other way round; `None` if nothing is
    /// served of the version of the API that this era has.
    fn distance(&self, known: &[Known], era: Era) -> Option<usize> {
        let mut distance = None;
        for (kind, known) in known {
            let Some(served) = self.get(*kind, era.api_version()) else {
                continue;
            };
            let served: BTreeSet<String> = fields(served)
                .into_iter()
                .filter(|field| known.contains(field))
                .collect();
            *distance.get_or_insert(0) += served.symmetric_difference(&fields_of(*kind, era)).count();
        }
        distance
    }
}

fn fields_of(kind: Kind, era: Era) -> BTreeSet<String> {
    StructuralSchema::of_era(kind, era).map(fields).unwrap_or_default()
}

/// Sorted fields without those that lie below another one.
fn outermost<'f>(fields: impl Iterator<Item = &'f String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for field in fields {
        let is_below = |above: &String| {
            field
                .strip_prefix(above.as_str())
                .is_some_and(|rest| rest.starts_with('.'))
        };
        if !kept.iter().any(is_below) {
            kept.push(field.clone());
        }
    }
    kept
}

fn fields(schema: &StructuralSchema) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    schema.each_field(&mut |way| {
        fields.insert(way.join("."));
    });
    fields
}
