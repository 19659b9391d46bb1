//! `kind: List` to the objects in it.

use super::node::Node;
use super::path::{Path, Segment};
use super::{Document, Parsed};

/// Adds the document, or when it is a list of objects, each of them.
pub(super) fn add<'a>(parsed: &mut Parsed<'a>, document: Document<'a>) {
    if !is_list(&document.root) {
        parsed.documents.push(document);
        return;
    }
    let first = parsed.documents.len();
    unpack(parsed, document, &mut 0);
    debug_assert!(parsed.documents.len() >= first);
}

/// Whether a document is a list of objects.
pub(super) fn is_list(root: &Node<'_>) -> bool {
    root.get("kind")
        .and_then(Node::as_str)
        .is_some_and(|kind| kind.ends_with("List"))
        && root.get("items").is_some_and(|items| items.as_list().is_some())
}

fn unpack<'a>(parsed: &mut Parsed<'a>, mut document: Document<'a>, next: &mut usize) {
    let items = match &mut document.root {
        Node::Map(map) => map.get_mut("items").map(std::mem::take),
        _ => None,
    };
    let items_key = Segment::Key("items".to_owned());
    let spans = document
        .spans
        .children
        .into_iter()
        .find(|(name, _)| *name == items_key)
        .map(|(_, spans)| spans);
    let (Some(Node::List(items)), Some(spans)) = (items, spans) else {
        return;
    };
    let mut comments = document.comments.into_iter().peekable();
    let mut problems: Vec<Vec<super::Problem>> = items.iter().map(|_| Vec::new()).collect();
    for mut problem in document.problems {
        let place = match problem.path.as_ref().map(|path| path.0.as_slice()) {
            Some([name, Segment::Index(index), rest @ ..]) if *name == items_key => Some((*index, Path(rest.to_vec()))),
            _ => None,
        };
        match place.and_then(|(index, path)| problems.get_mut(index).map(|own| (own, path))) {
            Some((own, path)) => {
                problem.path = Some(path).filter(|path| !path.0.is_empty());
                own.push(problem);
            }
            None => parsed.problems.push(problem),
        }
    }
    let count = items.len();
    for (place, ((root, (_, spans)), problems)) in items.into_iter().zip(spans.children).zip(problems).enumerate() {
        let mut own = Vec::new();
        while let Some(comment) = comments.next_if(|comment| {
            place + 1 == count
                || comment.span.start.offset < spans.value.end.offset
                || comment.span.start.line == spans.value.end.line
        }) {
            own.push(comment);
        }
        let item = Document {
            root,
            spans,
            index: document.index,
            item: Some(*next),
            format: document.format,
            comments: own,
            problems,
            text: document.text,
        };
        if is_list(&item.root) {
            unpack(parsed, item, next);
        } else {
            *next += 1;
            parsed.documents.push(item);
        }
    }
}
