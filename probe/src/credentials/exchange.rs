//! Credentials that are exchanged for a token of the cloud.

use bytes::Bytes;
use http::{Method, Request, Response, header};
use object_store::client::HttpRequestBody;
use serde_json::Value;

use crate::class::Class;
use crate::report::Failure;
use crate::transport::{Last, Transport};

/// What is said where the answer is no token. It is not shown: it may hold one.
pub(super) const NOTHING: &str = "the token service gives nothing that can be read";

/// Sends a form, and returns the field of the answer that is the token; else what came back.
pub(super) async fn form(
    transport: &Transport,
    service: &str,
    fields: &[(&str, &str)],
    field: &str,
) -> Result<String, Option<Last>> {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let request = Request::builder()
        .method(Method::POST)
        .uri(service)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json")
        .body(HttpRequestBody::from(body));
    ask(transport, request, field).await
}

/// The same for any request.
pub(super) async fn ask(
    transport: &Transport,
    request: http::Result<Request<HttpRequestBody>>,
    field: &str,
) -> Result<String, Option<Last>> {
    let body = answered(transport, request).await?;
    let value: Option<Value> = serde_json::from_slice(&body).ok();
    let token = value.and_then(|value| value[field].as_str().map(str::to_owned));
    // Anything else would break the header that it is to stand in.
    let token = token.filter(|token| !token.is_empty() && !token.contains(|letter: char| !letter.is_ascii_graphic()));
    token.ok_or(None)
}

/// Sends a request, and returns the body of an answer that grants it; else what came back.
pub(super) async fn answered(
    transport: &Transport,
    request: http::Result<Request<HttpRequestBody>>,
) -> Result<Bytes, Option<Last>> {
    let request = request.map_err(|_| {
        let message = "the address of the token service is none";
        Some(Last::Broken(Failure::of(Class::EndpointMalformed, message)))
    })?;
    let answer = transport.send(request).await;
    let last = transport.take_last();
    let answer = answer.ok().filter(|answer| answer.status().is_success());
    answer.map(Response::into_body).ok_or(last)
}
