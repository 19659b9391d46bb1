//! What is wrong with a value of a credentials Secret, said without saying anything of it.

use crate::model::Provider;

/// Why a value cannot be what its key says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Flaw {
    /// There is nothing.
    Empty,
    /// It ends in a line break, as what `echo` and most editors write.
    LineBreak,
    /// It begins or ends with a blank.
    Blank,
    /// It is no text, or has characters that no key has.
    NotText,
    /// It is not the JSON that the key is to hold.
    NotJson,
}

/// The keys that servers read from a Secret beside those that the operator does.
const FURTHER: [&str; 4] = [
    "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL",
    "AZURE_CLIENT_ID",
];

/// The key that holds a file.
const GOOGLE_KEY: &str = "GOOGLE_APPLICATION_CREDENTIALS_JSON";

/// What is wrong with the value of a key, or `None` if nothing is, or nobody reads the key. Nothing of the value is kept.
pub fn flaw(key: &str, value: &[u8]) -> Option<Flaw> {
    let is_read = Provider::ALL
        .iter()
        .any(|provider| provider.secret_keys().contains(&key))
        || FURTHER.contains(&key);
    if !is_read {
        return None;
    }
    if value.is_empty() {
        return Some(Flaw::Empty);
    }
    let Ok(text) = std::str::from_utf8(value) else {
        return Some(Flaw::NotText);
    };
    if key == GOOGLE_KEY {
        // Blanks around JSON, and in it, harm nobody.
        let is_json = text.trim_start().starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        return (!is_json).then_some(Flaw::NotJson);
    }
    if text.ends_with(['\n', '\r']) {
        return Some(Flaw::LineBreak);
    }
    if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        return Some(Flaw::Blank);
    }
    text.chars()
        .any(|letter| letter.is_control() || !letter.is_ascii())
        .then_some(Flaw::NotText)
}

impl Flaw {
    /// It as half a sentence: `ends in a line break`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Empty => "is empty",
            Self::LineBreak => "ends in a line break",
            Self::Blank => "begins or ends with a blank",
            Self::NotText => "is no plain text",
            Self::NotJson => "is not the JSON of a key file",
        }
    }

    /// What to do.
    pub fn help(self) -> &'static str {
        match self {
            Self::LineBreak | Self::Blank => {
                "write it again without it: `printf %s` in the place of `echo`, `--from-literal` in the place of `--from-file`"
            }
            Self::NotText => "write it again; a value below `data` is base64 once, below `stringData` not at all",
            Self::Empty => "write it",
            Self::NotJson => "write the whole key file as Google gave it",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_cloud_would_take_is_named() {
        for (key, value, expected) in [
            ("AWS_ACCESS_KEY_ID", b"AKIAEXAMPLE".as_slice(), None),
            ("AWS_ACCESS_KEY_ID", b"AKIAEXAMPLE\n", Some(Flaw::LineBreak)),
            ("AWS_REGION", b"eu-central-1\r\n", Some(Flaw::LineBreak)),
            ("AWS_REGION", b" eu-central-1", Some(Flaw::Blank)),
            ("AWS_SECRET_ACCESS_KEY", b"\xff\xfe", Some(Flaw::NotText)),
            ("AWS_SECRET_ACCESS_KEY", b"a\nb", Some(Flaw::NotText)),
            ("AZURE_STORAGE_KEY", b"", Some(Flaw::Empty)),
            (GOOGLE_KEY, b"{\"type\": \"service_account\"}\n", None),
            (GOOGLE_KEY, b"\"text\"", Some(Flaw::NotJson)),
            (GOOGLE_KEY, b"{", Some(Flaw::NotJson)),
            ("ca.crt", b"-----BEGIN\n", None),
        ] {
            assert_eq!(flaw(key, value), expected, "{key}");
        }
    }
}
