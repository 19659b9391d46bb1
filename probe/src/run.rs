//! The steps in their order.

use std::path::Path;

use http::{Method, Request, Uri};
use jiff::Timestamp;
use neo4jbackup_core::quoted::quoted;
use object_store::client::HttpRequestBody;
use object_store::list::PaginatedListStore;
use object_store::path::Path as Location;
use object_store::{ObjectStore, ObjectStoreExt as _};

use crate::amazon::{self, Access, Bucket, Unidentified};
use crate::azure;
use crate::canary;
use crate::class::Class;
use crate::clock;
use crate::dial::{Dialled, Dialler};
use crate::endpoint;
use crate::google;
use crate::judge;
use crate::listing;
use crate::owner::Owner;
use crate::report::{API_VERSION, Failure, Report, Step};
use crate::rows::Rows;
use crate::task::{Provider, Surroundings, Task};
use crate::tls;
use crate::transport::{Last, Transport};

/// Takes the steps, and says what came of each. It fails at nothing: what does not work is a row.
pub async fn probe(task: &Task, surroundings: &Surroundings) -> Report {
    let mut run = Run {
        task,
        surroundings,
        rows: Rows::default(),
        endpoint: None,
        identity: None,
    };
    match task.store.provider {
        Provider::Aws => run.amazon().await,
        Provider::Gcp => run.google().await,
        Provider::Azure => run.azure().await,
    };
    let Run {
        rows,
        endpoint,
        identity,
        ..
    } = run;
    let store = &task.store;
    let scheme = store.provider.scheme();
    Report {
        api_version: API_VERSION.to_owned(),
        kind: "ProbeReport".to_owned(),
        store: format!("{scheme}://{}/{}", store.bucket, store.prefix.trim_start_matches('/')),
        endpoint,
        identity,
        steps: rows.finish(),
    }
}

struct Run<'t> {
    task: &'t Task,
    surroundings: &'t Surroundings,
    rows: Rows,
    endpoint: Option<String>,
    identity: Option<String>,
}

