//! The states that the schema has had, and how an operator version names one.

use std::fmt;

use crate::document::Node;

/// One state of the schema, named by the first operator version that has it; oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Era {
    /// Operator 0.1, v1alpha1: restores name a `targetCluster` and know no `pitr`.
    V0_1,
    /// Later 0.x operators, v1alpha1.
    V0_2,
    /// Operator 1.0 to 1.7, the last v1alpha1: restores name a `clusterRef`.
    V1_0,
    /// Operator 1.8 to 1.12, v1beta1: chains of backups, no backup pod.
    V1_8,
    /// Operator 1.13: old and new fields side by side.
    V1_13,
    /// Operator 1.14: `instanceRef` and one scope; the old fields are gone.
    V1_14,
    /// After 1.14: backups have a `mode`.
    V1_15,
}

/// The dialect of a manifest, coarser than an era.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// v1alpha1, operator 0.x to 1.7.
    V1Alpha1,
    /// v1beta1 of operator 1.8 to 1.13: `target`, `clusterRef`, `force`.
    V1Beta1Legacy,
    /// v1beta1 of operator 1.14 and later.
    V1Beta1,
}

/// A text that names no operator version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownVersion(pub String);

impl fmt::Display for UnknownVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "`{}` is not an operator version; write it as `1.14`, or `main`",
            self.0
        )
    }
}

impl std::error::Error for UnknownVersion {}

impl Era {
    /// All eras, oldest first.
    pub const ALL: [Self; 7] = [
        Self::V0_1,
        Self::V0_2,
        Self::V1_0,
        Self::V1_8,
        Self::V1_13,
        Self::V1_14,
        Self::V1_15,
    ];

    /// The era of an operator version: `1.14`, `v1.13.2`, `0.3`, `1.7.0-alpha`, `main`.
    ///
    /// A version newer than any known one has the newest schema.
    pub fn of_operator_version(version: &str) -> Result<Self, UnknownVersion> {
        let unknown = || UnknownVersion(version.to_owned());
        let text = version.trim();
        if text == "main" {
            return Ok(Self::V1_15);
        }
        let text = text.strip_prefix('v').unwrap_or(text);
        let number = text.split(['-', '+']).next().unwrap_or_default();
        let parts = number
            .split('.')
            .map(parse_number)
            .collect::<Option<Vec<u32>>>()
            .ok_or_else(unknown)?;
        match parts.as_slice() {
            [0, 1] | [0, 1, _] => Ok(Self::V0_1),
            [0, _] | [0, _, _] => Ok(Self::V0_2),
            [1, 0..=7] | [1, 0..=7, _] => Ok(Self::V1_0),
            [1, 8..=12] | [1, 8..=12, _] => Ok(Self::V1_8),
            [1, 13] | [1, 13, _] => Ok(Self::V1_13),
            [1, 14] | [1, 14, _] => Ok(Self::V1_14),
            [_, _] | [_, _, _] => Ok(Self::V1_15),
            _ => Err(unknown()),
        }
    }

    /// The dialect of an object when nobody says which operator reads it: the newest release that serves its version.
    ///
    /// `version` is the part of `apiVersion` behind the slash. Two releases served `v1alpha1` with another restore
    /// target each; the field that is there decides.
    pub fn for_object(version: &str, object: &Node<'_>) -> Self {
        match version {
            "v1alpha1" if object.at("spec.targetCluster").is_some() => Self::V0_2,
            "v1alpha1" => Self::V1_0,
            _ => Self::V1_14,
        }
    }

    /// The newest released era that serves an API version (`v1alpha1`, `v1beta1`).
    pub fn newest_for(api_version: &str) -> Option<Self> {
        match api_version {
            "v1alpha1" => Some(Self::V1_0),
            "v1beta1" => Some(Self::V1_14),
            _ => None,
        }
    }

