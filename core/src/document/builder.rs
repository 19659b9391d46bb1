//! The tree and its spans, built from the events of either parser. It keeps its own stack, so that depth costs no
//! stack of the program, and it holds every bound.

use std::borrow::Cow;
use std::collections::HashMap;

use super::limits::Limits;
use super::node::{Map, Node};
use super::path::{Path, Segment};
use super::place::{Lines, Places};
use super::problem::{Problem, ProblemKind};
use super::span::{Span, Spans, Style};
use crate::quoted::quoted;

/// How many problems a document may have before further duplicate keys are passed over: nobody reads thousands of them,
/// and each costs a text.
const MOST_DUPLICATES: usize = 100;

/// The document cannot be read further; the reason is among the problems.
#[derive(Debug)]
pub(super) struct Stopped;

/// From this many keys on, a mapping is searched by hash.
const LINEAR_KEYS: usize = 16;

/// A finished value on its way into its parent.
#[derive(Debug, Clone)]
struct Value<'a> {
    node: Node<'a>,
    spans: Spans,
    /// Levels of mappings and lists, 0 for a scalar.
    height: usize,
    /// Values in it, itself included.
    count: usize,
    end: usize,
}

#[derive(Debug)]
enum Key<'a> {
    None,
    Named(Cow<'a, str>, Span),
    Merge(Span),
    /// A key that no object can have; its value is read and left out.
    Unusable,
}

#[derive(Debug)]
struct Frame<'a> {
    style: Style,
    start: usize,
    end: usize,
    anchor: usize,
    height: usize,
    count: usize,
    /// Whether this collection is itself a key.
    is_key: bool,
    items: Vec<Node<'a>>,
    entries: Vec<(Cow<'a, str>, Node<'a>)>,
    /// For each entry, whether a merge key brought it; empty while there is none.
    merged: Vec<bool>,
    index: HashMap<Cow<'a, str>, usize>,
    children: Vec<(Segment, Spans)>,
    key: Key<'a>,
}

impl Frame<'_> {
    fn is_map(&self) -> bool {
        matches!(self.style, Style::BlockMap | Style::FlowMap)
    }
}

pub(super) struct Builder<'l, 'a> {
    pub(super) places: Places<'l, 'a>,
    limits: Limits,
    stack: Vec<Frame<'a>>,
    root: Option<(Node<'a>, Spans)>,
    nodes: usize,
    alias_nodes: usize,
    /// Finished values by anchor; filled only when the document has aliases.
    anchors: HashMap<usize, Value<'a>>,
    keep_anchors: bool,
    /// Whether it is said where every value stands; else only where the outermost one does.
    keeps_places: bool,
    pub(super) problems: Vec<Problem>,
}

impl<'l, 'a> Builder<'l, 'a> {
    pub(super) fn new(lines: &'l Lines<'a>, start: usize, limits: &Limits, keep_anchors: bool) -> Self {
        Self {
            places: Places::new(lines, start),
            limits: Limits {
                depth: limits.depth.min(Limits::MAXIMUM_DEPTH),
                ..*limits
            },
            stack: Vec::new(),
            root: None,
            nodes: 0,
            alias_nodes: 0,
            anchors: HashMap::new(),
            keep_anchors,
            keeps_places: true,
            problems: Vec::new(),
        }
    }

    /// For who asks only what the values are. Places cost more than half of the reading. Merge keys end it, because what
    /// they bring is found by its places.
    pub(super) fn without_places(lines: &'l Lines<'a>, start: usize, limits: &Limits) -> Self {
        Self {
            keeps_places: false,
            ..Self::new(lines, start, limits, false)
        }
    }

    /// The tree, when a whole value has been read.
    pub(super) fn take_root(&mut self) -> Option<(Node<'a>, Spans)> {
        self.nodes = 0;
        self.root.take()
    }

    /// Whether the next scalar is a key.
    pub(super) fn expects_key(&self) -> bool {
        self.stack
            .last()
            .is_some_and(|frame| frame.is_map() && matches!(frame.key, Key::None))
    }

