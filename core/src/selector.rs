//! Label selectors of other objects, over labels of which not all may be known.

use crate::document::{Map, Node};

/// Whether a selector selects what has these labels. `label` gives the value of a label, `Some(None)` where there surely is
/// none, and `None` where that is not known.
pub(crate) fn selects(selector: Option<&Node<'_>>, label: &dyn Fn(&str) -> Option<Option<String>>) -> Option<bool> {
    let Some(selector) = selector else { return Some(true) };
    let equal = selector.get("matchLabels").and_then(Node::as_map);
    let equal = equal.into_iter().flat_map(Map::iter).map(|(key, value)| {
        let wanted = value.as_str();
        label(key).map(|found| found.as_deref() == wanted)
    });
    let expressions = items(selector, "matchExpressions").map(|expression| {
        let text = |key: &str| expression.get(key).and_then(Node::as_str).unwrap_or_default();
        let found = label(text("key"))?;
        let mut values = items(expression, "values").filter_map(Node::as_str);
        let is_in = found.as_deref().is_some_and(|found| values.any(|value| value == found));
        match text("operator") {
            "In" => Some(is_in),
            "NotIn" => Some(!is_in),
            "Exists" => Some(found.is_some()),
            "DoesNotExist" => Some(found.is_none()),
            _ => None,
        }
    });
    let answers: Vec<Option<bool>> = equal.chain(expressions).collect();
    if answers.contains(&Some(false)) {
        return Some(false);
    }
    (!answers.contains(&None)).then_some(true)
}

fn items<'n, 'a>(node: &'n Node<'a>, key: &str) -> impl Iterator<Item = &'n Node<'a>> + use<'n, 'a> {
    node.get(key).and_then(Node::as_list).unwrap_or_default().iter()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_selector_says_yes_no_or_that_it_cannot_be_known() {
        let label = |key: &str| match key {
            "team" => Some(Some("a".to_owned())),
            "free" => Some(None),
            _ => None,
        };
        let told = |selector: serde_json::Value| selects(Some(&Node::from(selector)), &label);
        let expression = |key: &str, operator: &str| json!({"matchExpressions": [{"key": key, "operator": operator, "values": ["a"]}]});
        assert_eq!(selects(None, &label), Some(true));
        assert_eq!(told(json!({})), Some(true));
        assert_eq!(told(json!({"matchLabels": {"team": "b"}})), Some(false));
        assert_eq!(told(expression("team", "In")), Some(true));
        assert_eq!(told(expression("team", "NotIn")), Some(false));
        assert_eq!(told(expression("free", "DoesNotExist")), Some(true));
        assert_eq!(told(expression("other", "Exists")), None);
    }
}
