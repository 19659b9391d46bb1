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
    /// `$BUCKET`, `$(date +%s)`, `` `date` ``: the shell that the text is a here-document of.
    Shell,
    /// `<your-bucket>`, `your-bucket`, `...`: who follows a guide.
    Reader,
}

/// What a value stands in: each kind of text has placeholders of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Notation {
    /// A file of manifests.
    #[default]
    Manifest,
    /// An example of a guide.
    Guide,
    /// A here-document in which the shell fills in what begins with `$`, and whose script may stand in a guide.
    Shell,
}

impl Notation {
    /// Whether a text means the same when it is written into such a text.
    pub fn takes_literally(self, text: &str) -> bool {
        self != Self::Shell || find_of_shell(text).is_none()
    }
}

/// Finds the first placeholder in a text that stands in a text of this kind, as [`find`] does in a manifest.
pub fn find_in(notation: Notation, text: &str) -> Option<(Filler, &str)> {
    let of_tools = || find(text);
    match notation {
        Notation::Manifest => of_tools(),
        Notation::Guide => of_tools().or_else(|| find_of_reader(text)),
        Notation::Shell => find_of_shell(text).or_else(of_tools).or_else(|| find_of_reader(text)),
    }
}

/// What a shell expands, and what it takes a backslash from.
fn find_of_shell(text: &str) -> Option<(Filler, &str)> {
    let start = text.find(['$', '`', '\\'])?;
    let rest = &text[start..];
    let closing = match rest.as_bytes().get(..2) {
        Some(b"${") => Some('}'),
        Some(b"$(") => Some(')'),
        Some([b'`', _]) => Some('`'),
        _ => None,
    };
    let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let length = match closing {
        Some(closing) => rest[1..].find(closing).map(|end| 1 + end + closing.len_utf8()),
        None => rest[1..].find(|letter| !is_of_name(letter)).map(|end| 1 + end),
    };
    Some((Filler::Shell, &rest[..length.unwrap_or(rest.len())]))
}

/// What guides write where the reader has to put something of his own.
fn find_of_reader(text: &str) -> Option<(Filler, &str)> {
    let reader = |found| Some((Filler::Reader, found));
    if let Some(start) = text.find('<') {
        let rest = &text[start..];
        if let Some(end) = rest.find('>').filter(|end| *end > 1) {
            return reader(&rest[..=end]);
        }
    }
    if let Some(dots) = ["...", "…"].into_iter().find(|dots| text.contains(dots)) {
        return reader(dots);
    }
    let lower = text.to_ascii_lowercase();
    let is_yours = ["your-", "your_", "<your"].iter().any(|word| lower.contains(word));
    if is_yours { reader(text) } else { None }
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
    fn a_shell_and_a_reader_fill_in_more() {
        for (notation, text, expected) in [
            (Notation::Guide, "s3://<bucket>/a", Some((Filler::Reader, "<bucket>"))),
            (
                Notation::Guide,
                "your-backup-bucket",
                Some((Filler::Reader, "your-backup-bucket")),
            ),
            (Notation::Guide, "YOUR_BUCKET", Some((Filler::Reader, "YOUR_BUCKET"))),
            (
                Notation::Guide,
                "arn:aws:iam::...:role/x",
                Some((Filler::Reader, "...")),
            ),
            (Notation::Guide, "$NAME", None),
            (Notation::Guide, "a < b", None),
            (Notation::Guide, "<>", None),
            (Notation::Guide, "${A}", Some((Filler::Envsubst, "${A}"))),
            (Notation::Shell, "a-$NAME-b", Some((Filler::Shell, "$NAME"))),
            (Notation::Shell, "${NAME:-x}y", Some((Filler::Shell, "${NAME:-x}"))),
            (Notation::Shell, "b-$(date +%s)", Some((Filler::Shell, "$(date +%s)"))),
            (Notation::Shell, "`date`", Some((Filler::Shell, "`date`"))),
            (Notation::Shell, "a\\$b", Some((Filler::Shell, "\\"))),
            (Notation::Shell, "$(", Some((Filler::Shell, "$("))),
            (Notation::Shell, "${é", Some((Filler::Shell, "${é"))),
            (Notation::Shell, "`", Some((Filler::Shell, "`"))),
            (Notation::Shell, "<bucket>", Some((Filler::Reader, "<bucket>"))),
            (Notation::Shell, "0 2 * * *", None),
            (Notation::Manifest, "<bucket>", None),
        ] {
            assert_eq!(find_in(notation, text), expected, "{text}");
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
            for notation in [Notation::Manifest, Notation::Guide, Notation::Shell] {
                if let Some((_, placeholder)) = find_in(notation, &text) {
                    prop_assert!(text.contains(placeholder));
                }
            }
        }
    }
}
