//! Whom does the API server trust, what is served, and for how long?

use jiff::Timestamp;

use super::{Row, Topic};
use crate::admission::failure::Failure;
use crate::admission::sight::{Bundle, Paper, Place, Reach, Sight, Target};
use crate::auth::Verdict;
use crate::quoted::Name;
use crate::values::validity::Validity;

/// What nobody renews by himself should be renewed so many days before its end.
const RESERVE: i64 = 14;
/// A certificate in memory is renewed when a third of its seven days is left; one day is late.
const RESERVE_IN_MEMORY: i64 = 1;
/// A day in seconds.
const DAY: i64 = 24 * 3600;

/// What was seen of the certificates of a target.
pub(super) fn rows(target: &Target, sight: &Sight<'_>, rows: &mut Vec<Row>) {
    for bundle in &target.bundles {
        rows.push(authority(bundle, target, sight.cluster.now));
    }
    if target.bundles.len() > 1 {
        let text = "the webhooks that lead there trust different authorities";
        rows.push(Row::new(Topic::Authority, Verdict::Warning, text).help(Failure::UnknownAuthority.help()));
    }
    for paper in &target.papers {
        rows.push(self::paper(paper, target, sight));
    }
    served(target, sight, rows);
    let heard = sight.is_heard();
    if heard {
        let text = "the API server believes what is served: the webhook has answered it just now";
        rows.push(Row::new(Topic::Certificate, Verdict::Ok, text));
    }
    for why in &target.unread {
        // Where a call has just been answered, only for how long the certificate is valid stays open.
        let verdict = if heard { Verdict::Note } else { Verdict::Unknown };
        let text = format!("which certificate is served, and until when it is valid, is not known: {why}");
        rows.push(Row::new(Topic::Certificate, verdict, text));
    }
}

/// Why the API server would not believe what is served, as far as that was seen.
pub(super) fn trouble(target: &Target, sight: &Sight<'_>) -> Option<Failure> {
    let now = sight.cluster.now;
    let mut bundles = target.bundles.iter();
    if let Some(bundle) = bundles.find(|bundle| is_useless(bundle, now))
        && (!bundle.is_empty || matches!(target.place, Place::Service { .. }))
    {
        return Some(age(&bundle.authorities, now).unwrap_or(Failure::BadBundle));
    }
    let mut papers = target.papers.iter();
    papers.find_map(|paper| paper.distrust.or_else(|| age(paper.validity.as_slice(), now)))
}

/// Whether nothing is vouched for by it now.
fn is_useless(bundle: &Bundle, now: Timestamp) -> bool {
    bundle.authorities.iter().all(|validity| !validity.contains(now))
}

/// Whether some are too old, or too young.
fn age(validities: &[Validity], now: Timestamp) -> Option<Failure> {
    let last = validities.iter().max_by_key(|validity| validity.not_after)?;
    if now < last.not_before {
        return Some(Failure::NotYetValid);
    }
    (last.not_after <= now).then_some(Failure::Expired)
}

fn authority(bundle: &Bundle, target: &Target, now: Timestamp) -> Row {
    let row = |verdict, text| Row::new(Topic::Authority, verdict, text);
    let names: Vec<String> = bundle.webhooks.iter().map(|name| Name(name).to_string()).collect();
    let of = format!("caBundle of {}", names.join(", "));
    if bundle.is_empty && matches!(target.place, Place::Address(_)) {
        return row(
            Verdict::Note,
            format!("{of} is empty: whom the machine of the API server trusts is trusted"),
        );
    }
    if bundle.is_empty {
        let text = format!("{of} is empty: nobody is trusted, and no call is answered");
        return row(Verdict::Wrong, text).help(Failure::BadBundle.help());
    }
    let Some(last) = bundle.authorities.iter().max_by_key(|validity| validity.not_after) else {
        let text = format!("{of} holds no certificate in PEM format");
        return row(Verdict::Wrong, text).help(Failure::BadBundle.help());
    };
    // One that is to come stands beside the present one.
    if is_useless(bundle, now)
        && let Some(failure) = age(&bundle.authorities, now)
    {
        let text = format!("the authority in {of} {}", state(failure, *last));
        return row(Verdict::Wrong, text).help(failure.help());
    }
    let verdict = reserve(*last, RESERVE, now);
    let count = match bundle.authorities.len() {
        1 => "the authority".to_owned(),
        count => format!("{count} authorities, of which the last"),
    };
    row(verdict, format!("{count} in {of} is {}", duration(*last, now)))
}

