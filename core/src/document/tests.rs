//! What a person sees of a parsed file: values, places and problems.

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Parsed<'_> {
    parse(text, &Limits::default())
}

fn one(text: &str) -> Document<'_> {
    let mut parsed = read(text);
    assert_eq!(parsed.documents.len(), 1, "{parsed:#?}");
    parsed.documents.remove(0)
}

fn json(document: &Document<'_>) -> String {
    serde_json::to_string(&document.root).unwrap()
}

/// `line:column-line:column` of a value.
fn shown(span: Span) -> String {
    format!(
        "{}:{}-{}:{}",
        span.start.line, span.start.column, span.end.line, span.end.column
    )
}

fn place(document: &Document<'_>, path: &Path) -> String {
    shown(document.spans.find(path).unwrap().value)
}

fn slice(text: &str, span: Span) -> &str {
    &text[span.start.offset..span.end.offset]
}

fn first_problem(text: &str) -> Problem {
    let parsed = read(text);
    parsed
        .documents
        .iter()
        .flat_map(|document| &document.problems)
        .chain(&parsed.problems)
        .next()
        .expect("a problem")
        .clone()
}

#[test]
fn places_every_kind_of_value_exactly() {
    let text = "# ééé\r\na: é b   # üü\r\nb: \"x\"  # c\r\nc: 'it''s' \r\nd:\r\ne: |  # h\r\n  text  \r\n\r\n# after\r\nf: [a, {b: c}] # d\r\ng:\r\n- 1\r\n-\r\n- - x\r\nh: !!str &x 010\r\ni: *x\r\nj: >-\r\n    z\r\nk: one\r\n  two # no\r\n";
    let document = one(text);
    assert_eq!(
        json(&document),
        r#"{"a":"é b","b":"x","c":"it's","d":null,"e":"text  \n","f":["a",{"b":"c"}],"g":[1,null,["x"]],"h":"010","i":"010","j":"z","k":"one two"}"#
    );
    let key = |name: &str| Path::root().key(name);
    let expected = [
        (key("a"), "2:4-2:7", Style::Plain),
        (key("b"), "3:4-3:7", Style::DoubleQuoted),
        (key("c"), "4:4-4:11", Style::SingleQuoted),
        (key("d"), "5:3-5:3", Style::Absent),
        (key("e"), "6:4-7:9", Style::Literal),
        (key("f"), "10:4-10:15", Style::FlowList),
        (key("f").index(1), "10:8-10:14", Style::FlowMap),
        (key("f").index(1).key("b"), "10:12-10:13", Style::Plain),
        (key("g"), "12:1-14:6", Style::BlockList),
        (key("g").index(1), "13:2-13:2", Style::Absent),
        (key("g").index(2), "14:3-14:6", Style::BlockList),
        (key("h"), "15:13-15:16", Style::Plain),
        (key("i"), "16:4-16:6", Style::Alias),
        (key("j"), "17:4-18:6", Style::Folded),
        (key("k"), "19:4-20:6", Style::Plain),
        (Path::root(), "2:1-20:6", Style::BlockMap),
    ];
    for (path, place_of, style) in expected {
        assert_eq!(place(&document, &path), place_of, "of {path}");
        assert_eq!(
            document.spans.find(&path).map(|spans| spans.style),
            Some(style),
            "of {path}"
        );
    }
    assert_eq!(shown(document.spans.find(&key("k")).unwrap().key.unwrap()), "19:1-19:2");
}

