//! Which folder a text belongs to, by which names ever.

use std::path::Path;

use super::client::Editor;
use super::{backup, capabilities, codes, has, labels};
use crate::support::{SIX_FIELDS, Sandbox};

const SETTINGS: &str = ".neo4jbackup.yaml";
const UNTITLED: &str = "untitled:Untitled-1";
/// Half a restore: what comes next is the name of a backup.
const RESTORE: &str = "apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jRestore\nmetadata:\n  namespace: graph\nspec:\n  source:\n    backupRef: ";

#[test]
fn a_file_in_no_open_folder_has_the_settings_of_its_own() {
    let sandbox = Sandbox::new();
    sandbox.write(&format!("jo/repo/{SETTINGS}"), "skip: [NB5001]\n");
    let files = ["jo/a.yaml", "jo/repo/b.yaml"].map(|file| sandbox.path(file));
    // Whichever is opened first.
    for order in [[0, 1], [1, 0]] {
        let mut editor = Editor::start(&[]);
        editor.begin(&[], &capabilities());
        for file in order {
            editor.open(&files[file], SIX_FIELDS);
            let findings = editor.findings_of(&files[file], 1);
            assert_eq!(
                codes(&findings).contains(&"NB5001"),
                file == 0,
                "{order:?}: {findings:?}"
            );
        }
        assert_eq!(editor.shut_down().exit, Some(0));
    }
}

#[test]
fn a_folder_that_is_opened_later_has_the_texts_in_it() {
    let sandbox = Sandbox::new();
    sandbox.write("repo/deploy/other.yaml", backup("other", "0 2 * * *"));
    sandbox.write(&format!("repo/{SETTINGS}"), "skip: [NB3001]\n");
    let (repo, file) = (sandbox.path("repo"), sandbox.path("repo/deploy/a.yaml"));
    let mut editor = Editor::start(&[]);
    editor.begin(&[], &capabilities());
    editor.open(&file, &backup("nightly", "0 2 * * *"));
    let findings = editor.findings_of(&file, 1);
    assert!(!codes(&findings).contains(&"NB5004"), "{findings:?}");

    editor.change_folders(&[&repo], &[]);
    editor.findings(&file, |params| has(params, "NB5004"));
    // A folder in it is nearer, and has files of its own.
    editor.change_folders(&[&sandbox.path("repo/deploy")], &[]);
    editor.change_folders(&[], &[&repo]);
    let restore = sandbox.path("repo/deploy/restore.yaml");
    editor.open(&restore, RESTORE);
    let names = |editor: &mut Editor| {
        let list = editor.ask_at("textDocument/completion", &restore, 6, 15);
        list.to_string()
    };
    while !names(&mut editor).contains("\"other\"") {
        std::thread::yield_now();
    }
    // What is open counts, and nothing else, where no folder is.
    editor.change_folders(&[], &[&sandbox.path("repo/deploy")]);
    let left = names(&mut editor);
    assert!(left.contains("\"nightly\"") && !left.contains("\"other\""), "{left}");
    assert_eq!(editor.shut_down().exit, Some(0));
}

#[cfg(unix)]
fn linked(sandbox: &Sandbox, link: &str, target: &str) -> std::path::PathBuf {
    let link = sandbox.path(link);
    std::os::unix::fs::symlink(target, &link).unwrap();
    link
}

#[cfg(unix)]
#[test]
fn a_folder_behind_a_link_is_one_folder() {
    let sandbox = Sandbox::new();
    sandbox.write(&format!("real/{SETTINGS}"), "skip: [NB5001]\n");
    sandbox.write("real/other.yaml", backup("other", "0 2 * * *"));
    let link = linked(&sandbox, "link", "real");
    let (mut editor, _) = Editor::in_folder(&link, &[], &capabilities());

    // A text without a name is judged with the files of the folder, and by its settings.
    editor.open_as(UNTITLED, &backup("nightly", "0 2 * * *"));
    editor.findings_at(UNTITLED, |params| has(params, "NB5004"));
    // A file that is not saved yet, in a folder that is not there yet, too.
    let new = link.join("new/backup.yaml");
    editor.open(&new, SIX_FIELDS);
    let findings = editor.findings_of(&new, 1);
    assert!(!codes(&findings).contains(&"NB5001"), "{findings:?}");
    // A file that is deleted is missed.
    std::fs::remove_file(sandbox.path("real/other.yaml")).unwrap();
    editor.tell_of(&link.join("other.yaml"));
    editor.findings_at(UNTITLED, |params| !has(params, "NB5004"));
    // Of a folder that is closed nothing stays.
    editor.change_folders(&[], &[&link]);
    editor.open_as(UNTITLED, SIX_FIELDS);
    editor.findings_at(UNTITLED, |params| has(params, "NB5001"));
    assert_eq!(editor.shut_down().exit, Some(0));
}

#[cfg(unix)]
#[test]
fn a_home_behind_a_link_is_not_read() {
    let sandbox = Sandbox::new();
    sandbox.write("disk/jo/other.yaml", backup("other", "0 2 * * *"));
    sandbox.write("disk/jo/backup.yaml", "");
    sandbox.write("repo/other.yaml", backup("other", "0 2 * * *"));
    let home = linked(&sandbox, "home", "disk/jo");
    let repo = sandbox.path("repo");
    let reads_home = |value: &Path| {
        let mut editor = Editor::start_with(&[], &[("HOME", value)]);
        editor.begin(&[&home, &repo], &capabilities());
        let [at_home, in_repo] = [&home, &repo].map(|folder| folder.join("backup.yaml"));
        editor.open(&at_home, &backup("nightly", "0 2 * * *"));
        editor.open(&in_repo, &backup("nightly", "0 2 * * *"));
        // Folders are read in the order of their names: when this one was, the home was, if ever.
        editor.findings(&in_repo, |params| has(params, "NB5004"));
        editor.open(&at_home, RESTORE);
        let list = editor.ask_at("textDocument/completion", &at_home, 6, 15);
        assert_eq!(editor.shut_down().exit, Some(0));
        labels(&list).contains(&"other")
    };
    assert!(!reads_home(&home));
    assert!(!reads_home(&sandbox.path("disk/jo")));
    assert!(reads_home(&repo.join("none")));
}
