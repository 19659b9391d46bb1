//! Does a name say that its value is secret?

use super::kind::Kind;

/// The last words of names whose values only say where a secret is, or something about it.
const ABOUT: [&str; 36] = [
    "algorithm",
    "arn",
    "count",
    "dir",
    "directory",
    "enabled",
    "endpoint",
    "expiration",
    "expires",
    "expiry",
    "file",
    "format",
    "id",
    "ids",
    "length",
    "mode",
    "mount",
    "name",
    "names",
    "namespace",
    "path",
    "policy",
    "prefix",
    "provider",
    "ref",
    "refs",
    "required",
    "rotation",
    "seconds",
    "size",
    "ttl",
    "type",
    "url",
    "version",
    "volume",
    "audience",
];

/// What stands before `key` in the name of a secret one. In the names of variables every key counts.
const OF_KEYS: [&str; 15] = [
    "access",
    "account",
    "api",
    "auth",
    "client",
    "encryption",
    "license",
    "master",
    "private",
    "sas",
    "secret",
    "shared",
    "signing",
    "ssh",
    "storage",
];

/// What stands before `Secret` in the name of a field that holds the secret itself, and no name of an object.
const HOLDERS: [&str; 11] = [
    "api",
    "app",
    "application",
    "client",
    "consumer",
    "hmac",
    "jwt",
    "oauth",
    "shared",
    "signing",
    "webhook",
];

/// What every secret name has one of: a look at this spares most names all others.
const STEMS: [&str; 7] = ["pass", "pwd", "secret", "token", "key", "cred", "auth"];

/// Whose name it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// A variable of the environment.
    Variable,
    /// A field of an object, or what stands before `=` or `:` in a text.
    Field,
}

/// Returns what the value of this name is, or `None` if the name says nothing of a secret.
pub(super) fn kind(name: &str, of: Of) -> Option<Kind> {
    let lower = name.to_ascii_lowercase();
    if name.len() > 128 || !STEMS.iter().any(|stem| lower.contains(stem)) {
        return None;
    }
    let words = words(name);
    let last = words.last()?.as_str();
    if ABOUT.contains(&last) {
        return None;
    }
    let has = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
    let before_last = words.len().checked_sub(2).map(|place| words[place].as_str());
    if has(&["password", "passwords", "passwd", "passphrase", "passcode"]) || matches!(last, "pwd" | "pass") {
        return Some(Kind::Password);
    }
    let is_key = match before_last {
        Some(before) => OF_KEYS.contains(&before) || of == Of::Variable,
        None => of == Of::Variable,
    };
    if matches!(last, "apikey" | "accesskey" | "secretkey" | "privatekey" | "accountkey")
        || (matches!(last, "key" | "keys") && is_key)
    {
        let is_of_aws = words.iter().any(|word| word == "aws") || (has(&["secret"]) && has(&["access"]));
        return Some(if is_of_aws { Kind::AwsSecretKey } else { Kind::Key });
    }
    if has(&["secret", "secrets"]) {
        return Some(Kind::Secret);
    }
    if has(&["token", "tokens"]) {
        return Some(Kind::Token);
    }
    if has(&["credential", "credentials", "creds"]) {
        return Some(Kind::Credential);
    }
    let is_auth = last == "auth" && words.len() > 1 && of == Of::Variable;
    (is_auth || lower == "authorization").then_some(Kind::Authorization)
}

/// Whether a name is that of the variable that holds `user/password`.
pub(super) fn is_neo4j_auth(name: &str) -> bool {
    words(name).ends_with(&["neo4j".to_owned(), "auth".to_owned()])
}

/// Whether a value cannot be a secret whatever it is called: nothing, a switch, a reference to another variable, a mask.
pub(super) fn is_no_secret(value: &str) -> bool {
    let value = value.trim();
    let is_reference = ["$(", "${", "{{"].iter().any(|start| value.starts_with(start));
    let is_mask = !value.is_empty() && value.bytes().all(|byte| matches!(byte, b'*' | b'.' | b'x' | b'-'));
    value.len() < 2
        || is_reference
        || is_mask
        || matches!(
            value.to_ascii_lowercase().as_str(),
            "null"
                | "none"
                | "nil"
                | "true"
                | "false"
                | "yes"
                | "no"
                | "on"
                | "off"
                | "<none>"
                | "<nil>"
                | "redacted"
                | "[redacted]"
        )
}

