//! The search for the body that takes longest. Whoever may send a review must not hold up the others with it.

mod body;

use std::time::Duration;

use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::registry;
use neo4jbackup_core::schema::{Era, Kind};
use neo4jbackup_core::settings::{Level, Settings};
use neo4jbackup_webhook::{App, Hook, Request, no_references};
use serde::Deserialize;

use self::body::{History, Ingredient, Item, Key, Object, Recipe, Stored, dotted};
use super::random::Random;
use super::{is_long, scale};
use crate::support::app_with;

/// What bodies are measured by: each begun piece of this many bytes.
const PIECE: usize = 16 << 10;

/// So much longer than a piece of a plain body may a piece of the worst one take.
///
/// Processor time is what is compared, of one thread, the least of a few runs, and a plain body is measured in the same
/// run: a slow or a busy machine changes both. Today the worst takes 15 to 40 times as long, for reading numbers of one
/// digit and for long schedules.
const MOST: f64 = 80.0;

/// So much longer than in a small body may a piece take in a body of 3 MiB. Above 1 there are caches.
const MOST_GROWTH: f64 = 4.0;

/// In a release build, so long may a piece take. Everything else of the design rests on it.
const MOST_IN_RELEASE: Duration = Duration::from_millis(2);

/// One size that is searched.
struct Size {
    bytes: usize,
    /// The steps of a short search and of a long one.
    steps: (usize, usize),
    /// How many of the slowest recipes of this size are tried at the next in a short search.
    passes_on: usize,
    /// Whether a short search tries everything that was thought of by hand.
    tries_all: bool,
}

const SIZES: [Size; 7] = [
    Size {
        bytes: 4 << 10,
        steps: (150, 3000),
        passes_on: 40,
        tries_all: true,
    },
    Size {
        bytes: 16 << 10,
        steps: (200, 3000),
        passes_on: 40,
        tries_all: true,
    },
    Size {
        bytes: 64 << 10,
        steps: (60, 600),
        passes_on: 30,
        tries_all: false,
    },
    Size {
        bytes: 128 << 10,
        steps: (20, 300),
        passes_on: 12,
        tries_all: true,
    },
    Size {
        bytes: 512 << 10,
        steps: (4, 60),
        passes_on: 8,
        tries_all: false,
    },
    Size {
        bytes: 1536 << 10,
        steps: (0, 20),
        passes_on: 5,
        tries_all: false,
    },
    Size {
        bytes: 3 << 20,
        steps: (0, 10),
        passes_on: 0,
        tries_all: false,
    },
];

#[test]
fn no_body_takes_much_longer_than_its_size_explains() {
    let judges = Judges::new();
    let plain = judges.measure(&plain(), PIECE).of_a_piece();
    let (mut pool, mut worst) = (Vec::new(), Vec::new());
    for size in &SIZES {
        if size.tries_all || is_long() {
            pool.extend(hand_made());
        }
        let found = search(&judges, size, &pool);
        for (position, measured) in found.iter().take(if is_long() { 5 } else { 1 }).enumerate() {
            println!(
                "figure: body of {} KiB, number {}: {:?}, {:?} to decode, {:?} for a piece, {:.1} times a plain one: {:?}",
                measured.length >> 10,
                position + 1,
                measured.took,
                measured.decoded,
                measured.of_a_piece(),
                measured.of_a_piece().as_secs_f64() / plain.as_secs_f64(),
                measured.recipe
            );
        }
        pool = found
            .iter()
            .take(size.passes_on)
            .map(|measured| measured.recipe.clone())
            .collect();
        worst.push(found[0].clone());
    }
    for measured in &worst {
        let most = plain.mul_f64(MOST);
        assert!(
            measured.of_a_piece() <= most,
            "more than {most:?} for a piece: {measured:?}"
        );
        let most = MOST_IN_RELEASE;
        assert!(
            cfg!(debug_assertions) || measured.of_a_piece() <= most,
            "more than {most:?} for a piece: {measured:?}"
        );
    }
    let (small, large) = (worst[1].of_a_piece(), worst[SIZES.len() - 1].of_a_piece());
    assert!(
        large <= small.mul_f64(MOST_GROWTH),
        "{small:?} for a piece of few, {large:?} for one of many"
    );
}

/// A body, and how long it took.
#[derive(Debug, Clone)]
struct Measured {
    recipe: Recipe,
    length: usize,
    took: Duration,
    decoded: Duration,
}