fn paper(paper: &Paper, target: &Target, sight: &Sight<'_>) -> Row {
    let now = sight.cluster.now;
    let topic = if paper.is_leaf {
        Topic::Certificate
    } else {
        Topic::Authority
    };
    let what = if paper.is_leaf { "certificate" } else { "authority" };
    let of = format!("the {what} in Secret {}", Name(&paper.secret));
    let Some(validity) = paper.validity else {
        let text = format!("{of} cannot be read: it is no certificate in PEM format");
        return Row::new(topic, Verdict::Wrong, text).help(Failure::Other.help());
    };
    if let Some(failure) = age(&[validity], now) {
        let text = format!("{of} {}", state(failure, validity));
        return Row::new(topic, Verdict::Wrong, text).help(failure.help());
    }
    if let Some(failure) = paper.distrust {
        let why = match (failure, &target.place) {
            (Failure::WrongName, Place::Service { namespace, name }) => {
                format!("it is not for the name {}.{}.svc", Name(name), Name(namespace))
            }
            (Failure::UnknownAuthority, _) if paper.is_leaf => {
                "caBundle does not hold the authority that has signed it".to_owned()
            }
            (Failure::UnknownAuthority, _) => "caBundle does not hold it".to_owned(),
            (failure, _) => failure.cause(""),
        };
        let text = format!("the API server does not believe {of}: {why}");
        return Row::new(topic, Verdict::Wrong, text).help(failure.help());
    }
    let verdict = reserve(validity, RESERVE, now);
    let text = format!("{of} is {}, and caBundle vouches for it", duration(validity, now));
    Row::new(topic, verdict, text)
}

/// What is served out of memory, as the webhook says itself.
fn served(target: &Target, sight: &Sight<'_>, rows: &mut Vec<Row>) {
    let now = sight.cluster.now;
    match &target.reach {
        Reach::Answered {
            leaf: Some(validity), ..
        } => {
            let is_mounted = target.papers.iter().any(|paper| paper.is_leaf);
            let days = if is_mounted { RESERVE } else { RESERVE_IN_MEMORY };
            let of = "the certificate that is served";
            rows.push(if let Some(failure) = age(&[*validity], now) {
                let text = format!("{of} {}", state(failure, *validity));
                Row::new(Topic::Certificate, Verdict::Wrong, text).help(failure.help())
            } else {
                let text = format!("{of} is {}", duration(*validity, now));
                Row::new(Topic::Certificate, reserve(*validity, days, now), text).help(Failure::Expired.help())
            });
        }
        Reach::Forbidden(right) if target.papers.iter().all(|paper| !paper.is_leaf) && target.unread.is_empty() => {
            let text = format!(
                "the certificate that is served is in the memory of the webhook; until when it is valid is not known: {}",
                right.is_missing()
            );
            rows.push(Row::new(Topic::Certificate, Verdict::Note, text));
        }
        _ => {}
    }
}

fn reserve(validity: Validity, days: i64, now: Timestamp) -> Verdict {
    if validity.not_after.as_second() - now.as_second() < days * DAY {
        Verdict::Warning
    } else {
        Verdict::Ok
    }
}

/// `valid for 61 days, until 2027-01-27`.
fn duration(validity: Validity, now: Timestamp) -> String {
    let seconds = validity.not_after.as_second() - now.as_second();
    let (count, unit) = if seconds < 2 * DAY {
        (seconds / 3600, "hours")
    } else {
        (seconds / DAY, "days")
    };
    format!("valid for {count} {unit}, until {}", day(validity.not_after))
}

fn state(failure: Failure, validity: Validity) -> String {
    if failure == Failure::NotYetValid {
        format!("is not valid before {}", day(validity.not_before))
    } else {
        format!("has expired on {}", day(validity.not_after))
    }
}

fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}
