//! A path: steps from a value to values in it.

use serde_json::Value;
use serde_json_path::JsonPath;

use super::TemplateError;

/// Steps from a value to values in it.
#[derive(Debug, Clone)]
pub(super) struct Path {
    steps: Vec<Step>,
}

/// A step.
#[derive(Debug, Clone)]
enum Step {
    /// Fields or everything, in the order in which they are named.
    Fields(Vec<JsonPath>),
    /// Indices and slices of a list, with how they are written and up to where a list has to reach.
    Elements(Vec<Element>),
}

#[derive(Debug, Clone)]
struct Element {
    written: String,
    path: JsonPath,
    reach: Option<Reach>,
}

/// How long a list has to be.
#[derive(Debug, Clone, Copy)]
enum Reach {
    /// It has to have this element; from the end when negative.
    Has(i64),
    /// It has to have so many.
    AtLeast(i64),
}

impl Path {
    /// Reads a path, such as `.items[*].name`; an empty one stays where it is.
    pub(super) fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut steps = Vec::new();
        // Where one stands is where every path begins.
        let mut rest = text.strip_prefix(['$', '@']).unwrap_or(text);
        while !rest.is_empty() {
            let (step, behind) = step(text, rest)?;
            steps.extend(step);
            rest = behind;
        }
        Ok(Self { steps })
    }

    /// The values at the path.
    pub(super) fn find<'v>(&self, value: &'v Value) -> Result<Vec<&'v Value>, TemplateError> {
        let mut found = vec![value];
        for step in &self.steps {
            let mut next = Vec::new();
            match step {
                Step::Fields(fields) => {
                    for field in fields {
                        next.extend(found.iter().flat_map(|value| field.query(value)));
                    }
                }
                Step::Elements(elements) => {
                    for value in &found {
                        for element in elements {
                            element.check(value)?;
                            next.extend(element.path.query(value));
                        }
                    }
                }
            }
            found = next;
        }
        Ok(found)
    }
}

impl Element {
    fn check(&self, value: &Value) -> Result<(), TemplateError> {
        let length = match value {
            Value::Array(list) => list.len(),
            Value::Null => return Ok(()),
            _ => return Err(TemplateError::NoList(self.written.clone())),
        };
        let signed = i64::try_from(length).unwrap_or(i64::MAX);
        let is_within = match self.reach {
            None => true,
            Some(Reach::Has(index)) => (-signed..signed).contains(&index),
            Some(Reach::AtLeast(count)) => count <= signed,
        };
        if is_within {
            return Ok(());
        }
        Err(TemplateError::OutOfBounds {
            piece: self.written.clone(),
            length,
        })
    }
}

/// The first step of `rest`, and what comes behind it. `path` is the whole path, for errors.
fn step<'t>(path: &str, rest: &'t str) -> Result<(Option<Step>, &'t str), TemplateError> {
    let refuse = |piece: &str, why| TemplateError::Piece {
        path: path.to_owned(),
        piece: piece.to_owned(),
        why,
    };
    if let Some(inside) = rest.strip_prefix('[') {
        let end = closing(inside).ok_or_else(|| refuse(rest, "a bracket is not closed"))?;
        let step = brackets(path, inside[..end].trim())?;
        return Ok((Some(step), &inside[end + 1..]));
    }
    let (is_deep, behind) = match (rest.strip_prefix(".."), rest.strip_prefix('.')) {
        (Some(behind), _) => (true, behind),
        (None, Some(behind)) => (false, behind),
        (None, None) => return Err(refuse(rest, "a step begins with `.` or `[`")),
    };
    let (name, left) = field(behind);
    let dots = if is_deep { ".." } else { "" };
    let query = match name.as_str() {
        "" if is_deep => return Err(refuse(rest, "`..` needs the name of a field")),
        // `.` alone, or before a bracket.
        "" if left.is_empty() || left.starts_with('[') => return Ok((None, left)),
        "" => return Err(refuse(rest, "the name of a field is missing")),
        "*" => format!("${dots}[*]"),
        name => format!("${dots}[{}]", in_quotes(name)),
    };
    let field = JsonPath::parse(&query).map_err(|_| refuse(behind, "it is no name of a field"))?;
    Ok((Some(Step::Fields(vec![field])), left))
}

/// The name of a field up to where the next step begins; a backslash keeps the letter behind it.
fn field(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut letters = text.char_indices();
    while let Some((position, letter)) = letters.next() {
        match letter {
            '.' | '[' => return (name, &text[position..]),
            '\\' => name.extend(letters.next().map(|(_, letter)| letter)),
            letter => name.push(letter),
        }
    }
    (name, "")
}

/// Where the bracket is that closes what begins here.
fn closing(text: &str) -> Option<usize> {
    let (mut quote, mut depth, mut is_escaped) = (None, 0, false);
    for (position, letter) in text.char_indices() {
        match (quote, letter) {
            _ if is_escaped => is_escaped = false,
            (_, '\\') => is_escaped = true,
            (Some(open), _) if open == letter => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, '[') => depth += 1,
            (None, ']') if depth == 0 => return Some(position),
            (None, ']') => depth -= 1,
            _ => {}
        }
    }
    None
}

