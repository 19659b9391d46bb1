//! `cargo xtask image` as a release calls it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by them")]

use std::fs;
use std::process::Command;

/// The header of a program for Linux that has no segments, and so needs no other file.
fn static_program() -> Vec<u8> {
    let mut header = vec![0; 64];
    header[..6].copy_from_slice(b"\x7fELF\x02\x01");
    header
}

#[test]
fn standard_output_is_the_digest_that_others_name_the_image_by() {
    let folder = tempfile::tempdir().unwrap();
    let [program, image] = ["program", "image.tar"].map(|name| folder.path().join(name));
    fs::write(&program, static_program()).unwrap();
    let digest = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(["image", "--of", "plugin", "--program"]).arg(&program);
        let output = command.arg("--output").arg(&image).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8(output.stdout).unwrap();
        let digest = said.strip_prefix("digest: sha256:").unwrap_or_else(|| panic!("{said}"));
        assert_eq!((digest.len(), digest.ends_with('\n')), (65, true), "{said}");
        digest.to_owned()
    };
    // The same program is the same image.
    assert_eq!(digest(), digest());
    let archive = fs::read(&image).unwrap();
    let named = archive.windows(64).any(|window| window == digest().trim().as_bytes());
    assert!(named, "the archive names another digest");
}