impl Measured {
    fn of_a_piece(&self) -> Duration {
        self.took / u32::try_from(self.length.div_ceil(PIECE)).unwrap()
    }
}

/// Keeps the slowest, changes one of them, and looks whether that is slower still.
fn search(judges: &Judges, size: &Size, pool: &[Recipe]) -> Vec<Measured> {
    let mut random = Random::new(size.bytes as u64);
    let mut found: Vec<Measured> = Vec::new();
    for recipe in pool {
        keep(&mut found, judges.measure(recipe, size.bytes));
    }
    for _ in 0..scale(size.steps.0, size.steps.1) {
        let parent = &found[random.below(found.len().min(8))];
        let child = judges.measure(&parent.recipe.mutated(&mut random), size.bytes);
        keep(&mut found, child);
    }
    found
}

/// Keeps the slowest first, and of those that are long by the same means the slowest one, so that the search goes on in
/// several directions.
fn keep(found: &mut Vec<Measured>, new: Measured) {
    let means = |measured: &Measured| format!("{:?} {:?}", measured.recipe.history, measured.recipe.ingredients);
    let wanted = means(&new);
    match found.iter_mut().find(|measured| means(measured) == wanted) {
        Some(same) if same.took < new.took => *same = new,
        Some(_) => {}
        None => found.push(new),
    }
    found.sort_by_key(|measured| std::cmp::Reverse(measured.took));
    found.truncate(60);
}

/// The webhooks that are asked: one for each operator version, without settings and with a rule for everything.
struct Judges(Vec<(Era, bool, App)>);

impl Judges {
    fn new() -> Self {
        let judges = Era::ALL.into_iter().flat_map(|era| {
            [(false, Settings::default()), (true, many_settings())].map(|(has_settings, settings)| {
                let app = app_with(settings, no_references()).with_operator(Some(Operator::of_era(era)));
                (era, has_settings, app)
            })
        });
        Self(judges.collect())
    }

    fn measure(&self, recipe: &Recipe, size: usize) -> Measured {
        let wanted = (recipe.era, recipe.settings);
        let judge = self.0.iter().find(|(era, settings, _)| (*era, *settings) == wanted);
        let app = &judge.unwrap().2;
        let body = recipe.body(size);
        let took = fastest(|| {
            let reply = match recipe.hook {
                Hook::Validate => app.validate_bytes(&body),
                Hook::Mutate => app.mutate_bytes(&body),
            };
            assert!(reply.status == 200 || reply.status == 413, "{reply:?} {recipe:?}");
        });
        let decoded = fastest(|| drop(serde_json::from_slice::<Review<'_>>(&body).unwrap()));
        Measured {
            recipe: recipe.clone(),
            length: body.len(),
            took,
            decoded,
        }
    }
}

#[derive(Deserialize)]
struct Review<'a> {
    #[serde(borrow)]
    #[expect(dead_code, reason = "it is decoded, and nothing more")]
    request: Request<'a>,
}

/// The least processor time of this thread in a few runs, which other programs cannot make longer.
fn fastest(mut work: impl FnMut()) -> Duration {
    let mut least = Duration::MAX;
    let mut spent = Duration::ZERO;
    for run in 0..5 {
        let start = processor_time();
        work();
        let took = processor_time().saturating_sub(start);
        (least, spent) = (least.min(took), spent + took);
        if run > 0 && spent > Duration::from_millis(100) {
            break;
        }
    }
    least
}

fn processor_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.try_into().unwrap(), now.tv_nsec.try_into().unwrap())
}

/// Settings that name every rule.
fn many_settings() -> Settings {
    let codes = || registry::all().iter().map(|rule| rule.meta().code.to_owned());
    Settings {
        rules: codes().map(|code| (code, Level::Enforce)).collect(),
        ignorable: codes().collect(),
        ..Settings::default()
    }
}

/// A body of which nearly every byte has to be decoded and nothing more: what others are measured by.
fn plain() -> Recipe {
    let arguments = Ingredient::Items {
        at: dotted("spec.options.additionalArgs"),
        item: Item::Option,
    };
    Recipe::of(Object::Kind(Kind::Neo4jBackup), History::Created, arguments)
}

