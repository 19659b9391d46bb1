//! What a policy quotes of an object reaches the terminals of whoever sends it: no character that cannot be seen does.

use serde_json::{Value, json};

use super::is_long;
use super::objects::of_fixtures;
use super::policed::Policed;

/// One of each kind: controls of both halves, marks of direction, invisible ones, separators of lines, tags.
const UNSEEN: [char; 14] = [
    '\u{1}',
    '\u{7}',
    '\t',
    '\n',
    '\r',
    '\u{1b}',
    '\u{7f}',
    '\u{9b}',
    '\u{200b}',
    '\u{202e}',
    '\u{2028}',
    '\u{2066}',
    '\u{feff}',
    '\u{e0041}',
];

#[test]
fn no_message_of_a_policy_holds_what_cannot_be_seen() {
    let policed = Policed::warning();
    let mut client = policed.client();
    let (mut sent, mut quoted) = (0, 0);
    let objects = of_fixtures().into_iter();
    let objects = objects.filter(|object| object["apiVersion"] == "neo4j.neo4j.com/v1beta1");
    let objects = objects.flat_map(|object| {
        let mut places = Vec::new();
        texts(&object["spec"], "/spec", &mut places);
        places.into_iter().map(move |place| (object.clone(), place))
    });
    for (number, (mut object, place)) in objects.enumerate().filter(|(number, _)| is_long() || number % 4 == 0) {
        let unseen = UNSEEN[number / 4 % UNSEEN.len()];
        taint(object.pointer_mut(&place).unwrap(), &format!("{unseen}[31m{unseen}"));
        object["metadata"] = json!({"name": "foreign"});
        let kind = object["kind"].as_str().unwrap().to_owned();
        let answer = policed.create(&mut client, &kind, &object);
        sent += 1;
        for warning in &answer.warnings {
            let shown = warning.chars().filter(|character| UNSEEN.contains(character)).count();
            assert_eq!(shown, 0, "{warning:?} for {object}");
            quoted += usize::from(warning.contains("[NB") && warning.contains('`'));
        }
    }
    println!("figure: {sent} objects with what cannot be seen, {quoted} values quoted by policies");
    assert!(sent > 200 && quoted > 100, "{quoted} of {sent} were quoted");
}

/// Where there is a text.
fn texts(value: &Value, place: &str, found: &mut Vec<String>) {
    match value {
        Value::String(text) if !text.is_empty() => found.push(place.to_owned()),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                texts(item, &format!("{place}/{index}"), found);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                texts(
                    member,
                    &format!("{place}/{}", key.replace('~', "~0").replace('/', "~1")),
                    found,
                );
            }
        }
        _ => {}
    }
}

/// Puts a text into the middle of another.
fn taint(value: &mut Value, text: &str) {
    if let Value::String(old) = value {
        let middle = old.char_indices().nth(old.chars().count() / 2);
        old.insert_str(middle.map_or(0, |(at, _)| at), text);
    }
}
