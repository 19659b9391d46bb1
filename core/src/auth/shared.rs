//! Who else uses the account, and wants another identity on it.

use super::access::{Access, Actor};
use super::row::{Row, Topic, Verdict};
use crate::quoted::{name, quoted};

/// So many others are told of one by one.
const TOLD: usize = 3;

/// The others whose Jobs run under the same account and that want another value for the same annotation.
pub(super) fn of_others(access: &Access, all: &[Access]) -> Option<Row> {
    let Actor::Jobs(account) = &access.actor else {
        return None;
    };
    let wanted = access.wanted.as_ref()?;
    let others: Vec<(&Access, &String)> = all
        .iter()
        .filter(|other| other.object != access.object && other.object.namespace == access.object.namespace)
        .filter(|other| other.actor == access.actor && other.provider() == access.provider())
        .filter_map(|other| Some((other, other.wanted.as_ref().filter(|value| *value != wanted)?)))
        .collect();
    let (first, _) = others.first()?;
    let told: Vec<String> = others
        .iter()
        .take(TOLD)
        .map(|(other, value)| format!("{} wants {}", name(&other.object.name), quoted(value)))
        .collect();
    let more = match others.len().saturating_sub(TOLD) {
        0 => String::new(),
        more => format!(", and {more} more want others"),
    };
    let kind = if first.object.kind == "Neo4jBackup" {
        "backup"
    } else {
        "restore"
    };
    let text = format!(
        "{} is shared, and another {kind} wants another identity on it: {}{more}",
        account.name(),
        told.join(", ")
    );
    let help = "give all of them one identity that may reach all their places, or move some to another namespace";
    Some(Row::new(Topic::Sharing, Verdict::Wrong, text).code("NB3004").help(help))
}