    /// The API version that this era serves, without the group.
    pub fn api_version(self) -> &'static str {
        if self <= Self::V1_0 { "v1alpha1" } else { "v1beta1" }
    }

    /// The dialect that this era belongs to.
    pub fn profile(self) -> Profile {
        match self {
            Self::V0_1 | Self::V0_2 | Self::V1_0 => Profile::V1Alpha1,
            Self::V1_8 | Self::V1_13 => Profile::V1Beta1Legacy,
            Self::V1_14 | Self::V1_15 => Profile::V1Beta1,
        }
    }

    /// What a person calls this era: `operator 1.14`.
    pub fn label(self) -> &'static str {
        match self {
            Self::V0_1 => "operator 0.1",
            Self::V0_2 => "operator 0.x",
            Self::V1_0 => "operator 1.0 to 1.7",
            Self::V1_8 => "operator 1.8 to 1.12",
            Self::V1_13 => "operator 1.13",
            Self::V1_14 => "operator 1.14",
            Self::V1_15 => "operator 1.15",
        }
    }

    /// The first and the last operator version of this era: `("1.8", "1.12")`.
    pub fn versions(self) -> (&'static str, &'static str) {
        match self {
            Self::V0_1 => ("0.1", "0.1"),
            Self::V0_2 => ("0.2", "0.x"),
            Self::V1_0 => ("1.0", "1.7"),
            Self::V1_8 => ("1.8", "1.12"),
            Self::V1_13 => ("1.13", "1.13"),
            Self::V1_14 => ("1.14", "1.14"),
            Self::V1_15 => ("1.15", "1.15"),
        }
    }
}

/// Digits only; a sign, which `parse` would take, is no part of a version.
fn parse_number(text: &str) -> Option<u32> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

impl Profile {
    /// All profiles, oldest first.
    pub const ALL: [Self; 3] = [Self::V1Alpha1, Self::V1Beta1Legacy, Self::V1Beta1];

    /// The name that settings and file names use.
    pub fn name(self) -> &'static str {
        match self {
            Self::V1Alpha1 => "v1alpha1",
            Self::V1Beta1Legacy => "v1beta1-legacy",
            Self::V1Beta1 => "v1beta1",
        }
    }

    /// The newest era of this profile, whose schema stands for all of it.
    pub fn newest_era(self) -> Era {
        match self {
            Self::V1Alpha1 => Era::V1_0,
            Self::V1Beta1Legacy => Era::V1_13,
            Self::V1Beta1 => Era::V1_15,
        }
    }
}

/// A set of eras.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct EraSet(pub u16);

impl EraSet {
    /// No era.
    pub const NONE: Self = Self(0);

    /// Whether the era is in the set.
    pub fn contains(self, era: Era) -> bool {
        self.0 & (1 << era as u8) != 0
    }

    /// The eras of both sets.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether no era is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The eras, oldest first.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = Era> {
        Era::ALL.into_iter().filter(move |era| self.contains(*era))
    }
}

impl fmt::Display for EraSet {
    /// `operator 1.8 to 1.13`, `operator 1.14 and later`, `no operator version`. No field came back after it went, so
    /// the first and the last era say it all.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(first), Some(last)) = (self.iter().next(), self.iter().next_back()) else {
            return formatter.write_str("no operator version");
        };
        let (from, to) = (first.versions().0, last.versions().1);
        match (first, last) {
            (Era::V0_1, Era::V1_15) => formatter.write_str("every operator version"),
            (_, Era::V1_15) => write!(formatter, "operator {from} and later"),
            (Era::V0_1, _) => write!(formatter, "operators up to {to}"),
            _ if from == to => write!(formatter, "operator {from}"),
            _ => write!(formatter, "operator {from} to {to}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_names_its_era() {
        for (version, era) in [
            ("0.1", Era::V0_1),
            ("0.3", Era::V0_2),
            ("1.7.0-alpha", Era::V1_0),
            ("v1.12.1", Era::V1_8),
            ("1.8", Era::V1_8),
            ("v1.13.0", Era::V1_13),
            ("1.14", Era::V1_14),
            ("1.15", Era::V1_15),
            ("main", Era::V1_15),
        ] {
            assert_eq!(Era::of_operator_version(version), Ok(era), "{version}");
        }
        for version in ["", "1", "latest", "1.x", "1.+4", "1.2.3.4", "99999999999.1"] {
            assert!(Era::of_operator_version(version).is_err(), "{version}");
        }
    }

    #[test]
    fn a_set_reads_as_a_range() {
        assert_eq!(EraSet(0b001_1111).to_string(), "operators up to 1.13");
        assert_eq!(EraSet(0b111_0000).to_string(), "operator 1.13 and later");
        assert_eq!(EraSet(0b001_1000).to_string(), "operator 1.8 to 1.13");
        assert_eq!(EraSet(0b000_1000).to_string(), "operator 1.8 to 1.12");
        assert_eq!(EraSet(0).to_string(), "no operator version");
    }
}