    /// The style of the collection that is open.
    pub(super) fn open_style(&self) -> Option<Style> {
        self.stack.last().map(|frame| frame.style)
    }

    pub(super) fn problem(&mut self, kind: ProblemKind, message: String, help: &str, start: usize, end: usize) {
        let span = self.places.span(start, end);
        let path = Some(self.path()).filter(|path| !path.0.is_empty());
        self.problems.push(Problem {
            kind,
            message,
            help: help.to_owned(),
            span,
            path,
        });
    }

    /// The place of a value or a key; where none is kept, that of the whole document alone.
    fn place(&mut self, start: usize, end: usize) -> Span {
        if self.keeps_places || self.stack.is_empty() {
            self.places.span(start, end)
        } else {
            Span::default()
        }
    }

    /// The path of the value that comes next.
    fn path(&self) -> Path {
        let steps = self.stack.iter().filter_map(|frame| match &frame.key {
            Key::Named(name, _) => Some(Segment::Key(name.as_ref().to_owned())),
            _ if frame.is_map() => None,
            _ => Some(Segment::Index(frame.items.len())),
        });
        Path(steps.collect())
    }

    pub(super) fn open(&mut self, style: Style, start: usize, anchor: usize) -> Result<(), Stopped> {
        if self.stack.len() >= self.limits.depth {
            return self.too_deep(start, start + 1);
        }
        self.count(1, start)?;
        self.stack.push(Frame {
            style,
            start,
            end: start,
            anchor,
            height: 0,
            count: 1,
            is_key: self.expects_key(),
            items: Vec::new(),
            entries: Vec::new(),
            merged: Vec::new(),
            index: HashMap::new(),
            children: Vec::new(),
            key: Key::None,
        });
        Ok(())
    }

    /// Ends the open collection; block collections end where their last value does.
    pub(super) fn close(&mut self, end: Option<usize>) -> Result<(), Stopped> {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        let end = end.unwrap_or(frame.end);
        let mut spans = Spans {
            value: self.place(frame.start, end),
            style: frame.style,
            children: frame.children,
            ..Spans::default()
        };
        spans.sort();
        let node = if matches!(frame.style, Style::BlockMap | Style::FlowMap) {
            Node::Map(Map(frame.entries))
        } else {
            Node::List(frame.items)
        };
        let value = Value {
            node,
            spans,
            height: frame.height + 1,
            count: frame.count,
            end,
        };
        if frame.is_key {
            self.unusable_key(frame.start, end);
            return Ok(());
        }
        self.finish(value, frame.anchor)
    }

    pub(super) fn scalar(
        &mut self,
        node: Node<'a>,
        style: Style,
        start: usize,
        end: usize,
        anchor: usize,
    ) -> Result<(), Stopped> {
        self.count(1, start)?;
        let spans = Spans {
            value: self.place(start, end),
            style,
            ..Spans::default()
        };
        self.finish(
            Value {
                node,
                spans,
                height: 0,
                count: 1,
                end,
            },
            anchor,
        )
    }

    /// A key. `merge` says that it is `<<` without quotes.
    pub(super) fn key(
        &mut self,
        node: Node<'a>,
        merge: bool,
        start: usize,
        end: usize,
        anchor: usize,
    ) -> Result<(), Stopped> {
        self.count(1, start)?;
        let span = self.place(start, end);
        if anchor > 0 && self.keep_anchors {
            let spans = Spans {
                key: None,
                value: span,
                ..Spans::default()
            };
            self.anchors.insert(
                anchor,
                Value {
                    node: node.clone(),
                    spans,
                    height: 0,
                    count: 1,
                    end,
                },
            );
        }
        let key = match node {
            _ if merge => Key::Merge(span),
            Node::String(text) | Node::Number(text) => Key::Named(text, span),
            Node::Bool(value) => Key::Named(Cow::Borrowed(if value { "true" } else { "false" }), span),
            Node::Null | Node::List(_) | Node::Map(_) => {
                self.unusable_key(start, end);
                return Ok(());
            }
        };
        if let Some(frame) = self.stack.last_mut() {
            frame.end = end;
            frame.key = key;
        }
        Ok(())
    }

