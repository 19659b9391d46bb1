//! One list, page by page.

use std::time::Duration;

use http::Request;
use http::header::ACCEPT;
use kube::{Client, Error};
use neo4jbackup_core::document::Node;
use neo4jbackup_core::snapshot::{StoredObject, stored_as};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::plan::{Form, Part};
use super::{Shared, reason};

/// So many objects come at a time.
const PAGE: usize = 500;

/// So often a request is sent again that got no answer at all.
const MOST_ATTEMPTS: u32 = 5;

/// So long is waited before it is, and twice as long before each time after that.
const PAUSE: Duration = Duration::from_millis(200);

/// A list, as far as it came.
#[derive(Debug)]
pub(super) struct List {
    pub(super) objects: Vec<StoredObject>,
    pub(super) answer: Answer,
    pub(super) requests: usize,
}

/// What came of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Everything was read.
    Complete,
    /// There is no object of this name.
    Absent,
    /// The API server does not know the resource.
    NotServed,
    /// It may not be read.
    Forbidden,
    /// The rest could not be read, and why.
    Failed(String),
}

#[derive(Deserialize)]
struct Page<'p> {
    #[serde(borrow, default)]
    items: Vec<&'p RawValue>,
    #[serde(default)]
    metadata: PageMetadata,
}

#[derive(Default, Deserialize)]
struct PageMetadata {
    #[serde(default, rename = "continue")]
    next: Option<String>,
}

/// Reads a list, or one object. Never fails: the answer says how far it came.
pub(super) async fn list(client: &Client, part: &Part, request_timeout: Duration, ends: Instant) -> List {
    let mut list = List {
        objects: Vec::new(),
        answer: Answer::Complete,
        requests: 0,
    };
    let api_version: Shared = part.api_version().into();
    let mut next = String::new();
    let mut has_begun_again = false;
    loop {
        let patience = request_timeout.min(ends.saturating_duration_since(Instant::now()));
        let asking = persistent_page(client, part, &next, &mut list.requests);
        let answer = tokio::time::timeout(patience, asking).await;
        let text = match answer {
            Err(_) => {
                list.answer = Answer::Failed(format!("no answer within {} s", patience.as_secs_f32().ceil()));
                return list;
            }
            Ok(Ok(text)) => text,
            // The place at which the next page begins is forgotten after a while; then the list is read from its beginning.
            Ok(Err(Error::Api(status))) if status.code == 410 && !next.is_empty() && !has_begun_again => {
                has_begun_again = true;
                next.clear();
                list.objects.clear();
                continue;
            }
            Ok(Err(error)) => {
                list.answer = answer_of(&error, part);
                return list;
            }
        };
        let (resource, version, is_one) = (part.resource, api_version.clone(), part.name.is_some());
        // Many objects are work for a core; meanwhile other answers are awaited.
        let parsed = tokio::task::spawn_blocking(move || {
            if is_one {
                let object: Node<'_> = serde_json::from_str(&text)?;
                return Ok((vec![stored_as(resource, &version, object)], None));
            }
            let page: Page<'_> = serde_json::from_str(&text)?;
            let objects = page.items.iter().map(|item| {
                let object: Node<'_> = serde_json::from_str(item.get())?;
                Ok(stored_as(resource, &version, object))
            });
            let objects: Result<Vec<StoredObject>, serde_json::Error> = objects.collect();
            Ok::<_, serde_json::Error>((objects?, page.metadata.next))
        });
        match parsed.await {
            Ok(Ok((mut objects, following))) => {
                list.objects.append(&mut objects);
                match following.filter(|following| !following.is_empty()) {
                    Some(following) => next = following,
                    None => return list,
                }
            }
            Ok(Err(error)) => {
                list.answer = Answer::Failed(format!("the answer is no list of objects: {error}"));
                return list;
            }
            Err(error) => {
                list.answer = Answer::Failed(format!("the answer could not be read: {error}"));
                return list;
            }
        }
    }
}

/// Asks for a page, and again where the connection breaks: the API server may be about to come back, or another one is there.
async fn persistent_page(client: &Client, part: &Part, next: &str, requests: &mut usize) -> Result<String, Error> {
    let mut attempts = 0;
    loop {
        *requests += 1;
        attempts += 1;
        match page(client, part, next).await {
            Err(error) if attempts < MOST_ATTEMPTS && is_unanswered(&error) => {
                tokio::time::sleep(PAUSE * 2_u32.pow(attempts - 1)).await;
            }
            answer => return answer,
        }
    }
}

/// Whether there was no answer, or only a part of one.
fn is_unanswered(error: &Error) -> bool {
    matches!(error, Error::Service(_) | Error::HyperError(_))
}

async fn page(client: &Client, part: &Part, next: &str) -> Result<String, Error> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if part.name.is_none() {
        query.append_pair("limit", &PAGE.to_string());
        let selectors = [("labelSelector", &part.labels), ("fieldSelector", &part.fields)];
        for (key, selector) in selectors {
            if let Some(selector) = selector {
                query.append_pair(key, selector);
            }
        }
        if !next.is_empty() {
            query.append_pair("continue", next);
        }
    }
    let request = Request::get(format!("{}?{}", part.path(), query.finish()));
    let request = request.header(ACCEPT, media_type(part)).body(Vec::new());
    client.request_text(request.map_err(Error::HttpError)?).await
}

/// In which form objects are asked for; whole where the API server does not know the other one.
fn media_type(part: &Part) -> &'static str {
    match (part.form, &part.name) {
        (Form::Whole, _) => "application/json",
        (Form::Metadata, None) => "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
        (Form::Metadata, Some(_)) => "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json",
    }
}

fn answer_of(error: &Error, part: &Part) -> Answer {
    match error {
        Error::Api(status) if status.code == 403 => Answer::Forbidden,
        Error::Api(status) if status.code == 404 && part.name.is_some() => Answer::Absent,
        Error::Api(status) if status.code == 404 => Answer::NotServed,
        other => Answer::Failed(reason(other)),
    }
}
