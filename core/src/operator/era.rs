//! The states that the schema has had, as one table that grows by a row.

use std::fmt;

use super::{OperatorVersion, Versions};
use crate::document::Node;

/// Writes the table of eras as a type.
macro_rules! eras {
    ($($(#[doc = $doc:literal])+ $era:ident: $from:literal $(- $to:literal)?, $profile:ident;)+) => {
        /// One state of the schema, named by the first operator version that has it; oldest first.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Era {
            $($(#[doc = $doc])+ $era,)+
        }

        impl Era {
            /// All eras, oldest first.
            pub const ALL: [Self; [$(Self::$era),+].len()] = [$(Self::$era),+];

            const ROWS: &[Row] = &[$(Row {
                first: $from,
                last: eras!(@last $from $($to)?),
                versions: Versions::range(concat!($from $(, "-", $to)?)),
                text: concat!($($doc),+),
                profile: Profile::$profile,
            }),+];
        }
    };
    (@last $from:literal) => { $from };
    (@last $from:literal $to:literal) => { $to };
}

/// One row of the table.
struct Row {
    first: &'static str,
    last: &'static str,
    versions: Versions,
    text: &'static str,
    profile: Profile,
}

// The last row ends with the newest version that is known.
eras! {
    /// Restores name a `targetCluster` and know no `pitr`.
    V0_1: "0.1", V1Alpha1;
    /// Later 0.x operators.
    V0_2: "0.2" - "0.x", V1Alpha1;
    /// Clouds have a credentials Secret; restores still name a `targetCluster`.
    V1_0: "1.0" - "1.5", V1Alpha1;
    /// The last v1alpha1: restores name a `clusterRef`.
    V1_6: "1.6", V1Alpha1;
    /// The first v1beta1, with the fields of 1.6.
    V1_7: "1.7", V1Beta1Legacy;
    /// Volumes for temporary files; no backup pod any more.
    V1_8: "1.8" - "1.10", V1Beta1Legacy;
    /// Chains of backups and sharded databases.
    V1_11: "1.11" - "1.12", V1Beta1Legacy;
    /// Old and new fields side by side.
    V1_13: "1.13", V1Beta1Legacy;
    /// `instanceRef` and one scope; the old fields are gone.
    V1_14: "1.14", V1Beta1;
    /// Backups have a `mode`.
    V1_15: "1.15" - "1.18", V1Beta1;
    /// Artifacts in parts, restores under another name.
    V1_19: "1.19", V1Beta1;
}

/// The dialect of a manifest, coarser than an era.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// v1alpha1, operator 0.x to 1.6.
    V1Alpha1,
    /// v1beta1 of operator 1.7 to 1.13: `target`, `clusterRef`, `force`.
    V1Beta1Legacy,
    /// v1beta1 of operator 1.14 and later.
    V1Beta1,
}

impl Era {
    /// The newest one that is known.
    pub const NEWEST: Self = Self::ALL[Self::ALL.len() - 1];

    const fn row(self) -> &'static Row {
        &Self::ROWS[self as usize]
    }

    /// The era of an operator version. A version newer than any known one has the newest schema.
    pub fn of(version: OperatorVersion) -> Self {
        let not_later = |era: &&Self| era.versions().first() <= version;
        Self::ALL.iter().rev().find(not_later).copied().unwrap_or(Self::V0_1)
    }

    /// The schema of an object when nobody says which operator reads it: that of the newest release that reads such
    /// objects.
    ///
    /// `version` is the part of `apiVersion` behind the slash. Two lines of releases served `v1alpha1` with another
    /// restore target each; the field that is there decides.
    pub fn for_object(version: &str, object: &Node<'_>) -> Self {
        match version {
            "v1alpha1" if object.at("spec.targetCluster").is_some() => Self::V1_0,
            _ => Self::newest_for(version).unwrap_or(Self::NEWEST),
        }
    }

    /// The newest era that serves an API version (`v1alpha1`, `v1beta1`).
    pub fn newest_for(api_version: &str) -> Option<Self> {
        let serves = |era: &&Self| era.api_version() == api_version;
        Self::ALL.iter().rev().find(serves).copied()
    }

    /// The API version that this era serves, without the group.
    pub fn api_version(self) -> &'static str {
        match self.profile() {
            Profile::V1Alpha1 => "v1alpha1",
            Profile::V1Beta1Legacy | Profile::V1Beta1 => "v1beta1",
        }
    }

    /// The dialect that this era belongs to.
    pub fn profile(self) -> Profile {
        self.row().profile
    }

    /// What is new in this era, in sentences.
    pub fn text(self) -> &'static str {
        self.row().text.trim()
    }

    /// The operator versions of this era.
    pub const fn versions(self) -> Versions {
        self.row().versions
    }

    /// The first and the last version as the tables write them: `("1.8", "1.10")`.
    pub fn ends(self) -> (&'static str, &'static str) {
        (self.row().first, self.row().last)
    }
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
        let is_of_it = |era: &&Era| era.profile() == self;
        Era::ALL.iter().rev().find(is_of_it).copied().unwrap_or(Era::NEWEST)
    }
}

