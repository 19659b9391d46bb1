//! A server that answers as nobody can be asked to here: as what is no store does, and as the token services of the clouds.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What is answered: status, headers that end in line breaks, and body.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    text: String,
    /// How often it is given before the next one that fits; without end where there is none.
    left: Option<usize>,
    /// How long it takes.
    delay: Duration,
}

impl Reply {
    pub(crate) fn new(status: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        Self {
            text: format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"),
            left: None,
            delay: Duration::ZERO,
        }
    }

    /// No answer: the connection is closed, after this time.
    pub(crate) fn none(delay: Duration) -> Self {
        Self {
            text: String::new(),
            left: None,
            delay,
        }
    }

    /// Only once; then what else fits.
    pub(crate) fn once(self) -> Self {
        Self { left: Some(1), ..self }
    }
}

/// A running server. Dropping it ends it.
pub(crate) struct Impostor {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
    heard: Arc<Mutex<Vec<String>>>,
    thread: Option<JoinHandle<()>>,
}

impl Impostor {
    /// Answers each request with a status, headers that end in line breaks, and a body.
    pub(crate) fn answering(status: &str, headers: &str, body: &str) -> Self {
        Self::by_request(&[("", Reply::new(status, headers, body))])
    }

    /// Answers each request with what stands beside the first text that its first line has in it.
    pub(crate) fn by_request(replies: &[(&str, Reply)]) -> Self {
        let mut replies: Vec<(String, Reply)> = replies
            .iter()
            .map(|(text, reply)| ((*text).to_owned(), reply.clone()))
            .collect();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (ends, hears) = (Arc::clone(&is_over), Arc::clone(&heard));
        let thread = thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ends.load(Ordering::SeqCst) {
                    break;
                }
                // Who only connects, to see whether it can, sends nothing.
                let _ = serve(&stream, &mut replies, &hears);
            }
        });
        Self {
            address,
            is_over,
            heard,
            thread: Some(thread),
        }
    }

    /// Its address.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was asked: of each request its first line, its headers in small letters, and its body.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

fn serve(mut stream: &TcpStream, replies: &mut [(String, Reply)], heard: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut length = 0;
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let nothing = Reply::new("404 Not Found", "", "");
    let mut fitting = replies
        .iter_mut()
        .filter(|(text, reply)| reply.left != Some(0) && request.contains(text.as_str()));
    let reply = fitting.next().map_or(nothing, |(_, reply)| {
        reply.left = reply.left.map(|left| left - 1);
        reply.clone()
    });
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.is_empty() {
            break;
        }
        request += &format!("{line}\n");
    }
    // What is left unread would reset the connection before the answer is read.
    let mut body = vec![0; length];
    std::io::Read::read_exact(&mut reader, &mut body)?;
    request += &String::from_utf8_lossy(&body);
    heard.lock().unwrap().push(request);
    thread::sleep(reply.delay);
    stream.write_all(reply.text.as_bytes())
}

impl Drop for Impostor {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
