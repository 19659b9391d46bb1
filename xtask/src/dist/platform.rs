//! The platforms that a release is built for.

use anyhow::{Context as _, Result};

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Platform {
    /// As rustc calls it.
    pub(super) triple: &'static str,
    /// As krew calls it, which is as Go does.
    pub(super) os: &'static str,
    pub(super) arch: &'static str,
}

const fn platform(triple: &'static str, os: &'static str, arch: &'static str) -> Platform {
    Platform { triple, os, arch }
}

/// All of them. `deny.toml` judges the licences of the same.
pub(super) static PLATFORMS: [Platform; 6] = [
    platform("x86_64-unknown-linux-gnu", "linux", "amd64"),
    platform("aarch64-unknown-linux-gnu", "linux", "arm64"),
    platform("x86_64-apple-darwin", "darwin", "amd64"),
    platform("aarch64-apple-darwin", "darwin", "arm64"),
    platform("x86_64-pc-windows-msvc", "windows", "amd64"),
    platform("aarch64-pc-windows-msvc", "windows", "arm64"),
];

impl Platform {
    /// The one of a triple.
    pub(super) fn named(triple: &str) -> Result<&'static Self> {
        PLATFORMS.iter().find(|known| known.triple == triple).with_context(|| {
            let known = PLATFORMS.map(|known| known.triple).join(", ");
            format!("releases are not built for {triple}; they are for {known}")
        })
    }

    pub(super) fn is_windows(&self) -> bool {
        self.os == "windows"
    }

    pub(super) fn is_linux(&self) -> bool {
        self.os == "linux"
    }

    /// The file of the program.
    pub(super) fn program(&self) -> String {
        let ending = if self.is_windows() { ".exe" } else { "" };
        format!("{}{ending}", super::PROGRAM)
    }

    /// The file of the archive.
    pub(super) fn archive(&self) -> String {
        let ending = if self.is_windows() { "zip" } else { "tar.gz" };
        format!("{}.{ending}", self.stem())
    }

    /// What the files of this platform begin with.
    pub(super) fn stem(&self) -> String {
        format!("{}_v{}_{}_{}", super::PROGRAM, super::VERSION, self.os, self.arch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_are_judged_for_every_platform() {
        let settings = std::fs::read_to_string(crate::root().join("deny.toml")).unwrap();
        for platform in PLATFORMS {
            assert!(
                settings.contains(&format!("\"{}\"", platform.triple)),
                "{}",
                platform.triple
            );
        }
    }

    #[test]
    fn a_platform_that_nobody_builds_for_is_named() {
        let error = Platform::named("riscv64gc-unknown-linux-gnu").unwrap_err().to_string();
        assert!(
            error.contains("riscv64gc") && error.contains("aarch64-apple-darwin"),
            "{error}"
        );
    }
}
