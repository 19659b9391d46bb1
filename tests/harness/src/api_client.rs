//! The API server without kubectl: for what is asked a thousand times, and for warnings that have to be told apart.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use hyper::body::Bytes;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, WARNING};
use hyper::{Request, Response};
use serde_json::Value;

use crate::http::{Connection, HttpError, Trust};

/// A connection to an API server as its administrator, made anew after it broke.
pub struct ApiClient {
    dial: Dial,
    trust: Trust,
    token: String,
    /// In whose name it asks; its own without one.
    user: Option<String>,
    connection: Option<Connection>,
}

/// Opens a socket to the API server.
type Dial = Arc<dyn Fn() -> io::Result<TcpStream> + Send + Sync>;

/// What the API server said.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The texts of the `Warning` headers.
    pub warnings: Vec<String>,
    /// The object, list or `Status`; a text when it is no JSON.
    pub body: Value,
}

impl ApiClient {
    /// For an API server whose certificate is for `127.0.0.1`.
    pub(crate) fn new(
        dial: impl Fn() -> io::Result<TcpStream> + Send + Sync + 'static,
        authority_pem: &str,
        token: &str,
    ) -> Result<Self, HttpError> {
        Ok(Self {
            dial: Arc::new(dial),
            trust: Trust::in_authorities(authority_pem.as_bytes())?,
            token: token.to_owned(),
            user: None,
            connection: None,
        })
    }

    /// Another connection to the same API server.
    #[must_use]
    pub fn another(&self) -> Self {
        Self {
            dial: Arc::clone(&self.dial),
            trust: self.trust.clone(),
            token: self.token.clone(),
            user: self.user.clone(),
            connection: None,
        }
    }

    /// Another connection, by which everything is asked in the name of a user.
    #[must_use]
    pub fn in_the_name_of(&self, user: &str) -> Self {
        Self {
            user: Some(user.to_owned()),
            ..self.another()
        }
    }

    /// Sends an object in JSON, or nothing when it is null. There is no answer when the connection breaks.
    pub fn try_send(&mut self, method: &str, path: &str, body: &Value) -> Result<Answer, HttpError> {
        self.exchange(method, path, "application/json", body)
    }

    /// The same when there has to be an answer.
    pub fn send(&mut self, method: &str, path: &str, body: &Value) -> Answer {
        must(method, path, self.try_send(method, path, body))
    }

    /// The object; `None` when there is none.
    pub fn get(&mut self, path: &str) -> Option<Value> {
        let answer = self.send("GET", path, &Value::Null);
        assert!(matches!(answer.status, 200 | 404), "GET {path}: {answer:?}");
        (answer.status == 200).then_some(answer.body)
    }

    /// Merges a patch into an object.
    pub fn patch(&mut self, path: &str, patch: &Value) -> Answer {
        let answer = self.exchange("PATCH", path, "application/merge-patch+json", patch);
        must("PATCH", path, answer)
    }

    /// Merges a patch, which has to be accepted, into an object.
    pub fn merge(&mut self, path: &str, patch: &Value) {
        let answer = self.patch(path, patch);
        assert_eq!(answer.status, 200, "PATCH {path}: {answer:?}");
    }

    /// Applies an object on the server, as a field manager.
    pub fn apply(&mut self, path: &str, manager: &str, object: &Value) -> Answer {
        let path = format!("{path}?fieldManager={manager}");
        let answer = self.exchange("PATCH", &path, "application/apply-patch+yaml", object);
        must("PATCH", &path, answer)
    }

    /// Deletes what has to be there.
    pub fn delete(&mut self, path: &str) {
        let answer = self.send("DELETE", path, &Value::Null);
        assert_eq!(answer.status, 200, "DELETE {path}: {answer:?}");
    }

    fn exchange(&mut self, method: &str, path: &str, media_type: &str, body: &Value) -> Result<Answer, HttpError> {
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, media_type);
        if let Some(user) = &self.user {
            request = request.header("Impersonate-User", user);
        }
        let request = request.body(body)?;
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::secure_over((self.dial)(), "127.0.0.1", &self.trust)?,
        };
        let answer = connection.send(request)?;
        self.connection = Some(connection);
        Ok(Answer::from(answer))
    }
}

impl From<Response<Bytes>> for Answer {
    fn from(response: Response<Bytes>) -> Self {
        let warnings = response.headers().get_all(WARNING).iter();
        let warnings = warnings.map(|value| warning(&String::from_utf8_lossy(value.as_bytes())));
        let body = serde_json::from_slice(response.body());
        Self {
            status: response.status().as_u16(),
            warnings: warnings.collect(),
            body: body.unwrap_or_else(|_| String::from_utf8_lossy(response.body()).into()),
        }
    }
}

fn must(method: &str, path: &str, answer: Result<Answer, HttpError>) -> Answer {
    match answer {
        Ok(answer) => answer,
        Err(error) => panic!("{method} {path}: {error}"),
    }
}

/// The text of `299 - "text"`, in which quotes and backslashes are escaped; all of it when it is no such text.
fn warning(header: &str) -> String {
    let Some((_, quoted)) = header.split_once('"') else {
        return header.to_owned();
    };
    let mut text = String::new();
    let mut letters = quoted.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => text.extend(letters.next()),
            '"' => break,
            _ => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_warning_is_read_without_what_escapes_it() {
        assert_eq!(warning(r#"299 - "a \"b\" \\ c""#), r#"a "b" \ c"#);
        assert_eq!(warning("no warning"), "no warning");
    }
}
