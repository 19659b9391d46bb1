//! The token of an account, as a cloud reads it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::access::Access;
use super::method::Method;
use super::{aws, azure, google};
use crate::model::Provider;

/// What a token says; nothing of what makes it valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// `iss`: who has issued it.
    pub issuer: String,
    /// `sub`: whose it is.
    pub subject: String,
    /// `aud`: for whom it is.
    pub audiences: Vec<String>,
    /// `exp`: until when it is valid, in seconds since 1970.
    pub expires: Option<i64>,
}

/// What a token says, or `None` if it is none.
pub fn claims(token: &str) -> Option<Claims> {
    let payload = token.split('.').nth(1)?;
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let payload: Value = serde_json::from_slice(&payload).ok()?;
    let text = |key: &str| payload[key].as_str().map(str::to_owned);
    let audiences = match &payload["aud"] {
        Value::String(one) => vec![one.clone()],
        Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    Some(Claims {
        issuer: text("iss")?,
        subject: text("sub")?,
        audiences,
        expires: payload["exp"].as_i64(),
    })
}

/// For whom the token of an access has to be: as an annotation of the account says (`of_account`), or as the cloud wants it.
/// `None` for what takes no token, and for Google while the issuer is not known.
pub fn audience(access: &Access, issuer: Option<&str>, of_account: Option<&str>) -> Option<String> {
    if matches!(
        access.method,
        Method::Secret | Method::Volume | Method::PodIdentity | Method::NodeRole
    ) {
        return None;
    }
    Some(match access.provider()? {
        Provider::Aws => of_account.unwrap_or(aws::AUDIENCE).to_owned(),
        Provider::Gcp => google::pool(issuer?)?,
        Provider::Azure => azure::AUDIENCE.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> String {
        format!("e30.{}.signature", URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn a_token_says_what_it_says() {
        let read = claims(&token(
            r#"{"iss": "https://i", "sub": "system:serviceaccount:graph:neo4j-backup-sa", "aud": ["sts.amazonaws.com"], "exp": 7}"#,
        ));
        let read = read.unwrap();
        assert_eq!(
            (read.issuer.as_str(), read.audiences.as_slice(), read.expires),
            ("https://i", ["sts.amazonaws.com".to_owned()].as_slice(), Some(7))
        );
        assert_eq!(
            claims(&token(r#"{"iss": "i", "sub": "s", "aud": "one"}"#))
                .unwrap()
                .audiences,
            ["one"]
        );
        for none in ["", "a", "a.b.c", &token("[]"), &token("{}"), &token("no")] {
            assert_eq!(claims(none), None, "{none}");
        }
    }
}
