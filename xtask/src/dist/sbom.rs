//! What the program is made of, in the words of CycloneDX 1.6, for scanners.
//!
//! A document of four fields for each crate needs no tool of its own, and this one is the same each time: no random number, and
//! the time of the commit.

use serde_json::{Value, json};

use super::crates::Linked;
use super::platform::Platform;
use super::{PROGRAM, VERSION};
use crate::image;

/// The document, of the program with these bytes.
pub(super) fn document(platform: &Platform, crates: &[Linked], program: &[u8], time: &str) -> Value {
    let others = crates.iter().filter(|linked| linked.name != PROGRAM);
    let components: Vec<Value> = others.clone().map(component).collect();
    let references: Vec<String> = others.map(reference).collect();
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {
            "timestamp": time,
            "tools": {"components": [{"type": "application", "name": "cargo xtask dist", "version": VERSION}]},
            "component": {
                "type": "application", "bom-ref": PROGRAM, "name": PROGRAM, "version": VERSION,
                "licenses": [{"expression": "Apache-2.0"}],
                "hashes": [{"alg": "SHA-256", "content": image::sha256(program)}],
                "properties": [{"name": "neo4jbackup:platform", "value": platform.triple}],
            },
        },
        "components": components,
        // All are in the program; which crate asked for which is in Cargo.lock.
        "dependencies": [{"ref": PROGRAM, "dependsOn": references}],
    })
}

fn component(linked: &Linked) -> Value {
    let mut component = json!({
        "type": "library", "bom-ref": reference(linked), "name": linked.name, "version": linked.version,
        // The slash is an older spelling that the grammar of SPDX does not have.
        "licenses": [{"expression": linked.licence.replace('/', " OR ")}],
    });
    if linked.sources.is_some() {
        component["purl"] = reference(linked).into();
    }
    if let Some(repository) = &linked.repository {
        component["externalReferences"] = json!([{"type": "vcs", "url": repository}]);
    }
    component
}

fn reference(linked: &Linked) -> String {
    // In such an address a plus would be a blank.
    format!("pkg:cargo/{}@{}", linked.name, linked.version.replace('+', "%2B"))
}
