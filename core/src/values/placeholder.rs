//! Text that another tool fills in before the manifest is applied. What stands there now is not what the operator gets.

/// The tool that fills a placeholder in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Filler {
    /// `{{ .Values.bucket }}`, `{% if x %}`: Helm and other template engines.
    Template,
    /// `${BUCKET}`, `${BUCKET:=default}`: Flux and envsubst.
    Envsubst,
    /// `$(BUCKET)`: the variables of kustomize, in capitals, as they are written by convention. A shell's `$(date)` is none.
    Kustomize,
    /// `ENC[AES256_GCM,…]`: SOPS.
    Sops,
}

/// Finds the first placeholder in a text: who fills it in, and the placeholder itself; `None` where the text is what it
/// will be.
pub fn find(text: &str) -> Option<(Filler, &str)> {
    let starts = text
        .bytes()
        .enumerate()
        .filter(|(_, byte)| matches!(byte, b'$' | b'{' | b'E'));
    let candidates = starts.filter_map(|(start, _)| text.get(start..));
    candidates.map(at_start).find(Option::is_some).flatten()
}

fn at_start(text: &str) -> Option<(Filler, &str)> {
    let until = |filler, end: &str| {
        let length = text.find(end)? + end.len();
        Some((filler, &text[..length]))
    };
    if text.starts_with("{{") {
        return until(Filler::Template, "}}");
    }
    if text.starts_with("{%") {
        return until(Filler::Template, "%}");
    }
    if text.starts_with("ENC[AES256_GCM,") {
        return until(Filler::Sops, "]");
    }
    if let Some(inside) = text.strip_prefix("$(") {
        let name = &inside[..inside.find(')')?];
        let is_variable = is_name(name) && !name.contains(|letter: char| letter.is_ascii_lowercase());
        return is_variable.then(|| until(Filler::Kustomize, ")")).flatten();
    }
    let inside = text.strip_prefix("${")?;
    let name_end = inside.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')?;
    let (name, rest) = inside.split_at(name_end);
    // What may follow the name is what a shell allows there: `:-`, `:=`, `-`, `=`, `#`, `%`, `/`, `^`, `,`, `?`, `+`.
    let goes_on = rest.starts_with(['}', ':', '-', '=', '#', '%', '/', '^', ',', '?', '+']);
    (is_name(name) && goes_on)
        .then(|| until(Filler::Envsubst, "}"))
        .flatten()
}

/// A name of a variable: letters, digits and `_`, no digit first.
fn is_name(name: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !name.is_empty() && !name.starts_with(|first: char| first.is_ascii_digit()) && name.bytes().all(word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_tool_is_known_by_its_marks() {
        for (text, filler, placeholder) in [
            ("${cluster_env}-neo4j-backups", Filler::Envsubst, "${cluster_env}"),
            ("${SCHEDULE:=0 3 * * *}", Filler::Envsubst, "${SCHEDULE:=0 3 * * *}"),
            ("a/$(NAMESPACE)/b", Filler::Kustomize, "$(NAMESPACE)"),
            ("{{ .Values.x }}", Filler::Template, "{{ .Values.x }}"),
            ("{% raw %}", Filler::Template, "{% raw %}"),
            (
                "ENC[AES256_GCM,data:x,tag:y]",
                Filler::Sops,
                "ENC[AES256_GCM,data:x,tag:y]",
            ),
            ("$5 and ${A}", Filler::Envsubst, "${A}"),
        ] {
            assert_eq!(find(text), Some((filler, placeholder)), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_placeholder_is_a_value() {
        for text in [
            "",
            "$",
            "${",
            "${}",
            "${1}",
            "${a b}",
            "$(date)",
            "$(rm -rf /)",
            "$()",
            "$NAME",
            "{",
            "{{",
            "ENC[x]",
            "0 2 * * *",
            "${é}",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer_that_stands_in_it(text in r"[$({\[}\])%:=aA_1é ENC]{0,24}") {
            if let Some((_, placeholder)) = find(&text) {
                prop_assert!(text.contains(placeholder));
            }
        }
    }
}
