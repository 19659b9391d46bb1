//! The form of the fixtures, and manifests with a hole.

use std::fs;

use neo4jbackup_tests::fixture;

#[test]
fn every_fixture_is_written_as_blessing_would_write_it() {
    for fixture in fixture::all() {
        let text = fs::read_to_string(&fixture.file).unwrap();
        assert_eq!(fixture.render(), text, "{}", fixture.file.display());
    }
}

const FIXTURE: &str = "\
# a-rule

The schedule of one backup.

```yaml base
kind: Neo4jBackup
spec:
  …
  storage: {type: pvc}
```

## In the hole

Why.

```yaml
  schedule: a
  instanceRef: b
```

```findings
```

## A file of its own

Why.

```yaml
kind: Neo4jBackup
spec:
  schedule: a
  storage: {type: pvc}
```

```findings
```
";

#[test]
fn a_case_is_a_file_of_its_own_or_stands_in_the_hole_of_the_base() {
    let file = tempfile::Builder::new().suffix(".md").tempfile().unwrap();
    fs::write(&file, FIXTURE).unwrap();
    let fixture = fixture::read(file.path());
    let [part, whole] = fixture.cases.as_slice() else {
        panic!("{fixture:?}");
    };
    let manifest = "kind: Neo4jBackup\nspec:\n  schedule: a\n  instanceRef: b\n  storage: {type: pvc}\n";
    assert_eq!(part.manifest, manifest);
    // The reader counts the lines that are shown: above the hole, in it, below it.
    let places = (1..=5).map(|line| part.place(line, 3));
    let expected = ["base 1:3", "base 2:3", "1:3", "2:3", "base 4:3"];
    assert_eq!(places.collect::<Vec<_>>(), expected);
    assert_eq!(whole.place(4, 3), "4:3");
    assert!(whole.manifest.starts_with("kind:"));
    let rendered = fixture.render();
    assert_eq!(
        rendered.split_once('\n').unwrap().1,
        FIXTURE.split_once('\n').unwrap().1
    );
}