/// Whether a value is the path of a file.
pub(super) fn is_path(value: &str) -> bool {
    value.starts_with('/')
        && value.matches('/').count() > 1
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte))
}

/// Whether a value is the name of an object, as a field `adminSecret` has it.
pub(super) fn is_reference(name: &str, value: &str) -> bool {
    refers(name) && is_object_name(value)
}

/// The name of one member of a list: `adminSecret` of `adminSecrets`; other names are those of each.
pub(super) fn of_one(name: &str) -> &str {
    let one = name.strip_suffix('s').unwrap_or(name);
    if one.ends_with("Secret") { one } else { name }
}

/// Whether a field holds the name of a Secret, `adminSecret`, and not the secret itself, as `clientSecret` does.
pub(super) fn refers(name: &str) -> bool {
    let is_camel_case = name.bytes().any(|byte| byte.is_ascii_uppercase()) && !name.contains(['_', '-', '.']);
    let words = words(name);
    let is_of_secret = match words.as_slice() {
        [.., holder, last] => last == "secret" && !HOLDERS.contains(&holder.as_str()),
        _ => false,
    };
    is_camel_case && is_of_secret
}

fn is_object_name(value: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !value.is_empty() && value.len() <= 253 && value.bytes().all(is_plain)
}

/// The words of `AWS_SECRET_ACCESS_KEY`, `secretAccessKey`, `secret-access.key`, in small letters.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        // `accessKey`, `AWSKey`, and not `NEO4J`.
        let begins = letter.is_ascii_uppercase()
            && (before.is_ascii_lowercase()
                || (before.is_ascii_alphanumeric() && letters.peek().is_some_and(char::is_ascii_lowercase)));
        if begins || !letter.is_ascii_alphanumeric() {
            words.push(String::new());
        }
        if letter.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(letter.to_ascii_lowercase());
        }
        before = letter;
    }
    words.retain(|word| !word.is_empty());
    // `NEO4J` has a digit and is one word; `password2` is a password.
    for word in &mut words {
        let plain = word.trim_end_matches(|letter: char| letter.is_ascii_digit());
        if !plain.is_empty() {
            word.truncate(plain.len());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_whether_its_value_is_secret() {
        for (name, expected) in [
            ("DB_PASSWORD", Some(Kind::Password)),
            ("dbms.security.ldap.password2", Some(Kind::Password)),
            ("NEO4J_PASS", Some(Kind::Password)),
            ("AWS_SECRET_ACCESS_KEY", Some(Kind::AwsSecretKey)),
            ("secretAccessKey", Some(Kind::AwsSecretKey)),
            ("AZURE_STORAGE_KEY", Some(Kind::Key)),
            ("AccountKey", Some(Kind::Key)),
            ("client_secret", Some(Kind::Secret)),
            ("AWS_SESSION_TOKEN", Some(Kind::Token)),
            ("REGISTRY_CREDS", Some(Kind::Credential)),
            ("AWS_ACCESS_KEY_ID", None),
            ("secretName", None),
            ("credentialsSecretRef", None),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", None),
            ("tokenExpirationSeconds", None),
            ("topologyKey", None),
            ("key", None),
            ("monkey", None),
            ("tokenizer", None),
        ] {
            assert_eq!(kind(name, Of::Field), expected, "{name}");
        }
        assert_eq!(kind("SORT_KEY", Of::Variable), Some(Kind::Key));
        assert!(is_neo4j_auth("NEO4J_AUTH") && !is_neo4j_auth("OTHER_AUTH"));
        assert!(is_reference("adminSecret", "neo4j-admin") && !is_reference("ADMIN_SECRET", "neo4j-admin"));
        for holder in [
            "clientSecret",
            "oauthClientSecret",
            "webhookSecret",
            "sharedSecret",
            "APISecret",
        ] {
            assert!(
                !is_reference(holder, "3f2b8c1e-7a4d-4e9b-9c0d-1f2a3b4c5d6e"),
                "{holder}"
            );
        }
    }
}