    fn unusable_key(&mut self, start: usize, end: usize) {
        let text = self.places.text(start, end);
        let (kind, message, help) =
            if text.starts_with("{{") || text.starts_with('{') && self.places.text(0, start).ends_with('{') {
                (
                    ProblemKind::Template,
                    "this is a template expression, not YAML".to_owned(),
                    "render the template first, for example with `helm template`",
                )
            } else {
                (
                    ProblemKind::NonStringKey,
                    "a key must be text; this one is a mapping, a list or null".to_owned(),
                    "write a name before the colon, in quotes if it has special characters",
                )
            };
        self.problem(kind, message, help, start, end);
        if let Some(frame) = self.stack.last_mut() {
            frame.end = frame.end.max(end);
            frame.key = Key::Unusable;
        }
    }

    /// An alias as a value or a key.
    pub(super) fn alias(&mut self, anchor: usize, start: usize, end: usize) -> Result<(), Stopped> {
        let Some(known) = self.anchors.get(&anchor) else {
            self.problem(
                ProblemKind::AliasBomb,
                "this alias stands inside the value that it repeats".to_owned(),
                "write the value out, or move the anchor",
                start,
                end,
            );
            return Err(Stopped);
        };
        if self.stack.len() + known.height > self.limits.depth {
            return self.too_deep(start, end);
        }
        let count = known.count;
        self.repeat(count, start, end)?;
        let Some(mut value) = self.anchors.get(&anchor).cloned() else {
            return Ok(());
        };
        self.count(count, start)?;
        if self.expects_key() {
            return self.key(value.node, false, start, end, 0);
        }
        let span = self.places.span(start, end);
        move_to(&mut value.spans, span);
        value.end = end;
        self.finish(value, 0)
    }

    fn finish(&mut self, mut value: Value<'a>, anchor: usize) -> Result<(), Stopped> {
        if anchor > 0 && self.keep_anchors {
            self.repeat(value.count, value.spans.value.start.offset, value.end)?;
            self.anchors.insert(anchor, value.clone());
        }
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some((value.node, value.spans));
            return Ok(());
        };
        frame.height = frame.height.max(value.height);
        frame.count += value.count;
        frame.end = frame.end.max(value.end);
        if !frame.is_map() {
            if self.keeps_places {
                frame.children.push((Segment::Index(frame.items.len()), value.spans));
            }
            frame.items.push(value.node);
            return Ok(());
        }
        match std::mem::replace(&mut frame.key, Key::None) {
            Key::Named(name, span) => {
                value.spans.key = Some(span);
                self.insert(name, value, false);
            }
            Key::Merge(_) if !self.keeps_places => return Err(Stopped),
            Key::Merge(span) => return self.merge(value, span),
            Key::None | Key::Unusable => {}
        }
        Ok(())
    }