/// Where the search begins: what somebody would think of who means harm.
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn hand_made() -> Vec<Recipe> {
    let backup = Object::Kind(Kind::Neo4jBackup);
    let restore = Object::Kind(Kind::Neo4jRestore);
    let items = |at: &str, item| Ingredient::Items { at: dotted(at), item };
    let keys = |at: &str, key, item| Ingredient::Keys {
        at: dotted(at),
        key,
        item,
    };
    let text = |at: &str, head, unit, tail| Ingredient::Text {
        at: dotted(at),
        head,
        unit,
        tail,
    };
    let applied = |at: &str, key, item, stored| Ingredient::Applied {
        at: dotted(at),
        key,
        item,
        stored,
    };
    let annotations = "spec.storage.cloud.identity.autoCreate.annotations";
    let limits = "spec.options.resources.limits";
    let mut recipes = vec![plain()];
    let mut both = |ingredient: Ingredient| {
        for history in [History::Created, History::Reversed, History::Changed, History::Bare] {
            recipes.push(Recipe::of(backup, history, ingredient.clone()));
        }
    };
    for item in [Item::Empty, Item::Word, Item::Number, Item::Huge] {
        both(items("spec.options.additionalArgs", item));
    }
    for key in [Key::Short, Key::NearMiss, Key::IgnoreUnknown, Key::IgnoreKnown] {
        both(keys("metadata.annotations", key, Item::Empty));
        both(keys("metadata.annotations", key, Item::Word));
    }
    for (key, item) in [
        (Key::Short, Item::Empty),
        (Key::Identity, Item::Word),
        (Key::RoleArn, Item::Word),
    ] {
        both(keys(annotations, key, item));
    }
    for key in [Key::Short, Key::NearMiss] {
        both(keys("spec", key, Item::EmptyMap));
        both(keys("spec", key, Item::Word));
        both(keys(limits, key, Item::Word));
    }
    both(items("status.history", Item::Run));
    for stored in [Stored::Nothing, Stored::Same, Stored::Reversed] {
        for key in [Key::Short, Key::NearMiss] {
            both(applied("spec", Some(key), Item::True, stored));
            both(applied(annotations, Some(key), Item::Word, stored));
            both(applied("spec", Some(key), Item::EmptyMap, stored));
        }
        both(applied("spec.options.additionalArgs", None, Item::Word, stored));
        both(applied("spec.options.additionalArgs", None, Item::EmptyMap, stored));
        both(applied("spec.options.additionalArgs", None, Item::Nested, stored));
    }
    for (at, head, unit, tail) in [
        ("spec.schedule", "", "1,", " 2 * * *"),
        ("spec.schedule", "0 2 * * ", "MON,", ""),
        ("spec.schedule", "TZ=", "a", ""),
        ("spec.schedule", "", " ", ""),
        ("spec.storage.path", "", "//", ""),
        ("spec.storage.path", "", "é", ""),
        ("spec.storage.bucket", "", "a/", ""),
        ("spec.storage.bucket", "", "\u{1}", ""),
        ("spec.database", "", "a,", ""),
        ("spec.retention.maxAge", "", "1h", ""),
        ("spec.options.tempStorage.size", "", "9", "Gi"),
        ("spec.options.tempStorage.size", "1.", "0", "Gi"),
    ] {
        both(text(at, head, unit, tail));
    }
    both(text(&format!("{annotations}.eks"), "", "a", ""));
    for (at, head, unit, tail) in [
        ("spec.source.pointInTime", "2026-11-20T12:00:00.", "0", "Z"),
        ("spec.source.backupPath", "/", "a/", ""),
        ("spec.source.pitr.baseBackup.backupPath", "", "//", ""),
        ("spec.timeout", "", "1h", ""),
        ("spec.timeout", "0.", "1", "h"),
    ] {
        recipes.push(Recipe::of(restore, History::Created, text(at, head, unit, tail)));
        recipes.push(Recipe::of(restore, History::Changed, text(at, head, unit, tail)));
    }
    for kind in Kind::ALL {
        for at in [
            "spec.env",
            "spec.extraEnvFrom",
            "spec.options.preRestore.job.template.container.env",
        ] {
            for item in [Item::EmptyMap, Item::Variable, Item::Schema] {
                recipes.push(Recipe::of(Object::Kind(kind), History::Created, items(at, item)));
                recipes.push(Recipe::of(Object::Kind(kind), History::Changed, items(at, item)));
            }
        }
    }
    recipes.push(Recipe {
        settings: true,
        ..plain()
    });
    let filled = Recipe {
        hook: Hook::Mutate,
        ..Recipe::of(
            backup,
            History::Created,
            items("spec.options.additionalArgs", Item::Number),
        )
    };
    recipes.push(filled);
    recipes
}
