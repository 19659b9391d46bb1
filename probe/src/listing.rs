//! Whether anything lies below a prefix.

use neo4jbackup_core::quoted::quoted;
use object_store::ObjectMeta;
use object_store::list::{PaginatedListOptions, PaginatedListStore};

use crate::class::Class;
use crate::report::Failure;

/// What is said of a list in which nothing stands.
pub const NOTHING_YET: &str = "nothing is there yet";

/// How the key of an artifact ends. One artifact is no folder: its key is all that there is to find.
pub const ARTIFACT: &str = ".backup";

/// After the first entry so many pages are looked through: an account of Azure with folders lists these, too, which are nothing
/// that was backed up, and pages may be empty while there are more.
const PAGES: usize = 10;
const PAGE: usize = 100;

/// Looks for an object below a prefix, or for the artifact that the prefix is. Returns what was found, in words. `check` says
/// whether the last answer was a list: the library takes any XML for an empty one. Of Azure (`hides_prefix`) the library
/// leaves out what is called exactly as the prefix. Others are asked for what it is: a policy may allow no other prefix.
pub(crate) async fn look<S: PaginatedListStore>(
    store: &S,
    prefix: &str,
    hides_prefix: bool,
    check: impl Fn() -> Result<(), Failure>,
) -> Result<String, Failure> {
    let is_artifact = prefix.ends_with(ARTIFACT);
    let asked = match prefix.strip_suffix('p') {
        Some(shorter) if is_artifact && hides_prefix => shorter,
        _ => prefix,
    };
    let is_sought = |object: &&ObjectMeta| {
        let key = object.location.as_ref();
        // An object that is called as the folder is what some programs make to show it.
        if is_artifact {
            key == prefix
        } else {
            Some(key) != prefix.strip_suffix('/')
        }
    };
    let mut next = None;
    for page in 0..=PAGES {
        let options = PaginatedListOptions {
            max_keys: Some(if page == 0 { 1 } else { PAGE }),
            page_token: next.take(),
            ..PaginatedListOptions::default()
        };
        let listed = store
            .list_paginated(Some(asked).filter(|asked| !asked.is_empty()), options)
            .await;
        check()?;
        let listed = listed.map_err(|_| Failure::of(Class::Unknown, "the list cannot be read"))?;
        if let Some(object) = listed.result.objects.iter().find(is_sought) {
            return Ok(format!("found {}", quoted(object.location.as_ref())));
        }
        match listed.page_token {
            Some(token) => next = Some(token),
            None => return Ok(NOTHING_YET.to_owned()),
        }
    }
    let entries = 1 + PAGES * PAGE;
    Ok(format!(
        "no object is among the first {entries} entries, and there are more"
    ))
}
