//! Which dialect of the operator an object is read by.

use crate::document::Node;
use crate::schema::Era;

impl Era {
    /// The dialect of an object when nobody says which operator reads it: the newest release that serves its version.
    ///
    /// `version` is the part of `apiVersion` behind the slash. Two releases served `v1alpha1` with another restore
    /// target each; the field that is there decides.
    pub fn for_object(version: &str, object: &Node<'_>) -> Self {
        match version {
            "v1alpha1" if object.at("spec.targetCluster").is_some() => Self::B,
            "v1alpha1" => Self::C,
            _ => Self::F,
        }
    }
}