/// A set of eras.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct EraSet(pub u32);

impl EraSet {
    /// No era.
    pub const NONE: Self = Self(0);

    /// One era.
    pub fn of(era: Era) -> Self {
        Self(1 << era as u32)
    }

    /// Whether the era is in the set.
    pub fn contains(self, era: Era) -> bool {
        self.0 & (1 << era as u32) != 0
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

    /// The operator versions of these eras; `None` for no era. No field came back after it went, so the first and the
    /// last era say it all; what the newest one has, later versions are taken to have.
    pub fn versions(self) -> Option<Versions> {
        let (first, last) = (self.iter().next()?, self.iter().next_back()?);
        let to = if last == Era::NEWEST {
            OperatorVersion::LAST
        } else {
            last.versions().last()
        };
        Some(Versions::between(first.versions().first(), to))
    }
}

impl fmt::Display for EraSet {
    /// `operator 1.8 to 1.13`, `operator 1.14 and later`, `no operator version`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.versions() {
            Some(versions) => versions.fmt(formatter),
            None => formatter.write_str("no operator version"),
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
            ("0.9.4-alpha", Era::V0_2),
            ("1.5.0-alpha", Era::V1_0),
            ("1.6.0-alpha", Era::V1_6),
            ("1.7.2", Era::V1_7),
            ("v1.12.1", Era::V1_11),
            ("1.8", Era::V1_8),
            ("1.10.2", Era::V1_8),
            ("1.11.0", Era::V1_11),
            ("v1.13.0", Era::V1_13),
            ("1.14", Era::V1_14),
            ("1.15", Era::V1_15),
            ("1.18.0", Era::V1_15),
            ("1.19", Era::V1_19),
            ("1.27", Era::V1_19),
            ("2.0", Era::V1_19),
            ("main", Era::V1_19),
        ] {
            assert_eq!(Era::of(version.parse().unwrap()), era, "{version}");
        }
    }

    #[test]
    fn the_rows_follow_each_other_without_a_gap() {
        assert_eq!(Era::ALL[0].versions().first(), crate::operator::OLDEST);
        for pair in Era::ALL.windows(2) {
            assert!(pair[0].versions().are_followed_by(pair[1].versions()), "{pair:?}");
            assert!(pair[0].versions().last() < pair[1].versions().first(), "{pair:?}");
            assert!(pair[0].profile() <= pair[1].profile(), "{pair:?}");
        }
        assert!(Era::ALL.len() <= 32, "a set of eras has a bit for each");
    }

    #[test]
    fn a_set_reads_as_a_range() {
        let set = |eras: &[Era]| EraSet(eras.iter().fold(0, |bits, era| bits | 1 << *era as u32));
        let whole = |from: Era, to: Era| {
            let eras = Era::ALL.iter().filter(|era| from <= **era && **era <= to);
            set(&eras.copied().collect::<Vec<_>>())
        };
        for (from, to, shown) in [
            (Era::V0_1, Era::V1_13, "operators up to 1.13"),
            (Era::V1_13, Era::NEWEST, "operator 1.13 and later"),
            (Era::V1_8, Era::V1_13, "operator 1.8 to 1.13"),
            (Era::V1_8, Era::V1_8, "operator 1.8 to 1.10"),
            (Era::V1_14, Era::V1_14, "operator 1.14"),
            (Era::V0_1, Era::NEWEST, "every operator version"),
        ] {
            assert_eq!(whole(from, to).to_string(), shown);
        }
        assert_eq!(EraSet::NONE.to_string(), "no operator version");
    }
}
