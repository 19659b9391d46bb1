//! What the Deployment of the operator says of its version.

use crate::document::Node;
use crate::operator::OperatorVersion;
use crate::values::image;

/// The label that charts put the version of a program into.
const VERSION_LABEL: &str = "app.kubernetes.io/version";

/// Returns the version that a Deployment of the operator runs, as the tag of its image says it, or else its label; `None` if
/// neither names one, as with an image that is named by its digest alone.
pub fn deployed_version<'n>(deployment: &'n Node<'_>) -> Option<&'n str> {
    let is_version = |text: &&str| text.parse::<OperatorVersion>().is_ok() && *text != "main";
    let containers = deployment.at("spec.template.spec.containers").and_then(Node::as_list);
    let images = || {
        containers
            .unwrap_or_default()
            .iter()
            .filter_map(|container| container.get("image")?.as_str())
    };
    // Whoever mirrors the image keeps its name; beside it, there may be proxies with versions of their own.
    let of_operator = images().find(|image| image::split(image).repository.contains("operator"));
    let only = images().next().filter(|_| images().count() == 1);
    let tag = of_operator.or(only).and_then(|image| image::split(image).tag);
    let label = |path| {
        let labels: Option<&'n Node<'_>> = deployment.at(path);
        labels.and_then(|labels| labels.get(VERSION_LABEL)?.as_str())
    };
    tag.filter(is_version)
        .or_else(|| label("spec.template.metadata.labels").filter(is_version))
        .or_else(|| label("metadata.labels").filter(is_version))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn version(images: &[&str], label: &str) -> Option<String> {
        let containers: Vec<_> = images
            .iter()
            .map(|image| json!({"name": "c", "image": image}))
            .collect();
        let deployment = Node::from(json!({
            "metadata": {"labels": {VERSION_LABEL: label}},
            "spec": {"template": {"spec": {"containers": containers}}},
        }));
        deployed_version(&deployment).map(str::to_owned)
    }

    #[test]
    fn the_tag_wins_over_the_label_and_what_is_no_version_is_none() {
        let said = |text: &str| Some(text.to_owned());
        let image = "registry:5000/mirror/neo4j-operator:v1.14.0";
        assert_eq!(version(&[image], "1.13.0"), said("v1.14.0"));
        assert_eq!(version(&["proxy:0.18.1", image], ""), said("v1.14.0"));
        assert_eq!(version(&["ours/graph:1.12.1"], ""), said("1.12.1"));
        assert_eq!(version(&["proxy:0.18.1", "other:1.2"], ""), None);
        let digest = format!("neo4j-operator@sha256:{}", "0".repeat(64));
        assert_eq!(version(&[&digest], "1.15.0"), said("1.15.0"));
        for tag in ["latest", "main", "sha-1234567"] {
            assert_eq!(version(&[&format!("neo4j-operator:{tag}")], ""), None, "{tag}");
        }
        assert_eq!(deployed_version(&Node::Null), None);
    }
}
