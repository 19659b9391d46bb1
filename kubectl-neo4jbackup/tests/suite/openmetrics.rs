//! As much of the text format of `OpenMetrics` 1.0 as gauges need; whatever else stands there is a fault.

use std::collections::BTreeSet;

/// A sample: the name of its family, its labels, its value.
#[derive(Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) value: f64,
}

impl Sample {
    pub(crate) fn label(&self, name: &str) -> Option<&str> {
        let found = self.labels.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Returns the samples of a text, or the first fault in it.
pub(crate) fn parse(text: &str) -> Result<Vec<Sample>, String> {
    let body = text.strip_suffix("# EOF\n").ok_or("it does not end with # EOF")?;
    if !body.is_empty() && !body.ends_with('\n') {
        return Err("# EOF does not begin a line".to_owned());
    }
    let (mut families, mut seen) = (BTreeSet::new(), BTreeSet::new());
    let (mut family, mut described) = (String::new(), BTreeSet::new());
    let mut samples: Vec<Sample> = Vec::new();
    for line in body.split_terminator('\n') {
        let fault = |what: &str| format!("{what}: {line}");
        if let Some(rest) = line.strip_prefix("# ") {
            let (word, rest) = rest.split_once(' ').ok_or_else(|| fault("no word of metadata"))?;
            let (name, said) = rest.split_once(' ').ok_or_else(|| fault("no metadata"))?;
            if name != family {
                if !is_name(name, true) || !families.insert(name.to_owned()) {
                    return Err(fault("no name, or a family that comes twice"));
                }
                name.clone_into(&mut family);
                described.clear();
            } else if samples.last().is_some_and(|sample| sample.name == name) {
                return Err(fault("metadata behind samples"));
            }
            let is_right = match word {
                "TYPE" => said == "gauge",
                "UNIT" => name.ends_with(&format!("_{said}")),
                "HELP" => unescape(said).is_some(),
                _ => false,
            };
            if !is_right || !described.insert(word.to_owned()) {
                return Err(fault("wrong metadata"));
            }
            continue;
        }
        let sample = sample(line).ok_or_else(|| fault("no sample"))?;
        if sample.name != family || !described.contains("TYPE") {
            return Err(fault("a sample of no family"));
        }
        if !seen.insert((sample.name.clone(), sample.labels.clone())) {
            return Err(fault("a sample that comes twice"));
        }
        samples.push(sample);
    }
    Ok(samples)
}

fn sample(line: &str) -> Option<Sample> {
    let end = line.find(['{', ' '])?;
    let (name, mut rest) = line.split_at(end);
    let mut labels: Vec<(String, String)> = Vec::new();
    if let Some(mut inner) = rest.strip_prefix('{') {
        loop {
            let (label, behind) = inner.split_once("=\"")?;
            let end = end_of_text(behind)?;
            let is_new = labels.iter().all(|(known, _)| known != label);
            if !is_name(label, false) || !is_new {
                return None;
            }
            labels.push((label.to_owned(), unescape(&behind[..end])?));
            inner = &behind[end + 1..];
            if let Some(behind) = inner.strip_prefix('}') {
                rest = behind;
                break;
            }
            inner = inner.strip_prefix(',')?;
        }
    }
    let value = rest.strip_prefix(' ')?.parse().ok()?;
    is_name(name, true).then(|| Sample {
        name: name.to_owned(),
        labels,
        value,
    })
}

fn is_name(name: &str, may_have_colon: bool) -> bool {
    let mut letters = name.chars();
    let is_letter = |letter: char| letter.is_ascii_alphabetic() || letter == '_' || (may_have_colon && letter == ':');
    letters.next().is_some_and(is_letter) && letters.all(|letter| is_letter(letter) || letter.is_ascii_digit())
}

/// Where the quote stands that ends a text.
fn end_of_text(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.char_indices().find_map(|(position, letter)| {
        let is_end = letter == '"' && !is_escaped;
        is_escaped = letter == '\\' && !is_escaped;
        is_end.then_some(position)
    })
}

fn unescape(text: &str) -> Option<String> {
    let mut output = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        output.push(match letter {
            '\\' => match letters.next()? {
                'n' => '\n',
                other @ ('\\' | '"') => other,
                _ => return None,
            },
            other => other,
        });
    }
    Some(output)
}

#[test]
fn the_grammar_notices_faults() {
    let head = "# TYPE a gauge\n# HELP a b\n";
    assert_eq!(
        parse(&format!("{head}a{{b=\"c\\\"\"}} 1\na 2.5\n# EOF\n"))
            .unwrap()
            .len(),
        2
    );
    for body in [
        "a 1\na 1\n",
        "b 1\n",
        "a{b=\"c} 1\n",
        "a{b=\"\\x\"} 1\n",
        "a x\n",
        "a{1=\"\"} 1\n",
        "\n",
        "a 1\n# HELP a c\n",
    ] {
        assert!(parse(&format!("{head}{body}# EOF\n")).is_err(), "{body}");
    }
    assert!(parse("# TYPE a gauge\n# UNIT a seconds\n# EOF\n").is_err());
    assert!(parse(&format!("{head}a 1\n")).is_err());
    assert!(parse(&format!("{head}a 1\n# EOF")).is_err());
}
