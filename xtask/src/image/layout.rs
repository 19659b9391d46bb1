//! An OCI image layout (`image-spec` 1.1) with one manifest, as one tar file.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tar::{Builder, EntryType};

use super::layer::{USER, append};
use super::{Of, VERSION};

/// An image that can be pushed.
pub(super) struct Image {
    /// The tar file.
    pub(super) archive: Vec<u8>,
    /// The digest of its manifest, by which a registry knows it: `sha256:…`.
    pub(super) digest: String,
}

/// The image of one layer under a full name such as `ghcr.io/a/b:1.0`.
pub(super) fn image(of: Of, name: &str, layer: &[u8]) -> Result<Image> {
    let config = serde_json::to_vec(&config(of, layer))?;
    let manifest = serde_json::to_vec(&json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor("application/vnd.oci.image.config.v1+json", &config),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", layer)],
        "annotations": labels(of),
    }))?;
    let mut entry = descriptor(MANIFEST, &manifest);
    entry["platform"] = json!({"architecture": "amd64", "os": "linux"});
    // containerd takes the first, everybody else the second.
    entry["annotations"] = json!({
        "io.containerd.image.name": name,
        "org.opencontainers.image.ref.name": name.rsplit_once(':').map_or(name, |(_, tag)| tag),
    });
    let index = serde_json::to_vec(&json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}))?;

    let mut archive = Builder::new(Vec::new());
    let version = br#"{"imageLayoutVersion":"1.0.0"}"#;
    append(&mut archive, "oci-layout", EntryType::Regular, 0o644, version)?;
    append(&mut archive, "index.json", EntryType::Regular, 0o644, &index)?;
    for folder in ["blobs/", "blobs/sha256/"] {
        append(&mut archive, folder, EntryType::Directory, 0o755, &[])?;
    }
    for blob in [manifest.as_slice(), &config, layer] {
        let path = format!("blobs/sha256/{}", sha256(blob));
        append(&mut archive, &path, EntryType::Regular, 0o644, blob)?;
    }
    Ok(Image {
        archive: archive.into_inner().context("finishing the image")?,
        digest: format!("sha256:{}", sha256(&manifest)),
    })
}

/// What the program is started with.
fn config(of: Of, layer: &[u8]) -> Value {
    let ports: serde_json::Map<String, Value> = of.ports().iter().map(|port| ((*port).to_owned(), json!({}))).collect();
    json!({
        "created": "1970-01-01T00:00:00Z",
        "architecture": "amd64",
        "os": "linux",
        "config": {
            "User": format!("{USER}:{USER}"),
            "Entrypoint": [format!("/{}", of.program())],
            "WorkingDir": "/",
            "ExposedPorts": ports,
            "Labels": labels(of),
        },
        "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{}", sha256(layer))]},
        "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "cargo xtask image"}],
    })
}

fn labels(of: Of) -> Value {
    json!({
        "org.opencontainers.image.title": of.program(),
        "org.opencontainers.image.description": of.description(),
        "org.opencontainers.image.licenses": env!("CARGO_PKG_LICENSE"),
        "org.opencontainers.image.source": env!("CARGO_PKG_REPOSITORY"),
        "org.opencontainers.image.version": VERSION,
    })
}

fn descriptor(media_type: &str, content: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": format!("sha256:{}", sha256(content)), "size": content.len()})
}

pub(crate) fn sha256(content: &[u8]) -> String {
    Sha256::digest(content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read as _;

    use super::*;

    fn unpacked(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
        let mut archive = tar::Archive::new(archive);
        let entries = archive.entries().unwrap().map(Result::unwrap);
        let files = entries.map(|mut entry| {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (entry.path().unwrap().display().to_string(), content)
        });
        files.collect()
    }

    #[test]
    fn every_descriptor_leads_to_a_blob_of_its_digest_and_size() {
        let image = image(Of::Webhook, "ghcr.io/a/b:1.0", b"layer").unwrap();
        let files = unpacked(&image.archive);
        let index: Value = serde_json::from_slice(&files["index.json"]).unwrap();
        let entry = &index["manifests"][0];
        assert_eq!(entry["digest"], image.digest);
        assert_eq!(entry["annotations"]["io.containerd.image.name"], "ghcr.io/a/b:1.0");
        assert_eq!(entry["annotations"]["org.opencontainers.image.ref.name"], "1.0");
        let blob = |descriptor: &Value| {
            let digest = descriptor["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap();
            let blob = &files[&format!("blobs/sha256/{digest}")];
            assert_eq!(
                (sha256(blob), Some(blob.len() as u64)),
                (digest.to_owned(), descriptor["size"].as_u64())
            );
            blob.clone()
        };
        let manifest: Value = serde_json::from_slice(&blob(entry)).unwrap();
        assert_eq!(blob(&manifest["layers"][0]), b"layer");
        let config: Value = serde_json::from_slice(&blob(&manifest["config"])).unwrap();
        assert_eq!(config["config"]["User"], "65532:65532");
        assert_eq!(config["rootfs"]["diff_ids"][0], manifest["layers"][0]["digest"]);
    }

    #[test]
    fn a_digest_is_that_of_the_standard() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(b""), empty);
    }
}
