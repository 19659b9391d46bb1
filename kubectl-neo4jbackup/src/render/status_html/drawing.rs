//! The drawings of the page, each of which can be read without color and by a screen reader.

use jiff::Timestamp;

use super::escaped::Html;
use crate::age::span;
use crate::status_list::{Item, RunItem};

/// From one run to the next.
const STEP: usize = 64;
/// The same on a narrow screen, in pixels.
const LEAST_STEP: usize = 48;
/// The side of the square of a run.
const SIDE: usize = 36;
/// The height of a timeline without gaps.
const HEIGHT: usize = 86;

/// The last runs of a backup, a square for each, with the times in which no run was good for too long.
pub(super) fn timeline(item: &Item, now: Timestamp) -> String {
    if item.runs.is_empty() {
        return "<p class=\"soft\">No run is known.</p>\n".to_owned();
    }
    let gaps = gaps(item, now);
    let width = STEP * item.runs.len();
    let height = HEIGHT + if gaps.is_empty() { 0 } else { 26 };
    let mut drawn = String::new();
    for (position, run) in item.runs.iter().enumerate() {
        drawn += &square(run, position);
    }
    for gap in &gaps {
        drawn += &gap.drawn();
    }
    let words: Vec<String> = item.runs.iter().map(told).collect();
    let least = LEAST_STEP * item.runs.len();
    // Few squares are not drawn larger than many, and many not so small that nobody can read their times: they scroll.
    format!(
        "<figure><figcaption>The last runs, the newest on the right</figcaption>\n\
         <div class=\"wide\">\n\
         <svg viewBox=\"0 0 {width} {height}\" style=\"max-width:{width}px;min-width:{least}px\" \
         role=\"img\" aria-label=\"{}\">\n{drawn}</svg>\n</div>\n</figure>\n{}",
        Html(&words.join("; ")),
        gaps_told(&gaps)
    )
}

/// What became of a run, in words.
fn told(run: &RunItem) -> String {
    let mut words = run.outcome.to_owned();
    let time = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<Timestamp>().ok());
    match (time(&run.started), time(&run.time)) {
        (Some(started), _) => words += &format!(", began {}", started.strftime("%Y-%m-%d %H:%M:%S UTC")),
        (None, Some(due)) => words += &format!(", due {}", due.strftime("%Y-%m-%d %H:%M UTC")),
        (None, None) => {}
    }
    if let Some(seconds) = run.duration_seconds {
        words += &format!(", took {}", span(seconds));
    }
    if let Some(bytes) = run.size_bytes {
        words += &format!(", stored {}", size(bytes));
    }
    words
}

fn square(run: &RunItem, position: usize) -> String {
    let left = position * STEP + (STEP - SIDE) / 2;
    let center = position * STEP + STEP / 2;
    let time = run.time.as_ref().and_then(|text| text.parse::<Timestamp>().ok());
    let (date, clock) = time.map_or_else(
        || ("?".to_owned(), String::new()),
        |time| (time.strftime("%m-%d").to_string(), time.strftime("%H:%M").to_string()),
    );
    format!(
        "<g><title>{}</title><rect class=\"{}\" x=\"{left}\" y=\"4\" width=\"{SIDE}\" height=\"{SIDE}\" rx=\"8\"/>{}\
         <text x=\"{center}\" y=\"60\">{date}</text><text x=\"{center}\" y=\"76\">{clock}</text></g>\n",
        Html(&told(run)),
        run.outcome,
        sign(run.outcome, left, 4)
    )
}

/// The sign of an outcome in a square of 36 at a place. It is drawn, because not every font has it.
fn sign(outcome: &str, left: usize, top: usize) -> String {
    let at = |x: usize, y: usize| format!("{} {}", left + x, top + y);
    match outcome {
        "good" => format!(
            "<path class=\"mark\" d=\"M{} L{} L{}\"/>",
            at(10, 19),
            at(16, 25),
            at(27, 12)
        ),
        "failed" => format!(
            "<path class=\"mark\" d=\"M{} L{} M{} L{}\"/>",
            at(11, 11),
            at(25, 25),
            at(25, 11),
            at(11, 25)
        ),
        "missed" => format!(
            "<path class=\"mark missed-mark\" d=\"M{} L{}\"/>",
            at(11, 18),
            at(25, 18)
        ),
        "running" => format!(
            "<path class=\"mark\" d=\"M{} L{} L{} Z\"/>",
            at(14, 11),
            at(25, 18),
            at(14, 25)
        ),
        _ => format!("<text class=\"sign\" x=\"{}\" y=\"{}\">?</text>", left + 18, top + 24),
    }
}

/// What each sign stands for.
pub(super) fn legend() -> String {
    let outcomes = [
        ("good", "good"),
        ("failed", "failed, or stored nothing"),
        ("missed", "missed: it did not take place"),
        ("running", "goes on"),
        ("unknown", "nobody knows any more"),
    ];
    let mut items = String::new();
    for (outcome, words) in outcomes {
        items += &format!(
            "<li><svg viewBox=\"0 0 40 40\" aria-hidden=\"true\"><rect class=\"{outcome}\" x=\"2\" y=\"2\" width=\"{SIDE}\" \
             height=\"{SIDE}\" rx=\"8\"/>{}</svg>{words}</li>\n",
            sign(outcome, 2, 2)
        );
    }
    format!("<ul class=\"legend\" aria-label=\"Legend\">\n{items}</ul>\n")
}

