//! What a store has said last, as far as it says why.

use bytes::Bytes;
use http::{HeaderMap, StatusCode, Uri, header};
use neo4jbackup_core::quoted::{beginning, excerpt, name, quoted};

use crate::class::Class;
use crate::endpoint;
use crate::report::Failure;

/// So many characters of a sentence are kept that is not shown whole.
const LONGEST: usize = 2048;

/// An answer that is kept to be judged.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// Which address was asked.
    pub uri: Uri,
    /// The status.
    pub status: StatusCode,
    /// The code of the error: `AccessDenied`.
    pub code: Option<String>,
    /// The sentence of the error.
    pub message: Option<String>,
    /// The region that the store names.
    pub region: Option<String>,
    /// The date that the server has put to it.
    pub date: Option<String>,
    /// The server to which it sends us, as scheme and host.
    pub redirect: Option<String>,
    /// The name of the outermost element of XML.
    pub root: Option<String>,
    /// Whether the body is neither XML nor JSON.
    pub is_foreign: bool,
}

impl Answer {
    /// Reads an answer.
    pub(crate) fn read(uri: Uri, status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Self {
        let header = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
        let mut answer = Self {
            uri,
            status,
            code: header("x-ms-error-code"),
            message: None,
            region: header("x-amz-bucket-region"),
            date: header(header::DATE.as_str()),
            redirect: header(header::LOCATION.as_str())
                .filter(|_| status.is_redirection())
                .and_then(|location| endpoint::server_of(&location.parse().ok()?)),
            root: None,
            is_foreign: false,
        };
        let text = std::str::from_utf8(body)
            .unwrap_or_default()
            .trim_start_matches('\u{feff}');
        // An answer that gives what was asked for may be a token: of it no more is kept than its outermost element.
        if status.is_success() {
            let document = roxmltree::Document::parse(text).ok();
            answer.root = document.map(|document| document.root_element().tag_name().name().to_owned());
            return answer;
        }
        if let Ok(document) = roxmltree::Document::parse(text) {
            answer.read_xml(&document);
        } else if let Ok(value) = serde_json::from_str(text) {
            answer.read_json(&value);
        } else {
            answer.is_foreign = !text.trim().is_empty();
            let first = text.lines().next().unwrap_or_default();
            answer.message = Some(first.to_owned()).filter(|first| !first.trim().is_empty());
        }
        answer
    }

    /// `<Error><Code>…` of a store, `<ErrorResponse><Error><Code>…` of a token service.
    fn read_xml(&mut self, document: &roxmltree::Document<'_>) {
        self.root = Some(document.root_element().tag_name().name().to_owned());
        let text = |name: &str| {
            let mut nodes = document.descendants().filter(|node| node.tag_name().name() == name);
            nodes.find_map(|node| Some(node.text()?.trim().to_owned()))
        };
        self.code = text("Code").or(self.code.take());
        // Azure says there why a signature or a token is refused, and Google which permission is missing.
        self.message = text("AuthenticationErrorDetail")
            .or_else(|| text("Details"))
            .or_else(|| text("Message"));
        self.region = self.region.take().or_else(|| text("Region"));
    }

    /// `{"error": {"code": …, "message": …}}` of Google, `{"error": …, "error_description": …}` of OAuth.
    fn read_json(&mut self, value: &serde_json::Value) {
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        let error = &value["error"];
        let reason = text(&error["errors"][0]["reason"]).or_else(|| text(&error["status"]));
        self.code = self
            .code
            .take()
            .or_else(|| text(error))
            .or(reason)
            .or_else(|| text(&value["code"]));
        self.message = text(&error["message"])
            .or_else(|| text(&value["error_description"]))
            .or_else(|| text(&value["message"]));
    }

    /// The code, or nothing.
    pub(crate) fn code(&self) -> &str {
        self.code.as_deref().unwrap_or_default()
    }

    /// The failure that it is.
    pub(crate) fn failure(&self, class: Class) -> Failure {
        Failure {
            said: self.said(),
            ..Failure::of(class, self.in_words())
        }
    }

    /// The sentence of the error as it can be shown; `None` where the words below have all of it.
    fn said(&self) -> Option<String> {
        let message = self.message.as_deref()?.trim_end();
        let whole = name(message).to_string();
        if excerpt(message).to_string().contains(&whole) {
            return None;
        }
        let kept = beginning(&whole, LONGEST);
        let more = if kept.len() < whole.len() { "…" } else { "" };
        Some(format!("{kept}{more}"))
    }

    /// What it says, in a sentence of ours.
    pub(crate) fn in_words(&self) -> String {
        // What else stands in an authority may be a password.
        let host = self.uri.host().unwrap_or_default();
        let server = match self.uri.port_u16() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let mut words = format!("{} answers {}", quoted(&server), self.status.as_u16());
        if let Some(code) = &self.code {
            words += &format!(" {}", quoted(code));
        }
        if let Some(redirect) = &self.redirect {
            words += &format!(" and sends us to {}", quoted(redirect));
        }
        if let Some(message) = &self.message {
            words += &format!(": {}", excerpt(message));
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Answer {
        let status = StatusCode::from_u16(status).unwrap();
        Answer::read(
            Uri::from_static("http://store"),
            status,
            &HeaderMap::new(),
            &Bytes::copy_from_slice(body.as_bytes()),
        )
    }

    #[test]
    fn codes_are_read_in_the_forms_of_each_provider() {
        let of_store = read(
            403,
            "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>no</Message></Error>",
        );
        assert_eq!(of_store.in_words(), "`store` answers 403 `AccessDenied`: `no`");
        let of_tokens = read(
            403,
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Code>ExpiredToken</Code></Error></ErrorResponse>",
        );
        assert_eq!(of_tokens.code(), "ExpiredToken");
        let of_google = read(
            404,
            "{\"error\":{\"code\":404,\"message\":\"gone\",\"errors\":[{\"reason\":\"notFound\"}]}}",
        );
        assert_eq!(of_google.code(), "notFound");
        let of_oauth = read(400, "{\"error\":\"invalid_grant\",\"error_description\":\"Bad\\nkey\"}");
        assert_eq!(of_oauth.in_words(), "`store` answers 400 `invalid_grant`: `Bad\\nkey`");
        assert!(read(502, "<html><p>Bad gateway").is_foreign);
    }

    #[test]
    fn a_long_sentence_is_shown_to_a_word_and_kept_to_a_page() {
        let of = |sentence: &str| {
            let body = serde_json::json!({"error": "invalid_client", "error_description": sentence});
            read(401, &body.to_string()).failure(Class::Unknown)
        };
        let unknown = "AADSTS700213: No matching federated identity record found for presented assertion subject 'system:serviceaccount:graph:neo4j-backup-sa'.\r\nTrace ID: 1";
        let failure = of(unknown);
        assert!(failure.message.ends_with(" …`"), "{failure:?}");
        assert_eq!(failure.said.unwrap(), unknown.replace("\r\n", "\\r\\n"));
        assert_eq!(of("short").said, None);
        let kept = of(&"x".repeat(9000)).said.unwrap();
        assert_eq!(kept.chars().count(), LONGEST + 1);
    }

    #[test]
    fn where_it_sends_us_is_told_without_what_may_be_secret() {
        let mut headers = HeaderMap::new();
        let location = "https://user:hidden@login.example.org/start?token=hidden";
        headers.insert(header::LOCATION, location.parse().unwrap());
        let address = Uri::from_static("http://user:hidden@store:9000/backups?hidden");
        let answer = Answer::read(address, StatusCode::FOUND, &headers, &Bytes::new());
        assert_eq!(
            answer.in_words(),
            "`store:9000` answers 302 and sends us to `https://login.example.org`"
        );
    }
}
