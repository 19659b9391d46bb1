//! NB2002.

use crate::{Named, RulePolicy, cel};
use neo4jbackup_core::schema::Kind;

/// A whole number as the operator takes it, without the few of 19 digits.
const NUMBER: &str = "r'^[+]?0*[0-9]{1,18}$'";

/// `values::neo4j_version::is_release_form`.
const RELEASE: &str = r"r'^(5[.]([0-9]|1[0-9]|2[0-6])|[34][.](0|[1-9][0-9]{0,3})|(202[5-9]|20[3-9][0-9]|2[1-9][0-9]{2}|[3-9][0-9]{3})[.](0[1-9]|1[0-2]))([.](0|[1-9][0-9]{0,3}))?$'";

/// Neo4j's own repository on Docker Hub, where a tag without `-enterprise` is Community Edition.
const OFFICIAL: &str = r"r'^((index[.]|registry-1[.])?docker[.]io/)?(library/)?neo4j$'";

/// `values::image::analyse`, for the instance's own image.
pub(crate) fn policy() -> RulePolicy {
    RulePolicy {
        kinds: vec![Kind::Neo4jEnterpriseCluster, Kind::Neo4jEnterpriseStandalone],
        variables: variables(),
        errors: vec![told(&[
            problem(
                "!variables.hasVersion",
                "'the tag does not begin with a version that the operator can read (such as 5.26.0-enterprise or \
                 2025.10.1-enterprise); put the version first, and do not let the tag float'",
            ),
            problem(
                "variables.hasVersion && !variables.isSupported",
                &format!(
                    "'the operator does not run Neo4j ' + string(variables.major) + '.' + string(variables.minor) + '.' +
  (size(variables.tagParts) > 2 && variables.tagParts[2].matches({NUMBER}) ? string(int(variables.tagParts[2])) : '0') +
  ' (only 5.26 and 2025.01 or later); ' + variables.tagHelp"
                ),
            ),
            problem(
                "variables.hasVersion && variables.isSupported && !variables.isRelease",
                "'no Neo4j release is named like this (months have two digits, as in 2025.01.0); ' + variables.tagHelp",
            ),
            problem(
                "variables.isCommunity && (variables.hasVersion || variables.imageTag.contains('community'))",
                "'this is Community Edition, which has no online backup; the tag needs -enterprise; ' + variables.enterpriseHelp",
            ),
        ])],
        warnings: vec![told(&[
            problem(
                "variables.hasVersion && !('enterprise' in variables.tagWords) && !variables.isCommunity",
                "'the tag does not say whether this is Enterprise Edition; ' + variables.enterpriseHelp",
            ),
            problem(
                "variables.imageTag.contains('@')",
                "'with a digest in the tag the operator assumes version 5.26.0 in some places; ' + variables.tagHelp",
            ),
            problem(
                "variables.isRelease && variables.hasVersion && !variables.isPublished",
                "'this version is not published for this operating system; ' + variables.tagHelp",
            ),
        ])],
        leaves: "backups and restores, for which it looks at the image of the instance",
        ..RulePolicy::default()
    }
}

fn variables() -> Vec<Named> {
    vec![
        Named::new(
            "tagHelp",
            "'use a tag such as `5.26.0-enterprise` or `2025.10.1-enterprise`'",
        ),
        Named::new("imageTag", cel::start("variables.spec.?image.?tag.orValue('')")),
        Named::new("tagWords", "variables.imageTag.split('@')[0].split('-')"),
        Named::new(
            "tagParts",
            "variables.imageTag.substring(size(variables.imageTag.find(r'^v?(neo4j-)?(neo4j:)?'))).split('-')[0].split('.')",
        ),
        Named::new(
            "hasVersion",
            format!(
                "size(variables.tagParts) > 1 && [0, 1].all(place, variables.tagParts[place].matches({NUMBER}))"
            ),
        ),
        Named::new("major", "variables.hasVersion ? int(variables.tagParts[0]) : 0"),
        Named::new("minor", "variables.hasVersion ? int(variables.tagParts[1]) : 0"),
        Named::new(
            "isSupported",
            "variables.major >= 2025 || variables.major == 5 && variables.minor == 26",
        ),
        Named::new("isRelease", format!("variables.tagWords[0].matches({RELEASE})")),
        Named::new(
            "enterpriseHelp",
            "variables.isRelease && variables.imageTag.split('-')[0] == variables.tagWords[0] ?\n  \
             'use `' + variables.tagWords[0] + '-enterprise`' : variables.tagHelp",
        ),
        Named::new(
            "isCommunity",
            format!(
                "!('enterprise' in variables.tagWords) && (variables.spec.?image.?repo.orValue('neo4j').matches({OFFICIAL}) || variables.imageTag.contains('community'))"
            ),
        ),
        Named::new(
            "isPublished",
            "variables.tagWords.all(word,
  word in ['ubi9', 'bullseye'] ? variables.major < 2026 || variables.major == 2026 && variables.minor < 5 :
  word in ['ubi10', 'trixie'] ? variables.major < 2025 || variables.major >= 2026 && (variables.major > 2026 || variables.minor >= 1) : true)",
        ),
    ]
}

fn problem(condition: &str, text: &str) -> String {
    format!("({condition} ? [{text}] : [])")
}

/// The problems of a tag, if there is one, each as a message.
fn told(problems: &[String]) -> String {
    format!(
        "variables.imageTag == '' ? [] : (\n{})\n.map(problem, 'spec.image.tag: ' + {} + ': ' + problem)",
        problems.join(" +\n"),
        cel::quoted("variables.imageTag")
    )
}
