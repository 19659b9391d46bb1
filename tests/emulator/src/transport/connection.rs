//! One connection: a reader that also listens while nothing is asked, as Go's `persistConn.readLoop` does.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use super::wire::{Answer, read_answer};
use crate::locked;

/// A connection to one replica. At most one request is under way on it.
#[derive(Debug)]
pub(crate) struct Connection {
    state: Mutex<State>,
    writer: tokio::sync::Mutex<WriteHalf<TlsStream<TcpStream>>>,
    answers: tokio::sync::Mutex<mpsc::Receiver<Result<Answer, ReadFailure>>>,
    closing: Notify,
}

#[derive(Debug)]
struct State {
    /// A request was begun and its answer has not been read.
    expects_answer: bool,
    closed: bool,
    /// An answer has come before, so that a failure may be due to the server having closed meanwhile.
    reused: bool,
    idle_since: Instant,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum RoundTripFailure {
    /// The server closed it in the moment in which it was chosen: Go's `errServerClosedIdle`.
    ClosedWhileIdle,
    /// The connection broke and no byte of the request was written: Go's `nothingWrittenError`.
    NothingWritten(io::Error),
    /// The connection ended before the first byte of an answer: Go's `transportReadFromServerError`.
    Ended(io::Error),
    /// Writing failed half-way.
    Write(io::Error),
    /// The answer is not HTTP, or ends too early.
    Broken(io::Error),
}

#[derive(Debug)]
enum ReadFailure {
    Ended(io::Error),
    Broken(io::Error),
}

impl Connection {
    pub(crate) fn new(stream: TlsStream<TcpStream>, idle_time: Duration) -> Arc<Self> {
        let (reader, writer) = tokio::io::split(stream);
        let (sender, receiver) = mpsc::channel(1);
        let connection = Arc::new(Self {
            state: Mutex::new(State {
                expects_answer: false,
                closed: false,
                reused: false,
                idle_since: Instant::now(),
            }),
            writer: tokio::sync::Mutex::new(writer),
            answers: tokio::sync::Mutex::new(receiver),
            closing: Notify::new(),
        });
        tokio::spawn(read(Arc::clone(&connection), reader, sender, idle_time));
        connection
    }

    pub(crate) fn is_closed(&self) -> bool {
        locked(&self.state).closed
    }

    pub(crate) fn is_reused(&self) -> bool {
        locked(&self.state).reused
    }

    /// Notes that it has answered and waits for the next request.
    pub(crate) fn rest(&self) {
        let mut state = locked(&self.state);
        state.reused = true;
        state.idle_since = Instant::now();
    }

    pub(crate) fn close(&self) {
        locked(&self.state).closed = true;
        self.closing.notify_one();
    }

    /// Sends a request and waits for its answer. Whoever gives up waiting must close the connection.
    pub(crate) async fn round_trip(&self, request: &[u8]) -> Result<Answer, RoundTripFailure> {
        {
            let mut state = locked(&self.state);
            if state.closed {
                return Err(RoundTripFailure::ClosedWhileIdle);
            }
            state.expects_answer = true;
        }
        let written = AtomicUsize::new(0);
        let mut answers = self.answers.lock().await;
        let write = self.write(request, &written);
        tokio::pin!(write);
        let early = tokio::select! {
            result = &mut write => Err(result),
            answer = answers.recv() => Ok(answer),
        };
        let (answer, complete) = match early {
            Err(Ok(())) => (answers.recv().await, true),
            Err(Err(error)) => {
                self.close();
                return Err(if written.load(Ordering::Relaxed) == 0 {
                    RoundTripFailure::NothingWritten(error)
                } else {
                    RoundTripFailure::Write(error)
                });
            }
            // A server may answer before it has read everything. Go gives the rest of the writing a moment, and keeps
            // the connection only when it was enough.
            Ok(answer) => {
                let complete = matches!(timeout(WRITE_WAIT, &mut write).await, Ok(Ok(())));
                (answer, complete)
            }
        };
        match answer {
            Some(Ok(mut answer)) => {
                answer.keeps_open &= complete;
                Ok(answer)
            }
            Some(Err(ReadFailure::Ended(error))) if written.load(Ordering::Relaxed) == 0 => {
                Err(RoundTripFailure::NothingWritten(error))
            }
            Some(Err(ReadFailure::Ended(error))) => Err(RoundTripFailure::Ended(error)),
            Some(Err(ReadFailure::Broken(error))) => Err(RoundTripFailure::Broken(error)),
            None => Err(RoundTripFailure::ClosedWhileIdle),
        }
    }

