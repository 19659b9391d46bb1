//! A webhook asked as the API server asks it.

use std::net::SocketAddr;

use hyper::Request;
use hyper::header::CONTENT_TYPE;
use serde_json::Value;

use crate::http::{Connection, HttpError, Trust};

/// An open connection to a webhook, for many reviews.
pub struct ReviewClient {
    connection: Connection,
}

impl ReviewClient {
    /// To a webhook whose certificate has to be for `name`.
    pub fn connect(address: SocketAddr, name: &str, trust: &Trust) -> Result<Self, HttpError> {
        let connection = Connection::secure(address, name, trust)?;
        Ok(Self { connection })
    }

    /// Sends a review to `/validate` or `/mutate`; gives the status and the `response`, which is null when there is none.
    pub fn ask(&mut self, path: &str, review: &Value) -> Result<(u16, Value), HttpError> {
        let request = Request::post(format!("{path}?timeout=10s")).header(CONTENT_TYPE, "application/json");
        let answer = self.connection.send(request.body(review.to_string().into_bytes())?)?;
        let mut review: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        Ok((answer.status().as_u16(), review["response"].take()))
    }
}
