//! What a cloud is to be told, in its own form.

use serde_json::Value;

use super::terraform::Block;

/// A policy, binding or assignment.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// What it is: `iamPolicy`, `bucketPolicy`, `accessPointPolicy`, `roleBinding`, `roleAssignment`.
    pub kind: &'static str,
    /// What it is for, in a sentence without a full stop.
    pub title: String,
    /// Itself, as the cloud takes it.
    pub body: Value,
    /// The command that tells the cloud; `FILE` stands for a file with [`Document::body`].
    pub command: String,
    /// The same for Terraform.
    pub terraform: Vec<Block>,
}

/// What a person tells beside the objects, which do not hold it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The ARN of the key by which AWS encrypts what is in the bucket.
    pub kms_key: Option<String>,
    /// The ARN of the access point that the bucket is reached by.
    pub access_point: Option<String>,
}

/// What a person has to fill in: `<ACCOUNT_ID>`. A cloud takes none of it.
pub(super) fn open(text: &str) -> Vec<String> {
    let mut open = Vec::new();
    for part in text.split('<').skip(1) {
        let Some((word, _)) = part.split_once('>') else {
            continue;
        };
        let is_open = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        let word = format!("<{word}>");
        if is_open && !open.contains(&word) {
            open.push(word);
        }
    }
    open
}

/// A word of a command line, in quotes where a shell would take it for something else.
pub(super) fn word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@,+%".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_word_in_a_shell() {
        for (text, expected) in [
            ("a-b.c", "a-b.c"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's; rm", r"'it'\''s; rm'"),
            ("<A>", "'<A>'"),
        ] {
            assert_eq!(word(text), expected);
        }
    }

    #[test]
    fn what_is_open_is_named_once() {
        assert_eq!(
            open("arn:aws:s3:<REGION>:<ACCOUNT_ID>:x/<REGION> <a>"),
            ["<REGION>", "<ACCOUNT_ID>"]
        );
    }
}