    fn insert(&mut self, name: Cow<'a, str>, value: Value<'a>, merged: bool) {
        let Some(frame) = self.stack.last_mut() else { return };
        let known = if frame.entries.len() < LINEAR_KEYS {
            frame.entries.iter().position(|(key, _)| *key == name)
        } else {
            if frame.index.is_empty() {
                frame.index = frame
                    .entries
                    .iter()
                    .enumerate()
                    .map(|(place, (key, _))| (key.clone(), place))
                    .collect();
            }
            frame.index.get(&name).copied()
        };
        let Some(place) = known else {
            if merged {
                frame.merged.resize(frame.entries.len(), false);
                frame.merged.push(true);
            }
            if !frame.index.is_empty() {
                frame.index.insert(name.clone(), frame.entries.len());
            }
            if self.keeps_places {
                frame
                    .children
                    .push((Segment::Key(name.as_ref().to_owned()), value.spans));
            }
            frame.entries.push((name, value.node));
            return;
        };
        if !self.keeps_places {
            frame.entries[place].1 = value.node;
            return;
        }
        let duplicate = !merged && !frame.merged.get(place).copied().unwrap_or(false);
        if let Some(flag) = frame.merged.get_mut(place) {
            *flag = merged;
        }
        let span = value.spans.key.unwrap_or(value.spans.value);
        let first = std::mem::replace(&mut frame.children[place].1, value.spans);
        frame.entries[place].1 = value.node;
        if duplicate && self.problems.len() < MOST_DUPLICATES {
            let line = first.key.map_or(first.value.start.line, |key| key.start.line);
            let path = Some(self.path().key(&name));
            self.problems.push(Problem {
                kind: ProblemKind::DuplicateKey,
                message: format!(
                    "the key {} is here a second time; the first is on line {line}",
                    quoted(&name)
                ),
                help: "keep one of the two; where duplicates are let through, the last one counts".to_owned(),
                span,
                path,
            });
        }
    }

    /// `<<`: the entries of a mapping, or of several, the first of which counts most.
    fn merge(&mut self, value: Value<'a>, key: Span) -> Result<(), Stopped> {
        let span = value.spans.value;
        let sources = match value.node {
            Node::Map(map) => vec![(map, value.spans.children)],
            Node::List(items) if items.iter().all(|item| matches!(item, Node::Map(_))) => items
                .into_iter()
                .zip(value.spans.children)
                .filter_map(|(item, (_, spans))| match item {
                    Node::Map(map) => Some((map, spans.children)),
                    _ => None,
                })
                .rev()
                .collect(),
            _ => {
                self.problem(
                    ProblemKind::Syntax,
                    "a merge key `<<` takes a mapping or a list of mappings".to_owned(),
                    "name an anchor of a mapping: `<<: *defaults`, or put the key in quotes",
                    span.start.offset,
                    span.end.offset,
                );
                return Err(Stopped);
            }
        };
        for (map, children) in sources {
            for ((name, node), (_, mut spans)) in map.0.into_iter().zip(children) {
                if spans.style == Style::Alias {
                    spans.key = Some(key);
                }
                let end = spans.value.end.offset;
                self.insert(
                    name,
                    Value {
                        node,
                        spans,
                        height: 0,
                        count: 0,
                        end,
                    },
                    true,
                );
            }
        }
        Ok(())
    }

    fn count(&mut self, nodes: usize, start: usize) -> Result<(), Stopped> {
        self.nodes += nodes;
        if self.nodes <= self.limits.nodes {
            return Ok(());
        }
        let message = format!("the document has more than {} values", self.limits.nodes);
        self.problem(
            ProblemKind::TooManyNodes,
            message,
            "split it into several documents",
            start,
            start + 1,
        );
        Err(Stopped)
    }

    fn repeat(&mut self, nodes: usize, start: usize, end: usize) -> Result<(), Stopped> {
        self.alias_nodes += nodes;
        if self.alias_nodes <= self.limits.alias_nodes {
            return Ok(());
        }
        let message = format!(
            "the aliases of this document repeat more than {} values",
            self.limits.alias_nodes
        );
        self.problem(
            ProblemKind::AliasBomb,
            message,
            "write the values out instead of nesting aliases",
            start,
            end,
        );
        Err(Stopped)
    }

    fn too_deep(&mut self, start: usize, end: usize) -> Result<(), Stopped> {
        let message = format!(
            "mappings and lists are nested more than {} levels deep",
            self.limits.depth
        );
        self.problem(
            ProblemKind::TooDeep,
            message,
            "no Kubernetes object is this deep; check the brackets and the indentation",
            start,
            end,
        );
        Err(Stopped)
    }
}

/// Gives every value the place of the alias that repeats it.
fn move_to(spans: &mut Spans, span: Span) {
    spans.value = span;
    spans.style = Style::Alias;
    for (_, below) in &mut spans.children {
        below.key = below.key.map(|_| span);
        move_to(below, span);
    }
}
