//! `rbac generate`: the least roles for somebody, as YAML. Asks no cluster.

use neo4jbackup_core::domain::WEBHOOK_NAME;
use neo4jbackup_core::operator::{NEWEST, Operator};
use neo4jbackup_core::quoted::{Quoted, quoted};
use neo4jbackup_core::rbac::needs::{Names, Party, Plan, RoleRequest, requirements};
use neo4jbackup_core::values::names::is_dns_subdomain;
use serde_json::{Value, json};

use crate::cli::{GenerateFor, RbacGenerate, RightsLevel};
use crate::commands::usage;
use crate::look::is_namespace;
use crate::render::role::{self, Written};
use crate::{Exit, Io};

/// What the objects of the webhook's chart are called, with the name and the namespace that its documentation uses.
const WEBHOOK: (&str, &str) = (WEBHOOK_NAME, "neo4jbackup");

/// The account of the operator, as its chart calls it.
const OPERATOR: &str = "neo4j-operator";

/// Why nothing can be written.
#[derive(Debug, thiserror::Error)]
enum GenerateError {
    /// There is no such level.
    #[error("--for {of} has no level {level}: {levels}")]
    Level {
        of: &'static str,
        level: &'static str,
        levels: &'static str,
    },
    /// Nobody is given the rights.
    #[error("who is given the rights? --service-account NAMESPACE:NAME, --user NAME or --group NAME")]
    Nobody,
    /// A `ServiceAccount` has a namespace and a name.
    #[error("{} is no ServiceAccount: NAMESPACE:NAME", quoted(.0))]
    ServiceAccount(String),
    /// Nothing confines it.
    #[error("--namespace-only needs the namespace: -n NAME")]
    NoNamespace,
    /// The webhook looks at all namespaces.
    #[error("the webhook judges the objects of all namespaces, and cannot be confined to one")]
    Webhook,
    /// No object has such a name.
    #[error("{} is no name of a {kind}", Quoted(name))]
    Name { kind: &'static str, name: String },
    /// There is no such part.
    #[error("{} is no part that can be left out: {parts}", Quoted(part))]
    Part { part: String, parts: String },
}

/// Runs the command.
pub(super) fn run(arguments: &RbacGenerate, namespace: Option<&str>, io: &mut Io<'_>) -> Exit {
    match generate(arguments, namespace) {
        Ok(text) => {
            io.print(&text);
            Exit::Good
        }
        Err(error) => usage(io, &error),
    }
}

fn generate(arguments: &RbacGenerate, namespace: Option<&str>) -> Result<String, GenerateError> {
    let (party, title) = party(arguments)?;
    let name = |kind, name: &str, is_one: bool| {
        is_one.then_some(()).ok_or_else(|| GenerateError::Name {
            kind,
            name: name.to_owned(),
        })
    };
    for namespace in namespace.into_iter().chain([&*arguments.operator_namespace]) {
        name("namespace", namespace, is_namespace(namespace))?;
    }
    if let Some(given) = &arguments.name {
        name("Role", given, is_dns_subdomain(given))?;
    }
    match (arguments.namespace_only, namespace, arguments.of) {
        (true, _, GenerateFor::Webhook) => return Err(GenerateError::Webhook),
        (true, None, _) => return Err(GenerateError::NoNamespace),
        _ => {}
    }
    check_parts(party, &arguments.without)?;
    let (subject, own) = subject(arguments)?;
    let request = RoleRequest {
        party,
        operator: arguments
            .operator_version
            .as_ref()
            .map_or(Operator::exactly(NEWEST), |version| version.operator),
        namespace: namespace.map(str::to_owned),
        is_confined: arguments.namespace_only,
        operator_namespace: arguments.operator_namespace.clone(),
        own,
        names: names(),
        without: arguments.without.clone(),
    };
    Ok(role::render(&Written {
        plan: &Plan::of(&request),
        name: arguments.name.as_deref().unwrap_or(&title),
        subject: &subject,
        title: &title,
        namespace,
    }))
}

/// Whose needs they are, and how what is made is called.
fn party(arguments: &RbacGenerate) -> Result<(Party, String), GenerateError> {
    let wrong = |of, levels| {
        let level = arguments.level.map_or("", RightsLevel::name);
        Err(GenerateError::Level { of, level, levels })
    };
    let (of, level) = match (arguments.of, arguments.level) {
        (GenerateFor::Plugin, None) => ("plugin", RightsLevel::Read),
        (GenerateFor::Plugin, Some(level @ (RightsLevel::Read | RightsLevel::Probe | RightsLevel::Repair))) => {
            ("plugin", level)
        }
        (GenerateFor::Plugin, Some(_)) => return wrong("plugin", "read, probe or repair"),
        (GenerateFor::User, None) => ("user", RightsLevel::View),
        (GenerateFor::User, Some(level @ (RightsLevel::View | RightsLevel::Edit))) => ("user", level),
        (GenerateFor::User, Some(_)) => return wrong("user", "view or edit"),
        (GenerateFor::Operator, None) => return Ok((Party::Operator, "neo4jbackup-operator".to_owned())),
        (GenerateFor::Operator, Some(_)) => return wrong("operator", "none of them"),
        (GenerateFor::Webhook, None) => return Ok((Party::Webhook, WEBHOOK_NAME.to_owned())),
        (GenerateFor::Webhook, Some(_)) => return wrong("webhook", "none of them"),
    };
    Ok((level.party(), format!("neo4jbackup-{of}-{}", level.name())))
}

fn check_parts(party: Party, parts: &[String]) -> Result<(), GenerateError> {
    let mut known: Vec<&str> = requirements(party).map(|requirement| &*requirement.feature).collect();
    known.retain(|part| !part.is_empty());
    known.sort_unstable();
    known.dedup();
    match parts.iter().find(|part| !known.contains(&part.as_str())) {
        Some(part) => Err(GenerateError::Part {
            part: part.clone(),
            parts: if known.is_empty() {
                "it has none".to_owned()
            } else {
                known.join(", ")
            },
        }),
        None => Ok(()),
    }
}

/// The subject of the bindings, and its namespace.
fn subject(arguments: &RbacGenerate) -> Result<(Value, Option<String>), GenerateError> {
    let of_rbac = |kind: &str, name: &str| json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name});
    let account = |namespace: &str, name: &str| {
        let subject = json!({"kind": "ServiceAccount", "name": name, "namespace": namespace});
        Ok((subject, Some(namespace.to_owned())))
    };
    if let Some(text) = &arguments.service_account {
        let parts = text.split_once(':');
        let parts = parts.filter(|(namespace, name)| is_namespace(namespace) && is_dns_subdomain(name));
        let (namespace, name) = parts.ok_or_else(|| GenerateError::ServiceAccount(text.clone()))?;
        return account(namespace, name);
    }
    match (&arguments.user, &arguments.group, arguments.of) {
        (Some(user), ..) => Ok((of_rbac("User", user), None)),
        (_, Some(group), _) => Ok((of_rbac("Group", group), None)),
        (None, None, GenerateFor::Operator) => account(&arguments.operator_namespace, OPERATOR),
        (None, None, GenerateFor::Webhook) => account(WEBHOOK.1, WEBHOOK.0),
        (None, None, GenerateFor::Plugin | GenerateFor::User) => Err(GenerateError::Nobody),
    }
}

/// The names of an installation by the chart of the webhook and the one of the operator.
fn names() -> Names {
    let (release, namespace) = WEBHOOK;
    let one = |key: &str, name: String| (key.to_owned(), vec![name]);
    let mutating = ["", "-workloads", "-serviceaccounts"].map(|part| format!("{release}{part}.{namespace}"));
    Names::from([
        ("mutating".to_owned(), mutating.to_vec()),
        one("authority", format!("{release}-ca")),
        one("configuration", format!("{release}.{namespace}")),
        one("operator", OPERATOR.to_owned()),
        one("settings", release.to_owned()),
    ])
}
