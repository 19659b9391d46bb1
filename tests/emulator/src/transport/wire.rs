//! HTTP/1.1, as much of it as a caller of webhooks needs.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _};

/// An answer of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Whole seconds of `Retry-After`; its other form, a date, is not read by the client of Kubernetes either.
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Vec<u8>,
    /// Whether another request may be sent on the same connection.
    pub(crate) keeps_open: bool,
}

/// The bytes of a POST.
pub(crate) fn request(host: &str, target: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: kube-apiserver-admission\r\nContent-Length: {length}\r\n\
         Accept: application/json, */*\r\nContent-Type: application/json\r\n\r\n"
    );
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Reads one answer. The caller has seen its first byte.
pub(crate) async fn read_answer(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Answer> {
    loop {
        let head = Head::read(reader).await?;
        // What comes before the answer, such as 100 Continue.
        if (100..200).contains(&head.status) {
            continue;
        }
        let body = head.read_body(reader).await?;
        return Ok(Answer {
            status: head.status,
            retry_after: head.retry_after,
            body,
            keeps_open: head.keeps_open && head.framing != Framing::UntilClosed,
        });
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
    UntilClosed,
}

struct Head {
    status: u16,
    keeps_open: bool,
    retry_after: Option<u64>,
    framing: Framing,
}

impl Head {
    async fn read(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Self> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            if read_line(reader, &mut bytes).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if bytes.len() > MAX_HEAD {
                return Err(nonsense("its header is too long"));
            }
        }
        Self::parse(&bytes)
    }

    fn parse(bytes: &[u8]) -> io::Result<Self> {
        let mut fields = [httparse::EMPTY_HEADER; 64];
        let mut response = httparse::Response::new(&mut fields);
        response
            .parse(bytes)
            .map_err(|error| nonsense(&format!("not HTTP: {error}")))?;
        let status = response.code.unwrap_or_default();
        let mut head = Self {
            status,
            keeps_open: response.version == Some(1),
            retry_after: None,
            framing: Framing::UntilClosed,
        };
        for field in response.headers.iter() {
            let value = String::from_utf8_lossy(field.value).trim().to_ascii_lowercase();
            match field.name.to_ascii_lowercase().as_str() {
                "content-length" if head.framing != Framing::Chunked => {
                    let length = value.parse().map_err(|_| nonsense("its length is not a number"))?;
                    head.framing = Framing::Length(length);
                }
                "transfer-encoding" if value == "chunked" => head.framing = Framing::Chunked,
                "connection" if value.split(',').any(|word| word.trim() == "close") => head.keeps_open = false,
                "retry-after" => head.retry_after = value.parse().ok(),
                _ => {}
            }
        }
        if matches!(status, 204 | 304) {
            head.framing = Framing::Length(0);
        }
        Ok(head)
    }

    async fn read_body(&self, reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        match self.framing {
            Framing::Length(length) => read_exactly(reader, length, &mut body).await?,
            Framing::UntilClosed => drop(reader.read_to_end(&mut body).await?),
            Framing::Chunked => loop {
                let mut line = Vec::new();
                read_line(reader, &mut line).await?;
                let size = std::str::from_utf8(&line).unwrap_or_default();
                let size = size.split(';').next().unwrap_or_default().trim();
                let size = usize::from_str_radix(size, 16).map_err(|_| nonsense("the size of a chunk is no number"))?;
                read_exactly(reader, size, &mut body).await?;
                // After the last chunk, this is the end of trailers that nobody sends.
                line.clear();
                read_line(reader, &mut line).await?;
                if size == 0 {
                    break;
                }
            },
        }
        Ok(body)
    }
}

async fn read_line(reader: &mut (impl AsyncBufRead + Unpin), line: &mut Vec<u8>) -> io::Result<usize> {
    let limit = u64::try_from(MAX_HEAD).unwrap_or(u64::MAX);
    reader.take(limit).read_until(b'\n', line).await
}

async fn read_exactly(reader: &mut (impl AsyncBufRead + Unpin), length: usize, body: &mut Vec<u8>) -> io::Result<()> {
    let limit = u64::try_from(length).unwrap_or(u64::MAX);
    if reader.take(limit).read_to_end(body).await? == length {
        Ok(())
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

fn nonsense(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// Go allows 10 MiB; nobody sends that.
const MAX_HEAD: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &str) -> io::Result<Answer> {
        read_answer(&mut bytes.as_bytes()).await
    }

    #[tokio::test]
    async fn a_body_ends_with_its_length_its_last_chunk_or_the_connection() {
        let answer = read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab").await.unwrap();
        assert_eq!((answer.body.as_slice(), answer.keeps_open), (&b"ab"[..], true));
        let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n";
        let answer = read(chunks).await.unwrap();
        assert_eq!((answer.body.as_slice(), answer.keeps_open), (&b"abcd"[..], true));
        let answer = read("HTTP/1.1 200 OK\r\n\r\nabc").await.unwrap();
        assert_eq!((answer.body.as_slice(), answer.keeps_open), (&b"abc"[..], false));
    }

    #[tokio::test]
    async fn what_ends_too_early_or_is_not_http_is_an_error() {
        for broken in [
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
            "HTTP/1.1 200 OK\r\nContent-Le",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
            "HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nab",
            "SSH-2.0-OpenSSH_9.7\r\n\r\n",
        ] {
            assert!(read(broken).await.is_err(), "{broken}");
        }
    }

    #[tokio::test]
    async fn the_header_says_whether_to_come_again_and_how_soon() {
        let answer = read("HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        let answer = answer.await.unwrap();
        assert_eq!((answer.retry_after, answer.keeps_open), (Some(1), false));
        let date = "HTTP/1.1 503 Busy\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(read(date).await.unwrap().retry_after, None);
        let early = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(read(early).await.unwrap().status, 200);
    }
}
