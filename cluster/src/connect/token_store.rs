//! The tokens of a provider in the kubeconfig that they came from. Who renews them has to write them there: most providers
//! take a refresh token once, and the next program would be left with one that is used up.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path as FilePath, PathBuf};

use neo4jbackup_core::document::{Limits, Node, Path, parse};
use neo4jbackup_core::fix::{Edit, Fix, FixKind};
use neo4jbackup_core::lint::text::{Replacement, replacements};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

/// Both tokens.
#[derive(Debug, Clone)]
pub(super) struct Tokens {
    /// By which the API server knows who asks; absent before the first sign-in.
    pub(super) id: Option<SecretString>,
    /// By which the provider gives another one.
    pub(super) refresh: Option<SecretString>,
}

/// A user of a kubeconfig, as the place where tokens are kept.
#[derive(Debug, Clone)]
pub(super) struct TokenStore {
    pub(super) file: PathBuf,
    pub(super) user: String,
}

/// Why tokens were not stored.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotStored {
    #[error("{} is there, so another program writes the file, or has left it behind", .0.display())]
    Locked(PathBuf),
    #[error("{}", super::plain(.0))]
    Io(#[from] io::Error),
    #[error("the user is not written there any more in a way that can be changed")]
    NotThere,
}

impl TokenStore {
    /// Returns the tokens that stand there now: another program may have renewed them meanwhile.
    pub(super) fn load(&self) -> Option<Tokens> {
        let text = fs::read_to_string(&self.file).ok()?;
        let parsed = parse(&text, &Limits::default());
        let (document, place) = parsed.documents.iter().find_map(|document| {
            let place = config(&document.root, &self.user)?;
            Some((document, place))
        })?;
        let token = |key| {
            let text = place.key(key).find(&document.root)?.as_str()?;
            Some(SecretString::from(text)).filter(|_| !text.is_empty())
        };
        Some(Tokens {
            id: token("id-token"),
            refresh: token("refresh-token"),
        })
    }

    /// Writes the tokens there and changes nothing else. The new file is made under the name by which kubectl locks the old
    /// one, and put in its place in one step.
    pub(super) fn save(&self, tokens: &Tokens) -> Result<(), NotStored> {
        let file = fs::canonicalize(&self.file)?;
        let mut name = file.clone().into_os_string();
        name.push(".lock");
        let lock = PathBuf::from(name);
        let new = OpenOptions::new().write(true).create_new(true).open(&lock);
        let new = new.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => NotStored::Locked(lock.clone()),
            _ => error.into(),
        })?;
        let written = self
            .write(&file, new, tokens)
            .and_then(|()| Ok(fs::rename(&lock, &file)?));
        if written.is_err() {
            // It is empty or half written, and the next one would take it for a lock.
            let _ = fs::remove_file(&lock);
        }
        written
    }

    fn write(&self, file: &FilePath, mut new: File, tokens: &Tokens) -> Result<(), NotStored> {
        let old = fs::metadata(file)?;
        new.set_permissions(old.permissions())?;
        keep_owner(&new, &old);
        let text = self.changed(&fs::read_to_string(file)?, tokens);
        new.write_all(text.ok_or(NotStored::NotThere)?.as_bytes())?;
        Ok(new.sync_all()?)
    }

    fn changed(&self, text: &str, tokens: &Tokens) -> Option<String> {
        let parsed = parse(text, &Limits::default());
        let (document, place) = parsed.documents.iter().find_map(|document| {
            let place = config(&document.root, &self.user)?;
            Some((document, place))
        })?;
        let set = |key: &str, token: &Option<SecretString>| {
            let value = token.as_ref()?.expose_secret().into();
            let path = place.key(key);
            Some(Edit::Set { path, value })
        };
        let edits = [set("id-token", &tokens.id), set("refresh-token", &tokens.refresh)];
        let fix = Fix {
            kind: FixKind::Safe,
            title: String::new(),
            edits: edits.into_iter().flatten().collect(),
        };
        let replacements = replacements(text, document, &fix);
        let mut changed = text.to_owned();
        for Replacement { start, end, text: new } in replacements.iter().rev() {
            // What stood in quotes goes on to.
            let is_quoted = text.get(*start..*end).is_some_and(|old| old.starts_with('"'));
            if is_quoted && !new.starts_with('"') {
                changed.replace_range(*start..*end, &Value::from(new.as_str()).to_string());
            } else {
                changed.replace_range(*start..*end, new);
            }
        }
        (!replacements.is_empty()).then_some(changed)
    }
}

/// Where the settings of the provider of a user stand; the last of a name counts.
fn config(root: &Node<'_>, user: &str) -> Option<Path> {
    let users = root.get("users").and_then(Node::as_list)?;
    let position = users
        .iter()
        .rposition(|entry| entry.get("name").and_then(Node::as_str) == Some(user))?;
    let place = Path::dotted("users")
        .index(position)
        .join("user")
        .key("auth-provider")
        .key("config");
    place.find(root).and_then(Node::as_map).map(|_| place)
}

/// Only who may give files away succeeds; for everybody else the new file is their own.
#[cfg(unix)]
fn keep_owner(file: &File, old: &fs::Metadata) {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let _ = fchown(file, Some(old.uid()), Some(old.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &fs::Metadata) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(id: &str, refresh: Option<&str>) -> Tokens {
        Tokens {
            id: Some(id.into()),
            refresh: refresh.map(SecretString::from),
        }
    }

    #[test]
    fn only_the_tokens_are_changed() {
        let store = TokenStore {
            file: PathBuf::new(),
            user: "jane".to_owned(),
        };
        let block = "# mine\nusers:\n- name: john\n  user: {token: t}\n- name: jane # me\n  user:\n    auth-provider:\n      \
                     name: oidc\n      config:\n        client-id: kubectl\n        id-token: old # renewed\n        \
                     refresh-token: \"one\"\n";
        let changed = store.changed(block, &tokens("new", Some("two"))).unwrap();
        assert_eq!(changed, block.replace("old", "new").replace("\"one\"", "\"two\""));
        // Only one of them is new.
        assert_eq!(
            store.changed(block, &tokens("new", None)).unwrap(),
            block.replace("old", "new")
        );
        let flow =
            r#"{"users": [{"name": "jane", "user": {"auth-provider": {"name": "oidc", "config": {"id-token": ""}}}}]}"#;
        let changed = store.changed(flow, &tokens("new", Some("two"))).unwrap();
        let read: serde_json::Value = serde_json::from_str(&changed).unwrap();
        assert_eq!(
            read["users"][0]["user"]["auth-provider"]["config"],
            serde_json::json!({"id-token": "new", "refresh-token": "two"})
        );
        for gone in ["users: []\n", "", "users:\n- name: jane\n  user: {token: t}\n"] {
            assert_eq!(store.changed(gone, &tokens("new", None)), None, "{gone}");
        }
    }
}
