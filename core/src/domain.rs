//! The names of everything in a cluster that is ours: annotations, labels, API groups, webhooks; and its version.

/// Returns a name in our domain: `in_domain!("rotate")` is `neo4jbackup.github.io/rotate`. Without a name, the domain.
#[macro_export]
macro_rules! in_domain {
    () => {
        "neo4jbackup.github.io"
    };
    ($name:literal) => {
        concat!($crate::in_domain!(), "/", $name)
    };
}

/// The domain.
pub const DOMAIN: &str = in_domain!();

/// The label by which the chart marks what it installs.
pub const PART_OF: (&str, &str) = ("app.kubernetes.io/part-of", "neo4jbackup");

/// The label by which the chart names the webhook, and that name: of its program, its container and its events, too.
pub const NAME_LABEL: &str = "app.kubernetes.io/name";

/// See [`NAME_LABEL`].
pub const WEBHOOK_NAME: &str = "neo4jbackup-webhook";

/// The label that says of which version it is.
pub const VERSION_LABEL: &str = "app.kubernetes.io/version";

/// Whether a webhook of this name is ours.
pub fn is_our_name(webhook: &str) -> bool {
    webhook.strip_suffix(DOMAIN).is_some_and(|rest| rest.ends_with('.'))
}

/// Whether two versions of this project judge alike: patches do.
pub fn judge_alike(one: &str, other: &str) -> bool {
    minor(one) == minor(other)
}

/// The first two numbers of a version.
fn minor(version: &str) -> Vec<&str> {
    version.trim_start_matches('v').split(['.', '-', '+']).take(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_judge_alike_and_nothing_else() {
        assert!(judge_alike("v0.2.0", "0.2.7"));
        assert!(!judge_alike("0.2.0", "0.3.0"));
        assert!(!judge_alike("", "0.3.0"));
    }
}
