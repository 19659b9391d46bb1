//! What a script of the operator asks for.

use std::path::PathBuf;

/// One of the commands that stand in the scripts.
pub(crate) enum Script {
    Backup(BackupOptions),
    Restore(RestoreOptions),
    Serve,
}

pub(crate) struct BackupOptions {
    /// `HOST:PORT`; the first, where several are given.
    pub(crate) from: String,
    /// The folder of the artifacts.
    pub(crate) to: PathBuf,
    pub(crate) database: String,
    /// So many bytes are kept in memory.
    pub(crate) page_cache: usize,
}

pub(crate) struct RestoreOptions {
    /// The folder of the artifacts.
    pub(crate) from: PathBuf,
    pub(crate) database: String,
}

impl Script {
    pub(crate) fn of(text: &str) -> Self {
        let text = text.split(';').next().unwrap_or_default();
        let words = words(text);
        let option = |name: &str| {
            let values = words
                .iter()
                .filter_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            values.map(str::to_owned).next()
        };
        let database = || {
            let arguments = words.iter().skip_while(|word| *word != "database").skip(2);
            let names = arguments.filter(|word| !word.starts_with(['-', '$', '|']) && !word.contains(['/', ')']));
            names.last().cloned().unwrap_or_default()
        };
        if text.contains("neo4j-admin database backup") {
            let from = option("--from").unwrap_or_default();
            return Self::Backup(BackupOptions {
                from: from.split(',').next().unwrap_or_default().to_owned(),
                to: option("--to-path").unwrap_or_default().into(),
                database: database(),
                page_cache: option("--pagecache").map_or(0, |size| bytes(&size)),
            });
        }
        if text.contains("neo4j-admin database restore") {
            // `--from-path=$(ls '/backup/nightly'/'neo4j'-*.backup | tail -1)`: the newest artifact of that folder.
            let folder = text.split("$(ls '").nth(1).and_then(|rest| rest.split('\'').next());
            let database = text.rsplit("| tail -1)").next().unwrap_or_default();
            return Self::Restore(RestoreOptions {
                from: folder.unwrap_or_default().into(),
                database: database.split('\'').nth(1).unwrap_or_default().to_owned(),
            });
        }
        Self::Serve
    }

    /// The part of neo4j-admin that says what failed.
    pub(crate) fn component(&self) -> &'static str {
        match self {
            Self::Backup(_) => "c.n.b.b.BackupExecutor",
            Self::Restore(_) => "c.n.b.r.RestoreDatabaseCommand",
            Self::Serve => "o.n.b.s.Server",
        }
    }
}

/// The words of a script without their quotes. A quoted word of the scripts holds no blank.
fn words(text: &str) -> Vec<String> {
    let words = text.split_whitespace();
    words.map(|word| word.replace(['\'', '"'], "")).collect()
}

/// `64m`, as neo4j-admin takes it.
fn bytes(size: &str) -> usize {
    let digits = size.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = match size.as_bytes().last().map(u8::to_ascii_lowercase) {
        Some(b'k') => 1 << 10,
        Some(b'm') => 1 << 20,
        Some(b'g') => 1 << 30,
        _ => 1,
    };
    digits.parse::<usize>().unwrap_or_default() * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scripts_of_the_operator_are_read() {
        let text = "neo4j-admin database backup --from=prod-0.prod-headless.graph.svc.cluster.local:6362 \
                    --pagecache=64M --to-path='/backup/nightly/' \"orders\"";
        let Script::Backup(options) = Script::of(text) else {
            panic!("{text}")
        };
        assert_eq!(options.from, "prod-0.prod-headless.graph.svc.cluster.local:6362");
        assert_eq!(options.to, PathBuf::from("/backup/nightly/"));
        assert_eq!((&*options.database, options.page_cache), ("orders", 64 << 20));
        let text = "rm -rf /tmp/restore-tmp && neo4j-admin database restore \
                    --from-path=$(ls '/backup/nightly'/'neo4j'-*.backup | tail -1) 'orders' --overwrite-destination=true";
        let Script::Restore(options) = Script::of(text) else {
            panic!("{text}")
        };
        assert_eq!((options.from, &*options.database), ("/backup/nightly".into(), "orders"));
        assert!(matches!(Script::of(""), Script::Serve));
    }
}
