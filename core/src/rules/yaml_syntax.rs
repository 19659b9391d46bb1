//! NB1001.

use crate::rule::prelude::*;

declare_rule! {
    /// A manifest that kubectl cannot read is never applied.
    ///
    /// ## What it checks
    /// The text is UTF-8, YAML as kubectl reads it (YAML 1.1) or JSON, and within the bounds that the API server keeps: depth,
    /// number of nodes, size, and the growth of aliases. Each document of a file is judged on its own.
    ///
    /// ## Why it matters
    /// `schedule: */5 * * * *` and `schedule: @daily` without quotes are not text for YAML: `*` begins an alias, and `@` is
    /// reserved.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   schedule: */5 * * * *
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   schedule: "*/5 * * * *"
    /// ```
    YamlSyntax {
        code: "NB1001", name: "yaml-syntax", severity: Error,
        kinds: [], reads: [], needs: [], doors: Files, fix: None,
        cel: NotExpressible("the API server only sees text that could be read"), since: "0.1",
    }
}

/// The reader of documents finds these; the engine words them.
impl Rule for YamlSyntax {}
