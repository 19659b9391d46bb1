//! One list, page by page, whatever is in it: begun again where the place is forgotten, asked again where a connection breaks.

use std::time::Duration;

use http::Request;
use http::header::ACCEPT;
use kube::{Client, Error};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use tokio::time::Instant;

use crate::error_chain::reason;

/// So many objects come at a time. A page and its trees are held while the rest is read.
pub(crate) const PAGE: usize = 500;

/// So many events, which are small. The API server has no cache of them, and etcd counts all that there are for each page:
/// of 100,000 in pages of 500, most of its time would go there.
pub(crate) const PAGE_OF_EVENTS: usize = 2_000;

/// So often a request is sent again that got no answer at all.
const MOST_ATTEMPTS: u32 = 5;

/// So long is waited before it is, and twice as long before each time after that.
const PAUSE: Duration = Duration::from_millis(200);

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Listing {
    /// The path of its requests.
    pub(crate) path: String,
    /// Which of the objects: selectors.
    pub(crate) selectors: Vec<(&'static str, String)>,
    /// In which form.
    pub(crate) media_type: &'static str,
    /// How many at a time.
    pub(crate) page: usize,
    /// Whether it is one object and no list.
    pub(crate) is_one: bool,
}

/// How long is waited for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For one answer.
    pub(crate) of_request: Duration,
    /// For everything.
    pub(crate) ends: Instant,
}

/// A list, as far as it came.
#[derive(Debug)]
pub(crate) struct Pages<T> {
    pub(crate) items: Vec<T>,
    /// Why the rest is missing; `None` where there is no more.
    pub(crate) failure: Option<Failure>,
    pub(crate) requests: usize,
}

/// Why a list, or the rest of it, did not come.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No answer in this time.
    Silence(Duration),
    /// The API server refused, or there was no connection.
    Refused(Error),
    /// The answer is something else.
    NoList(String),
}

impl Failure {
    /// In the words of a gap.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Silence(patience) => format!("no answer within {} s", patience.as_secs_f32().ceil()),
            Self::Refused(error) => reason(error),
            Self::NoList(why) => why.clone(),
        }
    }
}

#[derive(Deserialize)]
struct Page<'p> {
    /// The API server writes `null` for an empty list of metadata. What has no items at all is no list.
    #[serde(borrow, deserialize_with = "items")]
    items: Vec<&'p RawValue>,
    #[serde(default)]
    metadata: PageMetadata,
}

#[derive(Default, Deserialize)]
struct PageMetadata {
    #[serde(default, rename = "continue")]
    next: Option<String>,
}

fn items<'p, D: Deserializer<'p>>(deserializer: D) -> Result<Vec<&'p RawValue>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads a list, or one object, and makes of the text of each object what `read` says. Never fails: the answer says how far
/// it came.
pub(crate) async fn pages<T: Send + 'static>(
    client: &Client,
    listing: &Listing,
    patience: Patience,
    read: impl Fn(&str) -> Result<T, serde_json::Error> + Clone + Send + 'static,
) -> Pages<T> {
    let mut list = Pages {
        items: Vec::new(),
        failure: None,
        requests: 0,
    };
    let mut next = String::new();
    let mut has_begun_again = false;
    loop {
        let left = patience.ends.saturating_duration_since(Instant::now());
        let left = patience.of_request.min(left);
        let asking = persistent_page(client, listing, &next, &mut list.requests);
        let failure = match tokio::time::timeout(left, asking).await {
            Err(_) => Failure::Silence(left),
            // The place at which the next page begins is forgotten after a while; then the list is read from its beginning.
            Ok(Err(Error::Api(status))) if status.code == 410 && !next.is_empty() && !has_begun_again => {
                has_begun_again = true;
                next.clear();
                list.items.clear();
                continue;
            }
            Ok(Err(error)) => Failure::Refused(error),
            Ok(Ok(text)) => match parsed(text, listing.is_one, read.clone()).await {
                Ok((mut items, following)) => {
                    list.items.append(&mut items);
                    match following.filter(|following| !following.is_empty()) {
                        Some(following) => next = following,
                        None => return list,
                    }
                    continue;
                }
                Err(why) => Failure::NoList(why),
            },
        };
        list.failure = Some(failure);
        return list;
    }
}

/// The objects of a page, and where the next one begins. Many objects are work for a core; meanwhile other answers are awaited.
async fn parsed<T: Send + 'static>(
    text: String,
    is_one: bool,
    read: impl Fn(&str) -> Result<T, serde_json::Error> + Send + 'static,
) -> Result<(Vec<T>, Option<String>), String> {
    let parsed = tokio::task::spawn_blocking(move || {
        if is_one {
            return Ok((vec![read(&text)?], None));
        }
        let page: Page<'_> = serde_json::from_str(&text)?;
        let items = page.items.iter().map(|item| read(item.get()));
        let items: Result<Vec<T>, serde_json::Error> = items.collect();
        Ok::<_, serde_json::Error>((items?, page.metadata.next))
    });
    match parsed.await {
        Ok(parsed) => parsed.map_err(|error| format!("the answer is no list of objects: {error}")),
        Err(error) => Err(format!("the answer could not be read: {error}")),
    }
}

/// Asks for a page, and again where the connection breaks: the API server may be about to come back, or another one is there.
async fn persistent_page(
    client: &Client,
    listing: &Listing,
    next: &str,
    requests: &mut usize,
) -> Result<String, Error> {
    let mut attempts = 0;
    loop {
        *requests += 1;
        attempts += 1;
        match page(client, listing, next).await {
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

async fn page(client: &Client, listing: &Listing, next: &str) -> Result<String, Error> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if !listing.is_one {
        query.append_pair("limit", &listing.page.to_string());
        for (key, selector) in &listing.selectors {
            query.append_pair(key, selector);
        }
        if !next.is_empty() {
            query.append_pair("continue", next);
        }
    }
    let request = Request::get(format!("{}?{}", listing.path, query.finish()));
    let request = request.header(ACCEPT, listing.media_type).body(Vec::new());
    client.request_text(request.map_err(Error::HttpError)?).await
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[tokio::test]
    async fn an_empty_list_may_be_null_and_what_is_no_list_is_none() {
        for (text, expected) in [
            (r#"{"metadata": {}, "items": null}"#, Ok((0, None))),
            (r#"{"metadata": {}, "items": []}"#, Ok((0, None))),
            (r#"{"metadata": {}}"#, Err(())),
            ("{}", Err(())),
            (
                r#"{"metadata": {"continue": "next"}, "items": [{}, {}]}"#,
                Ok((2, Some("next".to_owned()))),
            ),
            (r#"{"items": "none"}"#, Err(())),
            ("<html>", Err(())),
        ] {
            let parsed = parsed(text.to_owned(), false, |text| serde_json::from_str::<Value>(text)).await;
            let parsed = parsed.map(|(items, next)| (items.len(), next)).map_err(drop);
            assert_eq!(parsed, expected, "{text}");
        }
    }
}