#[test]
fn splits_as_kubectl_does() {
    let text = "\u{feff}# only a comment\n---\n\n--- # note\na: 1\n---\nb: 2\n...\n---\n# nothing\n---\n{\"c\": 3}\n";
    let parsed = read(text);
    let shown: Vec<_> = parsed
        .documents
        .iter()
        .map(|document| (document.index, json(document), document.spans.value.start.line))
        .collect();
    assert_eq!(
        shown,
        [
            (0, r#"{"a":1}"#.to_owned(), 5),
            (1, r#"{"b":2}"#.to_owned(), 7),
            (2, r#"{"c":3}"#.to_owned(), 12)
        ]
    );
    assert_eq!(parsed.documents[2].format, Format::Json);
    assert!(parsed.documents.iter().all(|document| document.problems.is_empty()));
    assert_eq!(place(&one("\u{feff}a: b"), &Path::dotted("a")), "1:4-1:5");
    assert!(read("").documents.is_empty());
}

#[test]
fn says_which_document_kubectl_passes_over() {
    let parsed = read("a: 1\n--- {b: 2}\n---\nc: 3\n...\nd: 4\n--- {e: 5}\n");
    let passed: Vec<_> = parsed
        .documents
        .iter()
        .map(|document| {
            document
                .problems
                .iter()
                .any(|problem| problem.kind == ProblemKind::NotApplied)
        })
        .collect();
    assert_eq!(passed, [false, true, false, true, true]);
    assert_eq!(first_problem("%YAML 1.2\n---\na: 1\n").help, "remove this line");
}

#[test]
fn one_syntax_error_hides_no_other_document() {
    let parsed = read("a: 1\n---\nschedule: */5 * * * *\n---\nb: 2\n");
    assert_eq!(parsed.documents.len(), 3);
    assert_eq!(json(&parsed.documents[2]), r#"{"b":2}"#);
    assert_eq!(parsed.documents[1].root, Node::Null);
    assert_eq!(parsed.documents[1].problems[0].span.start.line, 3);
}

#[test]
fn explains_syntax_errors_with_their_remedy() {
    let rows = [
        (
            "spec:\n  schedule: */5 * * * *  # often\n",
            "2:13-2:24",
            "put the schedule in quotes: `schedule: \"*/5 * * * *\"`",
        ),
        (
            "spec:\n  schedule: * * * * *\n",
            "2:13-2:22",
            "put the schedule in quotes: `schedule: \"* * * * *\"`",
        ),
        (
            "schedule: @daily\n",
            "1:11-1:17",
            "put the schedule in quotes: `schedule: \"@daily\"`",
        ),
        (
            "schedule: ? ? * * *\n",
            "1:11-1:20",
            "put the schedule in quotes: `schedule: \"? ? * * *\"`",
        ),
        (
            "a:\n\tb: c\n",
            "2:1-2:2",
            "indent with blanks: replace the tab by two blanks",
        ),
        ("a: \"x\nb: c\n", "1:4-1:6", "close the text with \" on the same line"),
        ("a: 'x\n", "1:4-1:6", "close the text with ' on the same line"),
        ("a: b: c\n", "1:4-1:8", "put the value in quotes: `a: \"b: c\"`"),
        (
            "a: b\n c: d\n",
            "2:2-2:6",
            "give this line the indentation of its neighbours, or remove the value above it",
        ),
        (
            "a:\n  b: c\n d: e\n",
            "3:2-3:6",
            "give it the same number of blanks as its neighbours",
        ),
        (
            "a: b\nfoo\nc: d\n",
            "3:1-3:5",
            "put a colon and a blank after the key, or indent the line to continue the value above",
        ),
        (
            "a: *missing\n",
            "1:4-1:12",
            "define the anchor before it is used, or put the value in quotes: `a: \"*missing\"`",
        ),
        (
            "a: {{ .Values.x }}\n",
            "1:5-1:18",
            "render the template first, for example with `helm template`",
        ),
        ("{\"a\": 1\n", "2:1-2:1", "correct the JSON at this place"),
    ];
    for (text, place, help) in rows {
        let problem = first_problem(text);
        assert_eq!(
            (shown(problem.span).as_str(), problem.help.as_str()),
            (place, help),
            "of {text:?}: {}",
            problem.message
        );
    }
}

#[test]
fn finds_duplicate_keys_and_keeps_the_last() {
    let text = "spec:\n  a: 1\n  b: 2\n  a: 3\n";
    let document = one(text);
    assert_eq!(json(&document), r#"{"spec":{"a":3,"b":2}}"#);
    let problem = &document.problems[0];
    assert_eq!(
        (problem.kind, shown(problem.span)),
        (ProblemKind::DuplicateKey, "4:3-4:4".to_owned())
    );
    assert_eq!(
        problem.message,
        "the key `a` is here a second time; the first is on line 2"
    );
    assert_eq!(problem.path, Some(Path::dotted("spec.a")));
    let long: String = (0..100)
        .map(|number| format!("k{number}: 1\n"))
        .chain(["k50: 2\n".to_owned()])
        .collect();
    assert_eq!(one(&long).problems.len(), 1);
    assert_eq!(one(r#"{"a": 1, "a": 2}"#).problems[0].kind, ProblemKind::DuplicateKey);
}

#[test]
fn resolves_aliases_and_merge_keys_within_bounds() {
    let document = one("base: &b {x: 1, z: 2}\nout:\n  <<: *b\n  z: 3\n");
    assert_eq!(json(&document), r#"{"base":{"x":1,"z":2},"out":{"x":1,"z":3}}"#);
    assert!(document.problems.is_empty());
    assert_eq!(place(&document, &Path::dotted("out.x")), "3:7-3:9");
    assert_eq!(
        document.spans.find(&Path::dotted("out.x")).map(|spans| spans.style),
        Some(Style::Alias)
    );
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let list = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb += &format!("a{level}: &a{level} [{list}]\n");
    }
    assert_eq!(first_problem(&bomb).kind, ProblemKind::AliasBomb);
    assert_eq!(first_problem("a: &a [*a]\n").kind, ProblemKind::AliasBomb);
    let mut chain = "a0: &a0 x\n".to_owned();
    for level in 1..300 {
        chain += &format!("a{level}: &a{level} [*a{}]\n", level - 1);
    }
    assert_eq!(first_problem(&chain).kind, ProblemKind::TooDeep);
}

#[test]
fn unpacks_lists_of_objects() {
    let text = "kind: List\nitems:\n- kind: A\n  a: x # neo4jbackup:ignore NB1 why\n# neo4jbackup:ignore NB2 next\n- kind: List\n  items:\n  - kind: B\n    b: 1\n    b: 2\n- kind: C\n---\nkind: D\n";
    let parsed = read(text);
    let shown: Vec<_> = parsed
        .documents
        .iter()
        .map(|document| {
            (
                document.index,
                document.item,
                document.root.get("kind").and_then(Node::as_str).unwrap(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [(0, Some(0), "A"), (0, Some(1), "B"), (0, Some(2), "C"), (1, None, "D")]
    );
    assert_eq!(parsed.documents[0].comments[0].text, "neo4jbackup:ignore NB1 why");
    assert!(!parsed.documents[0].comments[0].line_is_own);
    assert_eq!(parsed.documents[1].comments[0].text, "neo4jbackup:ignore NB2 next");
    assert!(parsed.documents[1].comments[0].line_is_own);
    assert_eq!(parsed.documents[1].problems[0].path, Some(Path::dotted("b")));
}

#[test]
fn takes_only_real_comments_for_suppressions() {
    let document = one(
        "a: |\n  # neo4jbackup:ignore NB1 text\nb: '# neo4jbackup:ignore NB2 x'\n#neo4jbackup:ignore NB3 é \nc: 1 # see neo4jbackup:ignore\n",
    );
    let found: Vec<_> = document
        .comments
        .iter()
        .map(|comment| (comment.text.as_str(), super::tests::shown(comment.span)))
        .collect();
    assert_eq!(found, [("neo4jbackup:ignore NB3 é", "4:1-4:26".to_owned())]);
}

#[test]
fn bounds_depth_nodes_and_size() {
    let deep = "[".repeat(100_000);
    assert_eq!(first_problem(&deep).kind, ProblemKind::TooDeep);
    assert_eq!(first_problem(&"- ".repeat(50_000)).kind, ProblemKind::TooDeep);
    assert_eq!(first_problem(&"{\"a\":".repeat(50_000)).kind, ProblemKind::TooDeep);
    let limits = Limits {
        nodes: 3,
        file_bytes: 20,
        document_bytes: 5,
        ..Limits::default()
    };
    assert_eq!(
        parse("[1, 2, 3, 4]", &limits).documents[0].problems[0].kind,
        ProblemKind::TooManyNodes
    );
    assert_eq!(
        parse("a: 123456", &limits).documents[0].problems[0].kind,
        ProblemKind::TooLarge
    );
    assert_eq!(parse(&"x".repeat(21), &limits).problems[0].kind, ProblemKind::TooLarge);
}

#[test]
fn reads_json_with_tabs_and_streams() {
    let text = "{\n\t\"a\": [1, -2.50, true, null, \"\\u00e9\"],\n\t\"b\": {}\n}\n{\"c\": \"é\"}";
    let parsed = read(text);
    assert_eq!(json(&parsed.documents[0]), r#"{"a":[1,-2.5,true,null,"é"],"b":{}}"#);
    assert_eq!(place(&parsed.documents[0], &Path::dotted("a").index(1)), "2:11-2:16");
    assert_eq!(place(&parsed.documents[1], &Path::dotted("c")), "5:7-5:10");
    assert!(
        parsed
            .documents
            .iter()
            .all(|document| document.problems.is_empty() && document.format == Format::Json)
    );
    let flow = one("{a: yes, b: [x,],}\n");
    assert_eq!(
        (json(&flow), flow.format),
        (r#"{"a":true,"b":["x"]}"#.to_owned(), Format::Yaml)
    );
}

#[test]
fn reads_keys_and_values_that_are_no_plain_text() {
    let document = one("8080: a\non: b\n? [x]\n: c\nd:\tx\ne: .inf\n");
    assert_eq!(json(&document), r#"{"8080":"a","true":"b","d":"x","e":".inf"}"#);
    let kinds: Vec<_> = document.problems.iter().map(|problem| problem.kind).collect();
    assert_eq!(kinds, [ProblemKind::NonStringKey, ProblemKind::NotJson]);
    assert_eq!(decode(&[0xFF, 0xFE, b'a', 0]).unwrap(), "a");
    assert_eq!(decode(&[0x80, 0x81]).unwrap_err().kind, ProblemKind::NotText);
    assert_eq!(decode(b"a\0b").unwrap_err().kind, ProblemKind::NotText);
}

/// Every span lies in the file, in order, and plain scalars say in the source what they say in the tree.
fn check(text: &str, root: &Node<'_>, spans: &Spans) {
    for span in spans.key.into_iter().chain([spans.value]) {
        assert!(
            span.start <= span.end && text.get(span.start.offset..span.end.offset).is_some(),
            "{span:?}"
        );
        let before = &text[..span.start.offset];
        assert_eq!(span.start.line, before.matches('\n').count() + 1);
    }
    if spans.style == Style::Plain && spans.children.is_empty() {
        let source = slice(text, spans.value);
        assert_eq!(source.trim_ascii(), source);
        if let (false, Node::String(value)) = (source.contains(['\n', '\r']), root) {
            assert_eq!(source, value);
        }
    }
    let below: Vec<&Node<'_>> = match root {
        Node::Map(map) => map.0.iter().map(|(_, value)| value).collect(),
        Node::List(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    assert_eq!(below.len(), spans.children.len());
    for (node, (_, spans)) in below.into_iter().zip(&spans.children) {
        check(text, node, spans);
    }
}

fn check_all(text: &str) {
    let parsed = read(text);
    for document in &parsed.documents {
        if document.root != Node::Null {
            check(text, &document.root, &document.spans);
        }
        for problem in &document.problems {
            assert!(
                text.get(problem.span.start.offset..problem.span.end.offset).is_some(),
                "{problem:?}"
            );
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in any::<String>()) {
        check_all(&text);
    }

    #[test]
    fn anything_like_yaml_is_read_with_exact_places(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "a", "b: ", "- ", "\n", "\n  ", "\n    ", " # é\n", "\"x\"", "'é'", ": ", "[", "]", "{", "}", ", ", "|\n", ">-\n", "&a ", "*a", "<<: ",
            "!!str ", "\t", "\r\n", "---\n", "--- ", "...\n", "? ", "é", "\u{feff}", "%", "@", "010", "yes", "\\", "\"", "'", "#", "kind: List\n", "items:\n", "- ",
        ]), 0..40)
    ) {
        check_all(&pieces.concat());
    }
}

#[test]
fn remembers_how_plain_values_are_written() {
    let text = "a: 2025.10 # last digit\nb: 'x'\nc: &anchor 010\nd: *anchor\n";
    let parsed = parse(text, &Limits::default());
    let document = &parsed.documents[0];
    assert_eq!(document.plain_text_at(&Path::dotted("a")), Some("2025.10"));
    assert_eq!(document.plain_text_at(&Path::dotted("b")), None, "quoted");
    assert_eq!(document.plain_text_at(&Path::dotted("c")), Some("010"));
    assert_eq!(document.plain_text_at(&Path::dotted("d")), None, "written elsewhere");
}

#[test]
fn a_template_that_begins_a_file_is_not_taken_for_json() {
    let document = one("{{- if .Values.backup }}\nkind: Neo4jBackup\n{{- end }}\n");
    assert_eq!(document.problems[0].message, "this is a template, not YAML");
}

#[test]
fn an_expression_on_a_line_of_its_own_is_a_template() {
    let document = one("metadata:\n  labels:\n    name: a\n    {{labels}}\nspec:\n  replicas: {{count}}\n");
    assert_eq!(document.problems[0].message, "this is a template, not YAML");
    assert_eq!(document.problems[0].span.start.line, 4);
}

#[test]
fn thousands_of_duplicate_keys_are_reported_a_hundred_times() {
    let document = one(Box::leak("a: 1\n".repeat(5000).into_boxed_str()));
    assert_eq!(document.problems.len(), 100);
}
