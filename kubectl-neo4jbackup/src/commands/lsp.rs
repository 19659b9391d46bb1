//! `lsp`: what `lint` finds while somebody types, by the language server protocol over standard input and output.
//!
//! One thread listens, one reads folders, and one answers, writes and judges. It judges only when nobody has anything to
//! say any more: of a burst of keystrokes the last is judged, and a question is answered before.

mod actions;
mod around;
mod block;
mod client;
mod completion;
mod cursor;
mod definitions;
mod diagnostics;
mod document;
mod elsewhere;
mod fields;
mod flow;
mod head;
mod hover;
mod place;
mod project;
mod real;
mod server;
#[cfg(test)]
mod tests;
mod typed;
mod uri;

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread;

use lsp_server::{ErrorCode, Message, Request, Response};

use self::client::Client;
use self::project::{Project, Scan, Settings, Surroundings};
use self::server::{Errand, Server};
use crate::cli::Lsp;
use crate::connection::Access;
use crate::{Exit, Io};

/// What the answering thread waits for.
enum Event {
    /// The editor says something.
    Heard(Message),
    /// It says nothing any more; with a reason when that is not because it has gone.
    Ended(Option<io::Error>),
    /// A folder has been read.
    Scanned(PathBuf, Scan),
}

/// Runs the command.
pub(super) fn run(arguments: Lsp, namespace: Option<String>, access: Access, io: &mut Io<'_>) -> Exit {
    if io.stdin_is_terminal {
        io.say("note: an editor starts this command and speaks to it; docs/editor.md says how");
    }
    let surroundings = Surroundings {
        flags: arguments,
        namespace,
        access: Access {
            standard_input: Some("the editor"),
            ..access
        },
        environment: io.environment.clone(),
        now: io.now,
    };
    let (sender, events) = mpsc::channel();
    let (stdin, stdout) = (&mut *io.stdin, &mut *io.stdout);
    let end = thread::scope(|scope| {
        let heard = sender.clone();
        scope.spawn(move || listen(stdin, &heard));
        Session {
            stdout,
            folders: read_folders(sender),
            surroundings: Some(surroundings),
            server: None,
            is_shut_down: false,
        }
        .run(&events)
    });
    match end {
        End::Exit(exit) => exit,
        End::Lost(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::NotGood,
        End::Lost(error) => {
            io.lose_output(&error);
            Exit::Incomplete
        }
        End::NotUnderstood(error) => {
            io.say(&format!(
                "error: standard input is not the language server protocol: {error}; docs/editor.md says how an editor starts this"
            ));
            Exit::Usage
        }
    }
}

/// Hands on what the editor says, to the end.
fn listen(stdin: &mut (dyn Read + Send), events: &Sender<Event>) {
    let mut stdin = BufReader::new(stdin);
    loop {
        let event = match Message::read(&mut stdin) {
            Ok(Some(message)) => Event::Heard(message),
            Ok(None) => Event::Ended(None),
            Err(error) => Event::Ended(Some(error)),
        };
        let is_last = match &event {
            Event::Heard(Message::Notification(notification)) => notification.method == "exit",
            Event::Heard(_) => false,
            _ => true,
        };
        if events.send(event).is_err() || is_last {
            return;
        }
    }
}

/// Starts a thread that reads folders, one after the other: nobody waits for it, not even the end of the program.
fn read_folders(events: Sender<Event>) -> Sender<(PathBuf, Arc<Settings>)> {
    let (sender, wanted) = mpsc::channel::<(PathBuf, Arc<Settings>)>();
    thread::spawn(move || {
        while let Ok(first) = wanted.recv() {
            // Of several wishes for the same folder the last holds.
            let wishes: BTreeMap<PathBuf, Arc<Settings>> = std::iter::once(first).chain(wanted.try_iter()).collect();
            for (root, settings) in wishes {
                let files = Project::scan(&root, &settings);
                drop(settings);
                if events.send(Event::Scanned(root, files)).is_err() {
                    return;
                }
            }
        }
    });
    sender
}

/// How a session ended.
enum End {
    Exit(Exit),
    /// What was to be said could not be written.
    Lost(io::Error),
    NotUnderstood(io::Error),
}

struct Session<'s> {
    stdout: &'s mut dyn Write,
    folders: Sender<(PathBuf, Arc<Settings>)>,
    /// What the server is made with once the editor has said what it can do.
    surroundings: Option<Surroundings>,
    server: Option<Server>,
    is_shut_down: bool,
}