impl Run<'_> {
    async fn amazon(&mut self) -> Option<()> {
        let bucket = Bucket::of(&self.task.store, self.surroundings);
        let bucket = self.rows.take(Step::Endpoint, bucket, Bucket::in_words)?;
        let transport = self.transport()?;
        self.endpoint = Some(endpoint::origin(&bucket.address));
        if let Err(failure) = self.reach(&transport, &bucket.address).await {
            let (step, mut failure) = failure;
            let is_of_name = [Step::Dns, Step::Tcp].contains(&step);
            // Without the bucket before it, the name is known.
            if is_of_name && bucket.may_want_path_style() {
                let server = transport.dial(&bucket.server).await;
                if server.is_ok() {
                    failure = bucket.path_style_only(&failure.message);
                }
            }
            self.rows.failed(step, failure);
            return None;
        }
        let access = bucket.access(self.surroundings, &transport, Timestamp::now()).await;
        let access = self.rows.take(Step::Credentials, access, Access::in_words)?;
        match bucket.identity(&access, self.surroundings, &transport).await {
            Ok(found) => self.owner(access.owner(found), amazon::is_same),
            // A backup asks the store and no token service: where nothing was expected, nothing is wrong yet.
            Err(Unidentified::OutOfReach(failure)) if self.task.expected_identity.is_none() => {
                let why = format!("the token service is out of reach: {}", failure.message);
                self.rows.not_tried(Step::Identity, why);
            }
            Err(Unidentified::OutOfReach(failure) | Unidentified::Refused(failure)) => {
                // Whose node it is may stay open; that it is the node's is known.
                let owner = access.owner(None);
                let expected = self.task.expected_identity.as_deref().filter(|_| owner.is_node);
                let of_node = expected.and_then(|expected| owner.compare(expected, amazon::is_same).err());
                self.rows.failed(Step::Identity, of_node.unwrap_or(failure));
            }
        }
        let check_list = |last| bucket.check_list(last);
        let why = |last, otherwise: &str| bucket.failure(last, otherwise);
        let delete = async |location: &Location| access.store.delete(location).await.is_ok();
        self.store(&access.store, &transport, check_list, why, delete).await
    }

    async fn google(&mut self) -> Option<()> {
        let bucket = google::Bucket::of(&self.task.store);
        let bucket = self.rows.take(Step::Endpoint, bucket, google::Bucket::in_words)?;
        let transport = self.way(&bucket.address, "").await?;
        let expected = self.task.expected_identity.as_deref();
        let access = bucket.access(self.surroundings, &transport, expected, Timestamp::now());
        let access = self
            .rows
            .take(Step::Credentials, access.await, google::Access::in_words)?;
        self.owner(access.owner, |found, expected| found == expected);
        let check_list = |last| bucket.check_list(last);
        let why = |last, otherwise: &str| judge::failure(last, otherwise, google::class_of);
        let delete = async |location: &Location| access.store.delete(location).await.is_ok();
        self.store(&access.store, &transport, check_list, why, delete).await
    }

    async fn azure(&mut self) -> Option<()> {
        let container = azure::Container::of(&self.task.store, self.surroundings);
        let container = self.rows.take(Step::Endpoint, container, azure::Container::in_words)?;
        let transport = self.way(&container.address, container.hint_to_name()).await?;
        let access = container.access(self.surroundings, &transport, Timestamp::now()).await;
        let access = self.rows.take(Step::Credentials, access, azure::Access::in_words)?;
        self.owner(access.owner.clone(), str::eq_ignore_ascii_case);
        let check_list = |last| container.check_list(&access, last);
        let why = |last, otherwise: &str| judge::failure(last, otherwise, |answer| access.class_of(answer));
        let delete = async |location: &Location| container.delete(&access, &transport, location).await;
        self.store(&access.store, &transport, check_list, why, delete).await
    }

    /// The way to a server. `of_name` is what may be behind a name that nobody knows.
    async fn way(&mut self, address: &Uri, of_name: &str) -> Option<Transport> {
        let transport = self.transport()?;
        self.endpoint = Some(endpoint::origin(address));
        if let Err((step, mut failure)) = self.reach(&transport, address).await {
            if step == Step::Dns {
                failure.message += of_name;
            }
            self.rows.failed(step, failure);
            return None;
        }
        Some(transport)
    }

    /// Whose credentials these are, beside the expected one, where there is one.
    fn owner(&mut self, owner: Owner, is_same: impl Fn(&str, &str) -> bool) {
        let expected = self.task.expected_identity.as_deref();
        let compared = expected.map_or(Ok(()), |expected| owner.compare(expected, is_same));
        match (compared, &owner.name) {
            (Err(failure), _) => self.rows.failed(Step::Identity, failure),
            (Ok(()), Some(name)) if owner.is_node => {
                self.rows
                    .ok(Step::Identity, format!("{}, which the node gives", quoted(name)));
            }
            (Ok(()), Some(name)) => self.rows.ok(Step::Identity, quoted(name).to_string()),
            (Ok(()), None) => self.rows.not_tried(Step::Identity, owner.unknown.why),
        }
        self.identity = owner.name;
    }

    fn transport(&mut self) -> Option<Transport> {
        // What AWS's own tools believe.
        let is_amazon = self.task.store.provider == Provider::Aws;
        let bundle = self.surroundings.variable("AWS_CA_BUNDLE").filter(|_| is_amazon);
        let bundle = bundle.map(Path::new);
        match tls::configuration(self.task.authorities.as_deref().or(bundle)) {
            Ok(tls) => Some(Transport::new(Dialler::new(tls, self.surroundings, self.task.patience))),
            Err(failure) => {
                self.rows.failed(Step::Tls, failure);
                None
            }
        }
    }

    /// Name, connection, TLS and clock. Returns the step that failed.
    async fn reach(&mut self, transport: &Transport, address: &Uri) -> Result<(), (Step, Failure)> {
        let dialled = match transport.dial(address).await {
            Ok(dialled) => dialled,
            Err(error) => {
                let step = error.step();
                if error.is_of_proxy() {
                    self.rows.not_tried(Step::Dns, "the proxy looks up the name");
                } else if step > Step::Dns {
                    self.rows.ok(Step::Dns, "the name is known");
                }
                if step > Step::Tcp {
                    self.rows.ok(Step::Tcp, "connected");
                }
                return Err((step, error.failure()));
            }
        };
        self.connection(&dialled);
        drop(dialled);
        self.clock(transport, address).await
    }

    fn connection(&mut self, dialled: &Dialled) {
        let addresses: Vec<_> = dialled.addresses.iter().map(ToString::to_string).collect();
        match &dialled.proxy {
            None => {
                self.rows.ok(Step::Dns, addresses.join(", "));
                self.rows.ok(Step::Tcp, format!("connected to {}", dialled.peer));
            }
            Some(proxy) => {
                self.rows.not_tried(Step::Dns, "the proxy looks up the name");
                self.rows
                    .ok(Step::Tcp, format!("connected through the proxy {}", quoted(proxy)));
            }
        }
        match &dialled.tls {
            Some(version) => self
                .rows
                .ok(Step::Tls, format!("{version}, and the certificate is believed")),
            None => self.rows.not_tried(Step::Tls, "the endpoint is plain HTTP"),
        }
    }

    /// A request that nobody has signed is refused with a date.
    async fn clock(&mut self, transport: &Transport, address: &Uri) -> Result<(), (Step, Failure)> {
        let root = format!("{}/", endpoint::origin(address));
        let request = Request::builder()
            .method(Method::GET)
            .uri(root)
            .body(HttpRequestBody::empty());
        let Ok(request) = request else { return Ok(()) };
        let sent = transport.send(request).await;
        let now = Timestamp::now();
        let date = match (sent, transport.take_last()) {
            (Ok(answer), Some(Last::Answer(read))) if answer.status().as_u16() != 407 => read.date,
            (Ok(_), Some(Last::Answer(read))) => {
                return Err((Step::Tcp, read.failure(Class::ProxyRefused)));
            }
            (_, Some(Last::Broken(failure))) => return Err((Step::Clock, failure)),
            _ => None,
        };
        match date.and_then(|date| clock::compare(now, &date)) {
            Some(Ok(detail)) => self.rows.ok(Step::Clock, detail),
            // A store refuses what is signed at the wrong time; how far it went is worth seeing.
            Some(Err(failure)) => self.rows.failed(Step::Clock, failure),
            None => self
                .rows
                .not_tried(Step::Clock, "the server puts no date to its answers"),
        }
        Ok(())
    }

    /// A list, and the object that is written where it is asked for. `check_list` says whether an answer was a list, and `why`
    /// why a request was not granted.
    async fn store<S: ObjectStore + PaginatedListStore>(
        &mut self,
        store: &S,
        transport: &Transport,
        check_list: impl Fn(Option<Last>) -> Result<(), Failure>,
        why: impl Fn(Option<Last>, &str) -> Failure,
        delete: impl AsyncFn(&Location) -> bool,
    ) -> Option<()> {
        let prefix = self.task.store.prefix.trim_start_matches('/');
        let hides_prefix = self.task.store.provider == Provider::Azure;
        let found = listing::look(store, prefix, hides_prefix, || check_list(transport.take_last())).await;
        let found = self.rows.take(Step::List, found, String::clone);
        if !self.task.write_canary {
            for step in [Step::Write, Step::Read, Step::Delete] {
                self.rows.not_tried(step, "--write-canary was not given");
            }
            return found.map(drop);
        }
        // Who may not list may still be allowed to write, which a backup needs more.
        let rows = &mut self.rows;
        canary::fly(store, prefix, Timestamp::now(), rows, transport, why, delete).await;
        Some(())
    }
}
