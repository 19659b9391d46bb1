//! What is wrong with the values of a Secret. They are read, looked at and overwritten; nothing of them leaves this file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use neo4jbackup_core::auth::{Flaw, flaw};
use secrecy::zeroize::Zeroizing;
use serde::Deserialize;

use crate::connect::Cluster;
use crate::objects::NoAnswer;

/// A Secret whose values stay where the answer of the API server has them.
#[derive(Deserialize)]
struct Secret<'t> {
    #[serde(borrow, default)]
    data: Option<BTreeMap<Cow<'t, str>, &'t str>>,
}

/// Returns the keys of a Secret whose values cannot be right, in order.
pub async fn secret_flaws(cluster: &Cluster, namespace: &str, name: &str) -> Result<Vec<(String, Flaw)>, NoAnswer> {
    let path = format!("/api/v1/namespaces/{namespace}/secrets/{name}");
    let request = http::Request::get(path).body(Vec::new())?;
    let text = cluster.client().request_text(request).await;
    let text = Zeroizing::new(text.map_err(NoAnswer::of)?);
    flaws(&text).ok_or_else(|| NoAnswer::Status {
        status: http::StatusCode::OK,
        message: "the answer is no Secret whose values can be read".to_owned(),
    })
}

/// The flaws of a Secret, or `None` if the text is none. An error of the reader could quote what it read, so that none is
/// passed on.
fn flaws(text: &str) -> Option<Vec<(String, Flaw)>> {
    let secret = serde_json::from_str::<Secret<'_>>(text).ok()?;
    let data = secret.data.unwrap_or_default().into_iter();
    let found = data.filter_map(|(key, value)| {
        let value = STANDARD.decode(value).map(Zeroizing::new);
        let flaw = value.map_or(Some(Flaw::NotText), |value| flaw(&key, &value))?;
        Some((key.into_owned(), flaw))
    });
    Some(found.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_with_a_line_break_is_named_by_its_key_alone() {
        let encoded = |value: &str| STANDARD.encode(value);
        let text = format!(
            r#"{{"kind": "Secret", "data": {{"AWS_REGION": "{}", "AWS_ACCESS_KEY_ID": "{}"}}}}"#,
            encoded("eu-central-1\n"),
            encoded("AKIAEXAMPLE")
        );
        assert_eq!(flaws(&text), Some(vec![("AWS_REGION".to_owned(), Flaw::LineBreak)]));
        assert_eq!(flaws("{}"), Some(Vec::new()));
        assert_eq!(flaws(r#"{"data": null}"#), Some(Vec::new()));
    }

    #[test]
    fn what_is_no_secret_is_not_one_without_flaws() {
        assert_eq!(flaws("no json"), None);
        assert_eq!(flaws(r#"{"data": {"AWS_REGION": null}}"#), None);
    }
}
