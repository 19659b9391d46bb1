//! NB1002.

use crate::rule::prelude::*;

declare_rule! {
    /// A key that stands twice in one mapping has one value too many, and which one wins depends on the reader.
    ///
    /// ## What it checks
    /// Every mapping of every document, flow style and JSON included.
    ///
    /// ## Why it matters
    /// kubectl refuses the file, Helm and Argo CD take the last value, and a person reads the first one.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   schedule: "0 2 * * *"
    ///   schedule: "0 4 * * *"
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   schedule: "0 4 * * *"
    /// ```
    DuplicateKey {
        code: "NB1002", name: "duplicate-key", severity: Error,
        kinds: [], reads: [], needs: [], doors: Files, fix: None,
        cel: NotExpressible("the API server only sees one of the values"), since: "0.1",
    }
}

/// The reader of documents finds these; the engine words them.
impl Rule for DuplicateKey {}