/// What stands in brackets: `*`, `?(…)`, `'name','name'`, `0,1`, `0:2`.
fn brackets(path: &str, inside: &str) -> Result<Step, TemplateError> {
    let refuse = |why| TemplateError::Piece {
        path: path.to_owned(),
        piece: inside.to_owned(),
        why,
    };
    if let Some(filter) = inside.strip_prefix("?(").and_then(|filter| filter.strip_suffix(')')) {
        let query = format!("$[?{}]", filter_of(path, filter.trim())?);
        let query = JsonPath::parse(&query).map_err(|_| {
            refuse("a filter compares one field with a text, a number or a truth, or asks whether it is there")
        })?;
        return Ok(Step::Elements(vec![Element::new(inside, query, None)]));
    }
    if inside.starts_with('\'') {
        let fields = inside.split(',').map(|name| {
            let name = name.trim().strip_prefix('\'').and_then(|name| name.strip_suffix('\''));
            let name = unescaped(name.ok_or_else(|| refuse("names stand in single quotes, with a comma between two"))?);
            JsonPath::parse(&format!("$[{}]", in_quotes(&name))).map_err(|_| refuse("it is no name of a field"))
        });
        return Ok(Step::Fields(fields.collect::<Result<_, _>>()?));
    }
    let elements = inside.split(',').map(|piece| {
        let piece = piece.trim();
        let reach = reach(piece).map_err(|NoIndex| {
            refuse("brackets hold `*`, a filter `?(…)`, indices, a slice, or names in single quotes")
        })?;
        let query = JsonPath::parse(&format!("$[{piece}]")).map_err(|_| refuse("it is no index and no slice"))?;
        Ok(Element::new(piece, query, reach))
    });
    Ok(Step::Elements(elements.collect::<Result<_, TemplateError>>()?))
}

impl Element {
    fn new(written: &str, path: JsonPath, reach: Option<Reach>) -> Self {
        Self {
            written: written.to_owned(),
            path,
            reach,
        }
    }
}

/// What stands in brackets is neither `*` nor an index nor a slice.
struct NoIndex;

/// Returns how long a list has to be for `*`, `0`, `-1`, `0:2`, `::2`, or `None` where any will do.
fn reach(piece: &str) -> Result<Option<Reach>, NoIndex> {
    if piece == "*" {
        return Ok(None);
    }
    let numbers = piece.split(':').map(|number| match number {
        "" => Some(None),
        number => number.parse::<i64>().ok().map(Some),
    });
    let numbers: Vec<Option<i64>> = numbers.collect::<Option<_>>().ok_or(NoIndex)?;
    match numbers[..] {
        [Some(index)] => Ok(Some(Reach::Has(index))),
        [_, end] | [_, end, _] => Ok(end.filter(|end| *end > 0).map(Reach::AtLeast)),
        _ => Err(NoIndex),
    }
}

/// A filter in the words of RFC 9535.
fn filter_of(path: &str, filter: &str) -> Result<String, TemplateError> {
    let refuse = |why| TemplateError::Piece {
        path: path.to_owned(),
        piece: filter.to_owned(),
        why,
    };
    if filter.contains("&&") || filter.contains("||") || filter.contains("=~") {
        return Err(refuse("a filter is one comparison, as in kubectl"));
    }
    let operators = ["==", "!=", "<=", ">=", "<", ">"];
    let split = operators
        .iter()
        .filter_map(|operator| Some((outside_quotes(filter, operator)?, *operator)))
        .min_by_key(|(position, operator)| (*position, std::cmp::Reverse(operator.len())));
    let Some((position, operator)) = split else {
        return operand(filter).ok_or_else(|| refuse("a filter asks about a field of `@`"));
    };
    let (left, right) = (&filter[..position], &filter[position + operator.len()..]);
    match (operand(left.trim()), operand(right.trim())) {
        (Some(left), Some(right)) => Ok(format!("{left} {operator} {right}")),
        _ => Err(refuse(
            "a filter compares fields of `@`, texts in quotes, numbers and truths",
        )),
    }
}

/// Where an operator stands that is not in quotes.
fn outside_quotes(text: &str, operator: &str) -> Option<usize> {
    let mut quote = None;
    for (position, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, _) if text[position..].starts_with(operator) => return Some(position),
            _ => {}
        }
    }
    None
}

/// One side of a comparison in the words of RFC 9535.
fn operand(text: &str) -> Option<String> {
    if let Some(rest) = text.strip_prefix('@') {
        let mut query = "@".to_owned();
        let mut rest = rest;
        while !rest.is_empty() {
            if let Some(inside) = rest.strip_prefix('[') {
                let end = closing(inside)?;
                query += &rest[..end + 2];
                rest = &inside[end + 1..];
            } else {
                let (name, left) = field(rest.strip_prefix('.')?);
                query += &match name.trim_end() {
                    "" => return None,
                    "*" => "[*]".to_owned(),
                    name => format!("[{}]", in_quotes(name)),
                };
                rest = left;
            }
        }
        return Some(query);
    }
    let is_quoted = |quote| text.len() > 1 && text.starts_with(quote) && text.ends_with(quote);
    let is_plain = text.parse::<f64>().is_ok() || ["true", "false", "null"].contains(&text);
    (is_plain || is_quoted('"') || is_quoted('\'')).then(|| text.to_owned())
}

/// A name with what a backslash keeps in it.
fn unescaped(name: &str) -> String {
    let mut output = String::new();
    let mut letters = name.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => output.extend(letters.next()),
            letter => output.push(letter),
        }
    }
    output
}

/// A name as RFC 9535 quotes it, which is as JSON does.
fn in_quotes(name: &str) -> String {
    Value::from(name).to_string()
}