    async fn write(&self, mut request: &[u8], written: &AtomicUsize) -> io::Result<()> {
        let mut writer = self.writer.lock().await;
        while !request.is_empty() {
            let number = writer.write(request).await?;
            if number == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            written.fetch_add(number, Ordering::Relaxed);
            request = &request[number..];
        }
        writer.flush().await
    }
}

/// Reads answers until the connection ends, or is closed by whoever used it last.
async fn read(
    connection: Arc<Connection>,
    reader: ReadHalf<TlsStream<TcpStream>>,
    answers: mpsc::Sender<Result<Answer, ReadFailure>>,
    idle_time: Duration,
) {
    let mut reader = BufReader::new(reader);
    let read_all = async { while connection.read_one(&mut reader, &answers, idle_time).await {} };
    tokio::select! {
        () = read_all => {}
        () = connection.closing.notified() => {}
    }
    locked(&connection.state).closed = true;
    // A server that waits for the goodbye should not have to wait for a time-out.
    let _ = timeout(WRITE_WAIT, async { connection.writer.lock().await.shutdown().await }).await;
}

impl Connection {
    /// Waits for an answer and hands it over; whether another may follow.
    async fn read_one(
        &self,
        reader: &mut BufReader<ReadHalf<TlsStream<TcpStream>>>,
        answers: &mpsc::Sender<Result<Answer, ReadFailure>>,
        idle_time: Duration,
    ) -> bool {
        let Some(first) = self.first_byte(reader, idle_time).await else {
            return false;
        };
        {
            let mut state = locked(&self.state);
            if !state.expects_answer {
                // An end, or an answer to nothing, while idle. Whoever has just chosen it finds it closed.
                state.closed = true;
                return false;
            }
        }
        let result = match first {
            Ok(()) => read_answer(reader).await.map_err(ReadFailure::Broken),
            Err(error) => Err(ReadFailure::Ended(error)),
        };
        let keeps_open = result.as_ref().is_ok_and(|answer| answer.keeps_open);
        {
            let mut state = locked(&self.state);
            state.expects_answer = false;
            state.idle_since = Instant::now();
            state.closed |= !keeps_open;
        }
        let _ = answers.send(result).await;
        keeps_open
    }

    /// Waits for something to read; nothing when the connection has been idle for too long.
    async fn first_byte(
        &self,
        reader: &mut BufReader<ReadHalf<TlsStream<TcpStream>>>,
        idle_time: Duration,
    ) -> Option<io::Result<()>> {
        loop {
            let left = {
                let state = locked(&self.state);
                if state.expects_answer {
                    idle_time
                } else {
                    idle_time.checked_sub(state.idle_since.elapsed())?
                }
            };
            match timeout(left, reader.fill_buf()).await {
                Ok(Ok([])) => return Some(Err(io::ErrorKind::UnexpectedEof.into())),
                Ok(Ok(_)) => return Some(Ok(())),
                Ok(Err(error)) => return Some(Err(error)),
                // A request may have begun meanwhile.
                Err(_) => {}
            }
        }
    }
}

/// Go's `maxWriteWaitBeforeConnReuse`.
const WRITE_WAIT: Duration = Duration::from_millis(50);