impl Session<'_> {
    fn run(mut self, events: &Receiver<Event>) -> End {
        loop {
            let event = match events.try_recv() {
                Ok(event) => event,
                Err(TryRecvError::Empty) if self.server.as_mut().is_some_and(Server::judge_next) => {
                    match self.do_errands() {
                        Ok(()) => continue,
                        Err(error) => return End::Lost(error),
                    }
                }
                Err(_) => match events.recv() {
                    Ok(event) => event,
                    Err(_) => return End::Exit(Exit::NotGood),
                },
            };
            let done = match event {
                Event::Ended(Some(error)) => return End::NotUnderstood(error),
                // As the protocol has it of an editor that goes without a word.
                Event::Ended(None) => return End::Exit(self.exit()),
                Event::Heard(Message::Notification(notification)) if notification.method == "exit" => {
                    return End::Exit(self.exit());
                }
                Event::Heard(message) => self.hear(message),
                Event::Scanned(root, files) => {
                    if let Some(server) = &mut self.server {
                        server.scanned(&root, files);
                    }
                    Ok(())
                }
            };
            if let Err(error) = done.and_then(|()| self.do_errands()) {
                return End::Lost(error);
            }
        }
    }

    fn exit(&self) -> Exit {
        if self.is_shut_down { Exit::Good } else { Exit::NotGood }
    }

    fn hear(&mut self, message: Message) -> io::Result<()> {
        match (message, &mut self.server) {
            (Message::Request(request), _) if self.is_shut_down => {
                self.refuse(&request, ErrorCode::InvalidRequest, "the session has been shut down")
            }
            (Message::Request(request), _) if request.method == "shutdown" => {
                self.is_shut_down = true;
                self.send(&Response::new_ok(request.id, ()).into())
            }
            (Message::Request(request), None) if request.method == "initialize" => self.begin(request),
            (Message::Request(request), None) => {
                self.refuse(&request, ErrorCode::ServerNotInitialized, "`initialize` comes first")
            }
            (Message::Request(request), Some(server)) => {
                server.answer(request);
                Ok(())
            }
            (Message::Notification(notification), Some(server)) => {
                server.notice(notification);
                Ok(())
            }
            // What comes before `initialize`, and answers to what was asked of the editor.
            (Message::Notification(_), None) | (Message::Response(_), _) => Ok(()),
        }
    }

    fn begin(&mut self, request: Request) -> io::Result<()> {
        let client = Client::of(&request.params);
        self.send(&Response::new_ok(request.id, client.welcome()).into())?;
        self.server = self
            .surroundings
            .take()
            .map(|surroundings| Server::new(client, surroundings));
        Ok(())
    }

    fn do_errands(&mut self) -> io::Result<()> {
        let errands = self.server.as_mut().map(Server::errands).unwrap_or_default();
        for errand in errands {
            match errand {
                Errand::Send(message) => self.send(&message)?,
                Errand::Scan(root, settings) => {
                    // The thread ends only when this session has.
                    let _ = self.folders.send((root, settings));
                }
            }
        }
        Ok(())
    }

    fn refuse(&mut self, request: &Request, code: ErrorCode, why: &str) -> io::Result<()> {
        self.send(&Response::new_err(request.id.clone(), code as i32, why.to_owned()).into())
    }

    fn send(&mut self, message: &Message) -> io::Result<()> {
        message.write(&mut self.stdout)?;
        self.stdout.flush()
    }
}
