//! An API server that has an answer for each path, for what does not depend on a real one.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use serde_json::Value;

/// Listens until the process ends.
pub(crate) struct ApiServer {
    /// Its address, without TLS.
    pub(crate) url: String,
}

impl ApiServer {
    pub(crate) fn start(answer: impl Fn(&str) -> Value + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let answer = Arc::clone(&answer);
                thread::spawn(move || serve(&stream.unwrap(), &*answer));
            }
        });
        Self { url }
    }
}

/// Answers one request, and hangs up. A client that has gone away is no matter.
fn serve(mut stream: &TcpStream, answer: &dyn Fn(&str) -> Value) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let Some(request) = lines.next() else { return };
    let target = request.split(' ').nth(1).unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default();
    let _ = lines.find(String::is_empty);
    let body = answer(path).to_string();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
    let _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
}
