//! Which operator reads an object, as far as that is known: its versions, and the schemas that they have had.

mod era;
mod version;
mod versions;

use std::fmt;
use std::str::FromStr;

use crate::document::Node;

pub use self::era::{Era, EraSet, Profile};
pub use self::version::{OperatorVersion, UnknownVersion};
pub use self::versions::Versions;

/// The first version of the operator that had backups.
pub const OLDEST: OperatorVersion = OperatorVersion::new(0, 1, 0);

/// The newest version of the operator that the tables and rules know. What comes after it is judged as this one, and
/// fields that nobody knows are then no errors.
pub const NEWEST: OperatorVersion = Era::NEWEST.versions().last();

/// The operator that reads an object, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    versions: Versions,
    is_assumed: bool,
}

impl Operator {
    /// The operator is of this version.
    pub const fn exactly(version: OperatorVersion) -> Self {
        Self::one_of(Versions::only(version))
    }

    /// The operator is of one of these versions.
    pub const fn one_of(versions: Versions) -> Self {
        Self {
            versions,
            is_assumed: false,
        }
    }

    /// The operator has this schema; of the versions that have it, it is taken to be the newest.
    pub const fn of_era(era: Era) -> Self {
        Self::exactly(era.versions().last())
    }

    /// Nobody says which operator it is: the newest one that reads such an object.
    ///
    /// `api_version` is the part of `apiVersion` behind the slash.
    pub fn assumed(api_version: &str, object: &Node<'_>) -> Self {
        Self {
            is_assumed: true,
            ..Self::of_era(Era::for_object(api_version, object))
        }
    }

    /// Returns the versions that it can be of.
    pub fn versions(self) -> Versions {
        self.versions
    }

    /// Returns the schema of the newest version that it can be of.
    pub fn era(self) -> Era {
        Era::of(self.versions.last())
    }

    /// Returns whether nobody said which one it is.
    pub fn is_assumed(self) -> bool {
        self.is_assumed
    }

    /// Returns whether it can be newer than what the tables know.
    pub fn is_newer_than_known(self) -> bool {
        self.versions.last().is_of_later_minor(NEWEST)
    }

    /// Returns whether it certainly is of one of these versions.
    pub fn is_in(self, versions: Versions) -> bool {
        versions.include(self.versions)
    }

    /// Returns whether it can be of one of these versions.
    pub fn can_be_in(self, versions: Versions) -> bool {
        versions.overlap(self.versions)
    }
}

impl FromStr for Operator {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        text.parse().map(Self::exactly)
    }
}

impl fmt::Display for Operator {
    /// `operator 1.14`, or `operator 1.15 to 1.18`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.versions.fmt(formatter)
    }
}
