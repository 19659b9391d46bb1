//! The core, in process: what a review and a lint run cost, beside the usual way to do the same.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime};
use jiff::{Timestamp, tz::TimeZone};
use neo4jbackup_benches::{NAMESPACE, NOW, manifests, references, reviews};
use neo4jbackup_core::document::{self, Limits, Node};
use neo4jbackup_core::engine;
use neo4jbackup_core::facts::Inventory;
use neo4jbackup_core::lint::{self, Options};
use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::schema::{Era, Kind};
use neo4jbackup_core::settings::Settings;
use neo4jbackup_core::subject::{Context, Door, Subject};
use neo4jbackup_core::values::cron::Schedule;
use neo4jbackup_core::verdict::Verdict;
use neo4jbackup_webhook::{App, SharedInventory};

/// A cluster of this many instances is looked up in, of which so many share a namespace.
const INSTANCES: usize = 1_000;
const TOGETHER: usize = 20;

fn now() -> Timestamp {
    NOW.parse().unwrap_or_default()
}

fn group<'c>(criterion: &'c mut Criterion, name: &str, seconds: u64) -> BenchmarkGroup<'c, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.warm_up_time(Duration::from_millis(500));
    group.measurement_time(Duration::from_secs(seconds));
    group.sample_size(if seconds > 5 { 10 } else { 30 });
    group
}

