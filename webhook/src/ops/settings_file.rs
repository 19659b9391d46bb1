//! The settings file: read at the start, and again whenever its content changes.

use std::path::{Path, PathBuf};

use neo4jbackup_core::registry;
use neo4jbackup_core::settings::Settings;

/// Why a settings file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It cannot be read.
    #[error("cannot read the settings {}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not YAML of the right shape.
    #[error("the settings {} are not valid", file.display())]
    Invalid {
        /// The file.
        file: PathBuf,
        /// What is wrong, and where.
        source: InvalidSettings,
    },
    /// It names rules that do not exist. A typo here would switch off nothing, and nobody would notice.
    #[error("the settings {} name rules that do not exist: {}", file.display(), names.join(", "))]
    UnknownRules {
        /// The file.
        file: PathBuf,
        /// The names.
        names: Vec<String>,
    },
}

/// Why the content of a file is not settings.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSettings {
    /// It is not UTF-8.
    #[error(transparent)]
    Encoding(#[from] std::str::Utf8Error),
    /// It is not YAML of the right shape.
    #[error(transparent)]
    Yaml(#[from] Box<serde_saphyr::Error>),
}

/// Reads the bytes of a settings file.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, SettingsError> {
    std::fs::read(file).map_err(|source| SettingsError::Read {
        file: file.to_owned(),
        source,
    })
}

/// Makes settings of the bytes of a file. An empty file, or one of comments, is the default.
pub(crate) fn parse(file: &Path, bytes: &[u8]) -> Result<Settings, SettingsError> {
    let invalid = |source: InvalidSettings| SettingsError::Invalid {
        file: file.to_owned(),
        source,
    };
    let text = std::str::from_utf8(bytes).map_err(|error| invalid(error.into()))?;
    let is_blank = text
        .lines()
        .map(str::trim)
        .all(|line| line.is_empty() || line.starts_with('#') || line == "---");
    if is_blank {
        return Ok(Settings::default());
    }
    let settings: Settings = serde_saphyr::from_str(text).map_err(|error| invalid(Box::new(error).into()))?;
    let names: Vec<String> = registry::unknown_rules(&settings)
        .into_iter()
        .map(str::to_owned)
        .collect();
    if names.is_empty() {
        Ok(settings)
    } else {
        Err(SettingsError::UnknownRules {
            file: file.to_owned(),
            names,
        })
    }
}

#[cfg(test)]
mod tests {
    use neo4jbackup_cluster::chain;
    use neo4jbackup_core::settings::Mode;

    use super::*;

    fn parsed(text: &str) -> Result<Settings, String> {
        parse(Path::new("settings.yaml"), text.as_bytes()).map_err(|error| chain(&error))
    }

    #[test]
    fn nothing_said_is_the_default() {
        for text in ["", "\n", "# mode: audit\n", "---\n"] {
            assert_eq!(parsed(text), Ok(Settings::default()), "{text:?}");
        }
    }

    #[test]
    fn a_typo_is_an_error_that_names_it() {
        assert_eq!(parsed("mode: warn").unwrap().mode, Mode::Warn);
        assert_eq!(
            parsed("rules:\n  NB9998: warn\n").unwrap_err(),
            "the settings settings.yaml name rules that do not exist: NB9998"
        );
        let unknown = parsed("modes: warn").unwrap_err();
        assert!(
            unknown.contains("settings.yaml") && unknown.contains("modes"),
            "{unknown}"
        );
        assert!(parsed("mode: strict").unwrap_err().contains("strict"));
    }
}
