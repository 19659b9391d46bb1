//! Images that hold one static program and nothing else.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tar::{Builder, Header};

use crate::error::HarnessError;

/// An image, by the name that pods give it. No registry has it.
#[derive(Debug, Clone, Copy)]
pub struct StaticImage<'a> {
    /// With its registry: `docker.io/library/neo4j:2025.11.0-enterprise`.
    pub name: &'a str,
    /// Where the program stands in it, from its root: `bin/sh`.
    pub path: &'a str,
    /// `UID:GID`.
    pub user: &'a str,
}

/// The one that holds the network of a pod while the pod's own programs come and go: `sandbox_image` in containerd.toml.
pub(crate) const PAUSE: StaticImage<'static> = StaticImage {
    name: "neo4jbackup.test/pause:1",
    path: "pause",
    user: "65535:65535",
};

/// Writes an OCI image layout, as a tar file that containerd can import, around a static program.
pub fn write_image(file: &Path, image: StaticImage<'_>, program: &Path) -> Result<(), HarnessError> {
    let failed = || HarnessError::io(format!("make the image {}", file.display()));
    let program = fs::read(program).map_err(failed())?;
    let layer = archive(&[(image.path, &program)]).map_err(failed())?;
    let config = json!({
        "architecture": architecture(),
        "os": "linux",
        "config": {"Entrypoint": [format!("/{}", image.path)], "User": image.user},
        "rootfs": {"type": "layers", "diff_ids": [digest(&layer)]},
    });
    let config = config.to_string().into_bytes();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor("application/vnd.oci.image.config.v1+json", &config),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", &layer)],
    });
    let manifest = manifest.to_string().into_bytes();
    let mut entry = descriptor(MANIFEST, &manifest);
    entry["annotations"] = json!({"io.containerd.image.name": image.name});
    let index = json!({"schemaVersion": 2, "manifests": [entry]})
        .to_string()
        .into_bytes();
    let blob = |content: &[u8]| format!("blobs/{}", digest(content).replace(':', "/"));
    let layout = archive(&[
        ("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#),
        ("index.json", &index),
        (&blob(&manifest), &manifest),
        (&blob(&config), &config),
        (&blob(&layer), &layer),
    ]);
    fs::write(file, layout.map_err(failed())?).map_err(failed())
}

fn archive(files: &[(&str, &[u8])]) -> std::io::Result<Vec<u8>> {
    let mut archive = Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = Header::new_ustar();
        header.set_mode(0o755);
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, path, *content)?;
    }
    archive.into_inner()
}

fn descriptor(media_type: &str, content: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": digest(content), "size": content.len()})
}

fn digest(content: &[u8]) -> String {
    let hash = Sha256::digest(content);
    let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

/// The name of this machine's architecture in Go's words, which are those of images.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