/// A time in which no run was good for longer than allowed.
struct Gap {
    /// The last good run before it, and the first good one after it; `None` for one that goes on.
    positions: (usize, Option<usize>),
    from: Timestamp,
    until: Timestamp,
    /// Where the squares end.
    end: usize,
}

fn gaps(item: &Item, now: Timestamp) -> Vec<Gap> {
    let Some(rpo) = &item.rpo else { return Vec::new() };
    let ended = |run: &RunItem| {
        let started: Timestamp = run.started.as_ref().or(run.time.as_ref())?.parse().ok()?;
        Timestamp::from_second(started.as_second() + run.duration_seconds.unwrap_or_default()).ok()
    };
    let good = item.runs.iter().enumerate().filter(|(_, run)| run.outcome == "good");
    let mut good: Vec<(Option<usize>, Timestamp)> = good
        .filter_map(|(position, run)| Some((Some(position), ended(run)?)))
        .collect();
    good.push((None, now));
    let pairs = good.windows(2).filter_map(|pair| {
        let ((Some(before), from), (after, until)) = (pair[0], pair[1]) else {
            return None;
        };
        // What the next good run stores is as of its beginning; its end is when it can be relied on.
        (until.as_second() - from.as_second() > rpo.bound_seconds).then_some(Gap {
            positions: (before, after),
            from,
            until,
            end: item.runs.len(),
        })
    });
    pairs.collect()
}

impl Gap {
    fn drawn(&self) -> String {
        let begin = self.positions.0 * STEP + STEP / 2;
        let end = self
            .positions
            .1
            .map_or(self.end * STEP - 6, |after| after * STEP + STEP / 2);
        let seconds = self.until.as_second() - self.from.as_second();
        let words = span(seconds);
        format!(
            "<g><title>{} without a good run</title><line class=\"gap\" x1=\"{begin}\" y1=\"88\" x2=\"{end}\" y2=\"88\"/>\
             <text class=\"gap-text\" x=\"{}\" y=\"106\">{words}</text></g>\n",
            words,
            usize::midpoint(begin, end)
        )
    }
}

fn gaps_told(gaps: &[Gap]) -> String {
    let sentences = gaps.iter().map(|gap| {
        let until = match gap.positions.1 {
            Some(_) => gap.until.strftime("%m-%d %H:%M").to_string(),
            None => "now".to_owned(),
        };
        format!(
            "<p class=\"bad\">✗ No good run for {} from {} to {until}, longer than the RPO allows.</p>\n",
            span(gap.until.as_second() - gap.from.as_second()),
            gap.from.strftime("%m-%d %H:%M")
        )
    });
    sentences.collect()
}

/// How large the last good runs were, where that is known of at least one.
pub(super) fn sizes(item: &Item) -> String {
    let known: Vec<u64> = item
        .runs
        .iter()
        .filter(|run| run.outcome == "good")
        .filter_map(|run| run.size_bytes)
        .collect();
    let (Some(first), Some(last)) = (known.first(), known.last()) else {
        return String::new();
    };
    if known.len() == 1 {
        return format!(
            "<p><span class=\"soft\">Size of the last good run:</span> {}</p>\n",
            size(*last)
        );
    }
    let largest = known.iter().copied().max().unwrap_or(1).max(1);
    // In per mille of the largest, from the bottom; the widths are small enough for any arithmetic.
    let height = |bytes: u64| 56 - u64::try_from(u128::from(bytes) * 48 / u128::from(largest)).unwrap_or(48);
    let step = 400 / (known.len() - 1);
    let points = known
        .iter()
        .enumerate()
        .map(|(position, bytes)| format!("{},{}", 10 + position * step, height(*bytes)));
    let points: Vec<String> = points.collect();
    let end = 10 + (known.len() - 1) * step;
    let change = change(*first, *last);
    format!(
        "<figure class=\"spark\"><figcaption>Size of the last {count} good runs: now {now}{change}</figcaption>\n\
         <svg viewBox=\"0 0 480 64\" role=\"img\" aria-label=\"from {first} to {now}\"><polyline class=\"trend\" points=\"{points}\"/>\
         <circle class=\"point\" cx=\"{end}\" cy=\"{y}\" r=\"4\"/></svg>\n</figure>\n",
        count = known.len(),
        now = size(*last),
        first = size(*first),
        points = points.join(" "),
        y = height(*last),
    )
}

/// `, 12 % more than the first of them`.
fn change(first: u64, last: u64) -> String {
    if first == 0 {
        return String::new();
    }
    let percent = u128::from(first.abs_diff(last)) * 100 / u128::from(first);
    match (percent, last > first) {
        (0, _) => ", as the first of them".to_owned(),
        (percent, true) => format!(", {percent} % more than the first of them"),
        (percent, false) => format!(", {percent} % less than the first of them"),
    }
}

/// `1.2 GiB`.
fn size(bytes: u64) -> String {
    let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let unit = units.into_iter().find(|(_, shift)| bytes >> shift > 0);
    unit.map_or_else(
        || format!("{bytes} B"),
        |(unit, shift)| {
            let tenths = (u128::from(bytes) * 10) >> shift;
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        },
    )
}
