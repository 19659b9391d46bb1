//! A template as a list of texts and of what stands in braces.

use super::TemplateError;

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A text.
    Text(String),
    /// `{.name}`
    Path(String),
    /// `{range .items[*]}`
    Range(String),
    /// `{end}`
    End,
}

/// The pieces of a template.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, TemplateError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        if !before.is_empty() {
            tokens.push(Token::Text(before.to_owned()));
        }
        let end = closing(behind)?;
        tokens.extend(action(behind[..end].trim())?);
        rest = &behind[end + 1..];
    }
    if !rest.is_empty() {
        tokens.push(Token::Text(rest.to_owned()));
    }
    Ok(tokens)
}

/// Where the brace is that closes what begins here; braces in quotes are none.
fn closing(text: &str) -> Result<usize, TemplateError> {
    let mut quote = None;
    let mut is_escaped = false;
    for (position, letter) in text.char_indices() {
        match (quote, letter) {
            _ if is_escaped => is_escaped = false,
            (_, '\\') => is_escaped = true,
            (Some(open), _) if open == letter => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, '}') => return Ok(position),
            _ => {}
        }
    }
    Err(if quote.is_some() {
        TemplateError::OpenQuote
    } else {
        TemplateError::OpenBrace
    })
}

fn action(text: &str) -> Result<Option<Token>, TemplateError> {
    let is_path = |text: &str| text.is_empty() || text.starts_with(['.', '[', '$', '@']);
    if let Some(path) = text
        .strip_prefix("range")
        .filter(|rest| rest.starts_with([' ', '.', '[']))
    {
        let path = path.trim();
        let token = is_path(path).then(|| Some(Token::Range(path.to_owned())));
        return token.ok_or_else(|| TemplateError::Action(text.to_owned()));
    }
    if text == "end" {
        return Ok(Some(Token::End));
    }
    if text.starts_with(['"', '\'']) {
        return unquoted(text).map(|text| Some(Token::Text(text)));
    }
    // A number and a truth stand for themselves.
    if text.parse::<f64>().is_ok() || ["true", "false"].contains(&text) {
        return Ok(Some(Token::Text(text.to_owned())));
    }
    let token = is_path(text).then(|| Some(Token::Path(text.to_owned())));
    token.ok_or_else(|| TemplateError::Action(text.to_owned()))
}

/// The text in quotes, with what is escaped in it as Go reads it.
fn unquoted(text: &str) -> Result<String, TemplateError> {
    let mut letters = text.chars();
    let quote = letters.next();
    let mut output = String::new();
    loop {
        match letters.next() {
            None => return Err(TemplateError::OpenQuote),
            letter if letter == quote => break,
            Some('\\') => output.push(match letters.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some(letter @ ('\\' | '"' | '\'')) => letter,
                _ => return Err(TemplateError::Action(text.to_owned())),
            }),
            Some(letter) => output.push(letter),
        }
    }
    match letters.as_str().trim() {
        "" => Ok(output),
        _ => Err(TemplateError::Action(text.to_owned())),
    }
}
