//! The servers that the webhook is measured against, both on axum and rustls.
//!
//! `peer constant` reads the body and answers with a constant: what no webhook on this stack can beat.
//! `peer kube` is a webhook as it is usually written with kube: `AdmissionReview<DynamicObject>` in, the same rules, an
//! `AdmissionResponse` out.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Json, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::{Router, routing::post};
use clap::{Parser, ValueEnum};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use jiff::Timestamp;
use kube::core::DynamicObject;
use kube::core::admission::{AdmissionRequest, AdmissionResponse, AdmissionReview};
use neo4jbackup_core::document::Node;
use neo4jbackup_core::engine;
use neo4jbackup_core::facts::Inventory;
use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::schema::{Era, Kind};
use neo4jbackup_core::settings::Settings;
use neo4jbackup_core::subject::{self, Door, Subject};
use neo4jbackup_core::verdict::Verdict;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A server to be measured against.
#[derive(Debug, Parser)]
struct Arguments {
    /// How it answers.
    #[arg(value_enum)]
    handler: Handler,
    /// Certificate in PEM format.
    #[arg(long)]
    cert: PathBuf,
    /// Its key in PEM format.
    #[arg(long)]
    key: PathBuf,
    /// Where to listen.
    #[arg(long)]
    listen: SocketAddr,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Handler {
    /// Always the same, whatever is asked.
    Constant,
    /// By the rules, through kube's types.
    Kube,
}

/// An answer of the size that the webhook gives when nothing is wrong.
const CONSTANT: &str = r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"705ab4f5-6393-11e8-b7cc-42010a800002","allowed":true}}"#;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let acceptor = TlsAcceptor::from(Arc::new(tls(&arguments.cert, &arguments.key)?));
    let router = match arguments.handler {
        Handler::Constant => Router::new().route("/validate", post(constant)),
        Handler::Kube => Router::new()
            .route("/validate", post(validate))
            .with_state(Arc::new(Known {
                settings: Settings::default(),
                inventory: Inventory::partial("this is a benchmark"),
            })),
    };
    let router = router.layer(DefaultBodyLimit::max(8 << 20));
    let listener = TcpListener::bind(arguments.listen).await.context("cannot listen")?;
    loop {
        let (stream, _) = listener.accept().await?;
        let (acceptor, service) = (acceptor.clone(), TowerToHyperService::new(router.clone()));
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            let Ok(stream) = acceptor.accept(stream).await else {
                return;
            };
            // How a connection ends is the client's affair.
            let _ = Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

fn tls(certificate: &Path, key: &Path) -> Result<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)?.collect::<Result<_, _>>()?;
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(key)?)?)
}

async fn constant(body: Bytes) -> impl IntoResponse {
    std::hint::black_box(body);
    ([(CONTENT_TYPE, "application/json")], CONSTANT)
}

struct Known {
    settings: Settings,
    inventory: Inventory,
}

async fn validate(
    State(known): State<Arc<Known>>,
    Json(review): Json<AdmissionReview<DynamicObject>>,
) -> Json<AdmissionReview<DynamicObject>> {
    let request: AdmissionRequest<DynamicObject> = match review.try_into() {
        Ok(request) => request,
        Err(error) => return Json(AdmissionResponse::invalid(format!("{error}")).into_review()),
    };
    Json(judge(&known, &request).into_review())
}

fn judge(known: &Known, request: &AdmissionRequest<DynamicObject>) -> AdmissionResponse {
    let response = AdmissionResponse::from(request);
    let node = |object: &Option<DynamicObject>| Some(Node::from(serde_json::to_value(object.as_ref()?).ok()?));
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == request.kind.kind);
    let (Some(kind), Some(object)) = (kind, node(&request.object)) else {
        return response;
    };
    let old = node(&request.old_object);
    let door = old.as_ref().map_or(Door::Create, Door::Update);
    let context = subject::Context {
        served: None,
        settings: &known.settings,
        now: Timestamp::now(),
        operator: Some(Operator::of_era(
            Era::newest_for(&request.kind.version).unwrap_or(Era::NEWEST),
        )),
        namespace: request.namespace.as_deref().unwrap_or_default(),
    };
    let subject = Subject::of_kind(kind, &request.kind.version, &object, door, &context);
    let verdict = Verdict::of(&engine::judge(&subject, &known.inventory).findings);
    let causes: Vec<String> = verdict.causes.into_iter().map(|cause| cause.message).collect();
    let mut response = if verdict.allowed {
        response
    } else {
        response.deny(causes.join("; "))
    };
    response.warnings = Some(verdict.warnings);
    response
}
