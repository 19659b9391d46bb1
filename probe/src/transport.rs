//! How requests travel: one connection for each, so that each error is of one step. What came back last is kept.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header};
use http_body_util::{BodyExt as _, Limited};
use hyper_util::rt::TokioIo;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse, HttpService,
};
use tokio::time::timeout;

use crate::answer::Answer;
use crate::class::Class;
use crate::dial::{DialError, Dialled, Dialler};
use crate::report::Failure;

/// More of an answer is not read: a page with one object is a few hundred bytes.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;

/// What carries requests.
#[derive(Debug, Clone)]
pub(crate) struct Transport {
    dialler: Dialler,
    last: Arc<Mutex<Option<Last>>>,
}

/// What came of the last request.
#[derive(Debug, Clone)]
pub(crate) enum Last {
    /// An answer.
    Answer(Box<Answer>),
    /// None.
    Broken(Failure),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// No connection.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// What came is not HTTP.
    #[error("the answer is no HTTP: {0}")]
    Http(#[source] hyper::Error),
    /// The connection broke off.
    #[error("the connection broke off: {0}")]
    Broken(#[source] hyper::Error),
    /// The answer is too long.
    #[error("the answer cannot be read: {0}")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No answer.
    #[error("no answer within {0} s")]
    Silence(u64),
}

impl From<hyper::Error> for SendError {
    fn from(error: hyper::Error) -> Self {
        if error.is_parse() {
            Self::Http(error)
        } else {
            Self::Broken(error)
        }
    }
}

impl SendError {
    /// Of a body that is not read to its end.
    fn of_body(error: Box<dyn std::error::Error + Send + Sync>) -> Self {
        match error.downcast::<hyper::Error>() {
            Ok(error) => (*error).into(),
            Err(error) => Self::Body(error),
        }
    }

    /// As it stands in a report.
    fn failure(&self) -> Failure {
        match self {
            Self::Dial(error) => error.failure(),
            Self::Http(_) | Self::Broken(_) | Self::Body(_) => Failure::of(Class::EndpointNotAStore, self.to_string()),
            Self::Silence(_) => Failure::of(Class::NetworkTimeout, self.to_string()),
        }
    }

    fn kind(&self) -> HttpErrorKind {
        match self {
            Self::Dial(_) => HttpErrorKind::Connect,
            Self::Http(_) | Self::Broken(_) => HttpErrorKind::Request,
            Self::Body(_) => HttpErrorKind::Decode,
            Self::Silence(_) => HttpErrorKind::Timeout,
        }
    }
}

impl Transport {
    /// Over connections of this kind.
    pub(crate) fn new(dialler: Dialler) -> Self {
        Self {
            dialler,
            last: Arc::default(),
        }
    }

    /// Returns what came of the last request and forgets it, or `None` if there was none.
    pub(crate) fn take_last(&self) -> Option<Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Makes a connection and no request.
    pub(crate) async fn dial(&self, uri: &Uri) -> Result<Dialled, DialError> {
        self.dialler.dial(uri).await
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn send(&self, request: HttpRequest) -> Result<Response<Bytes>, SendError> {
        let uri = request.uri().clone();
        let patience = self.dialler.patience();
        let answered = timeout(patience * 2, self.exchange(request)).await;
        let answered = answered.unwrap_or(Err(SendError::Silence(patience.as_secs() * 2)));
        let last = match &answered {
            Ok(answer) => {
                let read = Answer::read(uri, answer.status(), answer.headers(), answer.body());
                Last::Answer(Box::new(read))
            }
            Err(error) => Last::Broken(error.failure()),
        };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
        answered
    }

    async fn exchange(&self, mut request: Request<HttpRequestBody>) -> Result<Response<Bytes>, SendError> {
        let uri = request.uri().clone();
        let dialled = self.dialler.dial(&uri).await?;
        if let Some(proxy) = &dialled.forwarding {
            if let Some(told) = proxy.basic_auth() {
                request.headers_mut().insert(header::PROXY_AUTHORIZATION, told.clone());
            }
        } else {
            let path = uri.path_and_query().map_or("/", |path| path.as_str());
            if let Ok(path) = path.parse() {
                *request.uri_mut() = path;
            }
        }
        if !request.headers().contains_key(header::HOST)
            && let Ok(host) = HeaderValue::from_str(&host_header(&uri))
        {
            request.headers_mut().insert(header::HOST, host);
        }
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(dialled.stream)).await?;
        let exchange = async {
            let answer = sender.send_request(request).await?;
            let (parts, body) = answer.into_parts();
            let body = Limited::new(body, LARGEST_ANSWER)
                .collect()
                .await
                .map_err(SendError::of_body)?;
            Ok(Response::from_parts(parts, body.to_bytes()))
        };
        let mut exchange = Box::pin(exchange);
        let mut connection = Box::pin(connection);
        tokio::select! {
            biased;
            answer = &mut exchange => answer,
            // What the connection ends with, the exchange has seen as well.
            _ = &mut connection => exchange.await,
        }
    }
}

/// The host as a signature has it: without the port that the scheme implies.
fn host_header(uri: &Uri) -> String {
    let host = uri.host().unwrap_or_default();
    match (uri.scheme_str(), uri.port_u16()) {
        (_, None) | (Some("http"), Some(80)) | (Some("https"), Some(443)) => host.to_owned(),
        (_, Some(port)) => format!("{host}:{port}"),
    }
}

#[async_trait]
impl HttpService for Transport {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answer = self
            .send(request)
            .await
            .map_err(|error| HttpError::new(error.kind(), error))?;
        Ok(answer.map(Into::into))
    }
}

impl HttpConnector for Transport {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::task::Surroundings;
    use crate::tls;

    /// What is said of a server that answers with this and then closes the connection.
    async fn said_of(answer: &'static [u8]) -> Failure {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let read = stream.read(&mut request).await.unwrap();
            assert!(read > 0);
            stream.write_all(answer).await.unwrap();
            stream.shutdown().await.unwrap();
        });
        let tls = tls::configuration(None).unwrap();
        let dialler = Dialler::new(tls, &Surroundings::default(), Duration::from_secs(20));
        let request = Request::get(format!("http://{address}/")).body(HttpRequestBody::empty());
        let error = Transport::new(dialler).send(request.unwrap()).await.unwrap_err();
        server.await.unwrap();
        error.failure()
    }

    #[tokio::test]
    async fn a_connection_that_breaks_off_is_not_called_another_protocol() {
        let cases: [(&[u8], &str); 3] = [
            (b"", "the connection broke off: "),
            (
                b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
                "the connection broke off: ",
            ),
            (b"220 mail.example.org ESMTP\r\n\r\n", "the answer is no HTTP: "),
        ];
        for (answer, expected) in cases {
            let failure = said_of(answer).await;
            assert!(failure.message.starts_with(expected), "{failure:?}");
        }
    }
}
