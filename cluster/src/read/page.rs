//! One list of a resource, as objects of a snapshot.

use std::time::Duration;

use kube::{Client, Error};
use neo4jbackup_core::document::Node;
use neo4jbackup_core::snapshot::{Resource, StoredObject, stored_as};
use tokio::time::Instant;

use super::Shared;
use super::plan::{Form, Part};
use crate::pages::{Failure, Listing, PAGE, PAGE_OF_EVENTS, Patience, pages};

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

/// Reads a list, or one object. Never fails: the answer says how far it came.
pub(super) async fn list(client: &Client, part: &Part, request_timeout: Duration, ends: Instant) -> List {
    let selectors = [("labelSelector", &part.labels), ("fieldSelector", &part.fields)];
    let selectors = selectors.into_iter();
    let listing = Listing {
        path: part.path(),
        selectors: selectors
            .filter_map(|(key, selector)| Some((key, selector.clone()?)))
            .collect(),
        media_type: media_type(part),
        page: match part.resource {
            Resource::Events => PAGE_OF_EVENTS,
            _ => PAGE,
        },
        is_one: part.name.is_some(),
    };
    let patience = Patience {
        of_request: request_timeout,
        ends,
    };
    let (resource, version): (_, Shared) = (part.resource, part.api_version().into());
    let read = move |text: &str| {
        let object: Node<'_> = serde_json::from_str(text)?;
        Ok(stored_as(resource, &version, object))
    };
    let list = pages(client, &listing, patience, read).await;
    List {
        objects: list.items,
        answer: list
            .failure
            .map_or(Answer::Complete, |failure| answer_of(&failure, part)),
        requests: list.requests,
    }
}

/// In which form objects are asked for; whole where the API server does not know the other one.
fn media_type(part: &Part) -> &'static str {
    match (part.form, &part.name) {
        (Form::Whole, _) => "application/json",
        (Form::Metadata, None) => "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
        (Form::Metadata, Some(_)) => "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json",
    }
}

fn answer_of(failure: &Failure, part: &Part) -> Answer {
    match failure {
        Failure::Refused(Error::Api(status)) if status.code == 403 => Answer::Forbidden,
        Failure::Refused(Error::Api(status)) if status.code == 404 && part.name.is_some() => Answer::Absent,
        Failure::Refused(Error::Api(status)) if status.code == 404 => Answer::NotServed,
        failure => Answer::Failed(failure.reason()),
    }
}
