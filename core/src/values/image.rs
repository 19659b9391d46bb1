//! Images: repository, tag and digest, and what is wrong with a tag.

use std::fmt;

use super::neo4j_version::{Version, is_release_form, parse_as_operator};

/// An image reference, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Image<'a> {
    /// Everything before the tag, with the registry and its port.
    pub repository: &'a str,
    /// What follows the last colon that is not part of the registry.
    pub tag: Option<&'a str>,
    /// What follows `@`.
    pub digest: Option<&'a str>,
}

/// Takes `registry:5000/neo4j:5.26.0@sha256:…` apart. Any text has an answer.
pub fn split(text: &str) -> Image<'_> {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    match name.rsplit_once(':') {
        // A colon before a slash is the port of the registry.
        Some((repository, tag)) if !tag.contains('/') => Image {
            repository,
            tag: Some(tag),
            digest,
        },
        _ => Image {
            repository: name,
            tag: None,
            digest,
        },
    }
}

/// Whether it is Neo4j's own repository on Docker Hub, where a tag without `-enterprise` is Community Edition.
pub fn is_official_repository(repository: &str) -> bool {
    let name = ["docker.io/", "index.docker.io/", "registry-1.docker.io/"]
        .iter()
        .find_map(|registry| repository.strip_prefix(registry))
        .unwrap_or(repository);
    name.strip_prefix("library/").unwrap_or(name) == "neo4j"
}

/// What a tag says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageTag {
    version: Option<Version>,
    edition: Edition,
    real_release: bool,
    problems: Vec<ImageProblem>,
}

/// The edition that a tag names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// `-enterprise`.
    Enterprise,
    /// `-community`, or no edition in the official repository.
    Community,
    /// No edition, in a repository of somebody else.
    Unknown,
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It may be fine.
    Warning,
    /// It cannot work.
    Error,
}

/// Something wrong with a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageProblem {
    /// The operator finds no version at the front: `latest`, `5-enterprise`.
    NoVersion,
    /// The operator does not run this version.
    UnsupportedVersion(Version),
    /// Community Edition has no online backup, and the operator refuses it.
    Community,
    /// No edition in a repository whose rules are not known.
    EditionNotNamed,
    /// The operator takes it, but no release is named like that: `2025.1.0`, `5.26.x`.
    NoSuchRelease,
    /// A digest inside the tag makes the operator assume 5.26.0 in some places.
    DigestInTag,
    /// `-ubi9` and `-bullseye` end before 2026.05; `-ubi10` and `-trixie` begin with 2026.01.
    SystemNotPublished,
}

/// Judges the tag of an image. Without a repository the official one is meant, as in the CRD's default.
pub fn analyse(repository: Option<&str>, tag: &str) -> ImageTag {
    let official = repository.is_none_or(is_official_repository);
    let words: Vec<&str> = tag.split('@').next().unwrap_or(tag).split('-').collect();
    let edition = if words.contains(&"enterprise") {
        Edition::Enterprise
    } else if official || tag.contains("community") {
        Edition::Community
    } else {
        Edition::Unknown
    };
    let version = parse_as_operator(tag);
    let real_release = words.first().is_some_and(|numbers| is_release_form(numbers));

    let mut problems = Vec::new();
    match version {
        None => problems.push(ImageProblem::NoVersion),
        Some(version) if !version.operator_supports() => problems.push(ImageProblem::UnsupportedVersion(version)),
        Some(_) if !real_release => problems.push(ImageProblem::NoSuchRelease),
        Some(_) => {}
    }
    match edition {
        // A tag such as `latest` has one problem and not two; the version comes first.
        Edition::Community if tag.contains("community") || version.is_some() => problems.push(ImageProblem::Community),
        Edition::Unknown if version.is_some() => problems.push(ImageProblem::EditionNotNamed),
        _ => {}
    }
    if tag.contains('@') {
        problems.push(ImageProblem::DigestInTag);
    }
    if version.is_some_and(|version| real_release && !publishes_system(version, &words)) {
        problems.push(ImageProblem::SystemNotPublished);
    }
    ImageTag {
        version,
        edition,
        real_release,
        problems,
    }
}

fn publishes_system(version: Version, words: &[&str]) -> bool {
    let year_and_month = (version.major, version.minor);
    words.iter().all(|word| match *word {
        "ubi9" | "bullseye" => year_and_month < (2026, 5),
        "ubi10" | "trixie" => !version.is_calendar() || year_and_month >= (2026, 1),
        _ => true,
    })
}

impl ImageTag {
    /// The version as the operator reads it.
    pub fn version(&self) -> Option<Version> {
        self.version
    }

    /// The edition.
    pub fn edition(&self) -> Edition {
        self.edition
    }

    /// Whether the operator's check of cluster images lets it pass.
    pub fn operator_accepts(&self) -> bool {
        let names_community = self.edition == Edition::Community && self.problems.contains(&ImageProblem::Community);
        self.version.is_some_and(|version| version.operator_supports()) && !names_community
    }