fn decode(criterion: &mut Criterion) {
    for (size, review) in [("2.5kB", reviews::small()), ("40kB", reviews::large())] {
        let mut group = group(criterion, &format!("decode {size}"), 2);
        group.throughput(Throughput::Bytes(review.len() as u64));
        group.bench_function("borrowed", |bencher| {
            bencher.iter(|| serde_json::from_slice::<Node<'_>>(black_box(&review)).is_ok());
        });
        group.bench_function("serde_json::Value", |bencher| {
            bencher.iter(|| serde_json::from_slice::<serde_json::Value>(black_box(&review)).is_ok());
        });
        group.finish();
    }
}

fn rules(criterion: &mut Criterion) {
    let inventory = references::inventory(INSTANCES, TOGETHER);
    let settings = Settings::default();
    let context = || Context {
        served: None,
        settings: &settings,
        now: now(),
        operator: Some(Operator::of_era(Era::V1_14)),
        namespace: NAMESPACE,
    };
    let mut group = group(criterion, "rules", 2);
    for (name, kind, object) in [
        ("backup", Kind::Neo4jBackup, reviews::backup()),
        ("restore", Kind::Neo4jRestore, reviews::restore()),
    ] {
        let object = Node::from(object);
        let judge = || {
            let subject = Subject::of_kind(kind, "v1beta1", &object, Door::Create, &context());
            engine::judge(&subject, &inventory)
        };
        group.bench_function(name, |bencher| bencher.iter(judge));
        group.bench_function(format!("{name} and verdict"), |bencher| {
            bencher.iter(|| Verdict::of(&judge().findings));
        });
    }
    // Three rules compare a backup with every other one of its namespace.
    let crowded = references::inventory(INSTANCES, INSTANCES);
    let object = Node::from(reviews::backup());
    group.bench_function("backup among 1000 in its namespace", |bencher| {
        bencher.iter(|| {
            let kind = Kind::Neo4jBackup;
            let subject = Subject::of_kind(kind, "v1beta1", &object, Door::Create, &context());
            engine::judge(&subject, &crowded)
        });
    });
    group.finish();
}

/// The whole webhook but its sockets: decode, rules, verdict, reply, metrics.
fn answer(criterion: &mut Criterion) {
    let inventory = SharedInventory::default();
    inventory.store(Arc::new(references::inventory(INSTANCES, TOGETHER)));
    let app = App::new(Settings::default(), inventory, now);
    let mut group = group(criterion, "answer", 2);
    for (name, review) in [
        ("backup 2.5kB", reviews::small()),
        ("restore 2.5kB", reviews::small_restore()),
        ("update 40kB", reviews::large()),
    ] {
        group.bench_function(format!("validate {name}"), |bencher| {
            bencher.iter(|| app.validate_bytes(black_box(&review)));
        });
        group.bench_function(format!("mutate {name}"), |bencher| {
            bencher.iter(|| app.mutate_bytes(black_box(&review)));
        });
    }
    group.finish();
}

fn parse(criterion: &mut Criterion) {
    let text = manifests::files(500).concat();
    let limits = Limits::default();
    let mut group = group(criterion, "parse 1MB", 4);
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("document::parse", |bencher| {
        bencher.iter(|| document::parse(black_box(&text), &limits));
    });
    group.bench_function("saphyr-parser alone", |bencher| {
        bencher.iter(|| saphyr_parser::Parser::new_from_str(black_box(&text)).flatten().count());
    });
    group.finish();
}

/// Ten thousand documents, 20 MB: reading, what they say of each other, judging.
fn lint(criterion: &mut Criterion) {
    let files = manifests::files(10_000);
    let options = Options::at(now());
    let mut group = group(criterion, "lint 10000 documents", 15);
    for threads in [1, 2] {
        let name = if threads == 1 {
            "1 thread".to_owned()
        } else {
            format!("{threads} threads")
        };
        group.bench_function(name, |bencher| bencher.iter(|| lint_all(&files, &options, threads)));
    }
    group.finish();
}

/// The number of findings.
fn lint_all(texts: &[String], options: &Options, threads: usize) -> usize {
    let read = spread(texts.chunks(texts.len().div_ceil(threads)), |texts| {
        texts
            .iter()
            .map(|text| lint::read(text, &options.limits))
            .collect::<Vec<_>>()
    });
    let mut inventory = Inventory::partial("only these files were read");
    for file in read.iter().flatten() {
        lint::collect(file, options, &mut inventory);
    }
    let findings = spread(read.into_iter(), |files| {
        files
            .into_iter()
            .map(|file| lint::judge(&file, &inventory, options).findings.len())
            .sum::<usize>()
    });
    findings.into_iter().sum()
}

/// Does each part of the work on a thread of its own.
fn spread<T: Send, R: Send>(parts: impl Iterator<Item = T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let work = &work;
    std::thread::scope(|scope| {
        let running: Vec<_> = parts.map(|part| scope.spawn(move || work(part))).collect();
        running.into_iter().filter_map(|thread| thread.join().ok()).collect()
    })
}

/// The peer counts Sunday as 1, so that the expressions have no day of the week, and takes seconds first.
fn cron(criterion: &mut Criterion) {
    let after = now();
    let peer_after = chrono::DateTime::from_timestamp(after.as_second(), 0).unwrap_or_default();
    for (name, ours, theirs) in [
        ("nightly", "0 2 * * *", "0 0 2 * * *"),
        ("steps", "*/15 8-18 1-7 * *", "0 */15 8-18 1-7 * *"),
        ("leap day", "0 0 29 2 *", "0 0 0 29 2 *"),
    ] {
        let mut group = group(criterion, &format!("cron {name}"), 1);
        group.bench_function("parse", |bencher| {
            bencher.iter(|| Schedule::parse(black_box(ours)).is_ok());
        });
        group.bench_function("parse, crate cron", |bencher| {
            bencher.iter(|| black_box(theirs).parse::<cron::Schedule>().is_ok());
        });
        let (Ok(ours), Ok(theirs)) = (Schedule::parse(ours), theirs.parse::<cron::Schedule>()) else {
            continue;
        };
        group.bench_function("next", |bencher| {
            bencher.iter(|| ours.next(black_box(after), &TimeZone::UTC));
        });
        group.bench_function("next, crate cron", |bencher| {
            bencher.iter(|| theirs.after(black_box(&peer_after)).next());
        });
        group.finish();
    }
}

criterion_group!(benches, decode, rules, answer, parse, lint, cron);
criterion_main!(benches);