    /// What is wrong, the worst about the version first.
    pub fn problems(&self) -> &[ImageProblem] {
        &self.problems
    }
}

impl ImageProblem {
    /// How bad it is.
    pub fn level(&self) -> Level {
        match self {
            Self::NoVersion | Self::UnsupportedVersion(_) | Self::Community | Self::NoSuchRelease => Level::Error,
            Self::EditionNotNamed | Self::DigestInTag | Self::SystemNotPublished => Level::Warning,
        }
    }
}

impl fmt::Display for ImageProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoVersion => formatter.write_str(
                "the tag does not begin with a version that the operator can read (such as 5.26.0-enterprise or 2025.10.1-enterprise)",
            ),
            Self::UnsupportedVersion(version) => {
                write!(formatter, "the operator does not run Neo4j {version} (only 5.26 and 2025.01 or later)")
            }
            Self::Community => formatter.write_str("this is Community Edition, which has no online backup; the tag needs -enterprise"),
            Self::EditionNotNamed => formatter.write_str("the tag does not say whether this is Enterprise Edition"),
            Self::NoSuchRelease => formatter.write_str("no Neo4j release is named like this (months have two digits, as in 2025.01.0)"),
            Self::DigestInTag => formatter.write_str("with a digest in the tag the operator assumes version 5.26.0 in some places"),
            Self::SystemNotPublished => formatter.write_str("this version is not published for this operating system"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_of_the_official_repository() {
        use ImageProblem as Problem;
        for (tag, operator_accepts, problems) in [
            ("5.26-enterprise", true, vec![]),
            ("5.26.26-enterprise", true, vec![]),
            ("2025.10-enterprise-ubi9", true, vec![]),
            ("2026.08.0-enterprise", true, vec![]),
            ("5.26.0-community", false, vec![Problem::Community]),
            ("5-enterprise", false, vec![Problem::NoVersion]),
            ("enterprise", false, vec![Problem::NoVersion]),
            ("latest", false, vec![Problem::NoVersion]),
            ("V5.26.0-enterprise", false, vec![Problem::NoVersion]),
            (
                "4.4-enterprise",
                false,
                vec![Problem::UnsupportedVersion(Version::new(4, 4, 0))],
            ),
            (
                "5.27.0-enterprise",
                false,
                vec![Problem::UnsupportedVersion(Version::new(5, 27, 0))],
            ),
            ("2025.1.0-enterprise", true, vec![Problem::NoSuchRelease]),
            ("2026.99-enterprise", true, vec![Problem::NoSuchRelease]),
            ("5.26.x-enterprise", true, vec![Problem::NoSuchRelease]),
            ("5.26.0-enterprise@sha256:ab", true, vec![Problem::DigestInTag]),
            ("2026.05.0-enterprise-ubi9", true, vec![Problem::SystemNotPublished]),
            ("2025.10.0-enterprise-trixie", true, vec![Problem::SystemNotPublished]),
            ("5.26.24-enterprise-ubi10", true, vec![]),
        ] {
            let analysed = analyse(Some("neo4j"), tag);
            assert_eq!(analysed.problems(), problems, "{tag}");
            assert_eq!(analysed.operator_accepts(), operator_accepts, "{tag}");
        }
    }

    #[test]
    fn a_tag_without_edition_depends_on_the_repository() {
        assert_eq!(
            analyse(Some("docker.io/library/neo4j"), "5.26.0").edition(),
            Edition::Community
        );
        assert_eq!(analyse(None, "5.26.0").problems(), [ImageProblem::Community]);
        assert_eq!(
            analyse(Some("ghcr.io/acme/neo4j"), "5.26.0").problems(),
            [ImageProblem::EditionNotNamed]
        );
    }

    #[test]
    fn ports_and_digests_are_not_tags() {
        let parts = |text| {
            let image = split(text);
            (image.repository, image.tag, image.digest)
        };
        assert_eq!(parts("registry:5000/neo4j"), ("registry:5000/neo4j", None, None));
        assert_eq!(
            parts("registry:5000/neo4j:5.26"),
            ("registry:5000/neo4j", Some("5.26"), None)
        );
        assert_eq!(
            parts("neo4j:5.26@sha256:ab"),
            ("neo4j", Some("5.26"), Some("sha256:ab"))
        );
        assert_eq!(parts("neo4j@sha256:ab"), ("neo4j", None, Some("sha256:ab")));
        assert_eq!(parts(""), ("", None, None));
    }

    proptest! {
        #[test]
        fn the_parts_make_the_whole(text in "[a-z0-9.:/@-]{0,40}") {
            let image = split(&text);
            let mut whole = image.repository.to_owned();
            whole.extend(image.tag.map(|tag| format!(":{tag}")));
            whole.extend(image.digest.map(|digest| format!("@{digest}")));
            prop_assert_eq!(whole, text);
        }

        #[test]
        fn any_tag_has_an_answer(tag in "\\PC{0,40}") {
            let analysed = analyse(None, &tag);
            prop_assert!(analysed.operator_accepts() || !analysed.problems().is_empty());
        }
    }
}
