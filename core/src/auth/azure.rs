//! Azure: the role assignment on a container, and the federated credential that lets an account in.

use serde_json::json;

use super::access::Access;
use super::document::{Document, word};
use super::method::Method;
use super::terraform::{Block, Item, label};

/// For whom the token is by which Azure knows an account.
pub(super) const AUDIENCE: &str = "api://AzureADTokenExchange";

/// The storage account and the container; the field holds both, or only the container.
fn account_and_container(access: &Access) -> (String, String) {
    let bucket = access.place.as_ref().map_or("", |place| place.location.bucket.as_str());
    let mut parts = bucket.split('/').filter(|part| !part.is_empty());
    match (parts.next(), parts.next()) {
        (Some(account), Some(container)) => (account.to_owned(), container.to_owned()),
        (Some(container), None) => ("<STORAGE_ACCOUNT>".to_owned(), container.to_owned()),
        _ => ("<STORAGE_ACCOUNT>".to_owned(), "<CONTAINER>".to_owned()),
    }
}

/// The role assignment for one backup or restore.
pub(super) fn documents(access: &Access) -> Vec<Document> {
    let (account, container) = account_and_container(access);
    let role = if access.reads_only {
        "Storage Blob Data Reader"
    } else {
        "Storage Blob Data Contributor"
    };
    let scope = format!(
        "/subscriptions/<SUBSCRIPTION>/resourceGroups/<RESOURCE_GROUP>/providers/Microsoft.Storage/storageAccounts/{account}\
         /blobServices/default/containers/{container}"
    );
    let assignee = access.identity().unwrap_or("<CLIENT_ID>");
    let object = &access.object;
    vec![Document {
        kind: "roleAssignment",
        title: format!("{role} on the container alone"),
        body: json!({"role": role, "scope": scope, "assignee": assignee}),
        command: format!(
            "az role assignment create --assignee {} --role '{role}' --scope {}",
            word(assignee),
            word(&scope)
        ),
        terraform: vec![Block {
            comment: "principal_id is the object id of the identity, which is another one than its client id.",
            labels: [
                "azurerm_role_assignment".to_owned(),
                label(&["neo4j", access.what(), &object.namespace, &object.name]),
            ],
            items: vec![
                Item::Text("scope", scope),
                Item::Text("role_definition_name", role.to_owned()),
                Item::Text("principal_id", "<PRINCIPAL_ID>".to_owned()),
            ],
        }],
    }]
}

/// What to know beside the assignment.
pub(super) fn notes(access: &Access) -> Vec<String> {
    let mut notes = Vec::new();
    if access.method == Method::Secret {
        notes.push(
            "with AZURE_STORAGE_KEY in the Secret no role counts: that key may do everything in the storage account"
                .to_owned(),
        );
    }
    if !access.reads_only {
        notes.push("the role can delete as well; no role that Azure brings can write and not delete, so keep deleted blobs for some days (soft delete), or make the container immutable".to_owned());
    }
    notes
}

/// What examples of such assignments get wrong that many have copied.
pub(super) const COMMON_MISTAKES: &[&str] = &[
    "`Contributor` on the storage account reads no blob: it is a role for the account and not for its data, and it lets whoever has it read the keys of the account",
    "`az account show` says nothing of a pod's identity: without a login it always fails",
];

/// The federated credential that lets the account in.
pub(super) fn trust(access: &Access, account: &str, issuer: Option<&str>, audience: &str) -> Document {
    let issuer = issuer.unwrap_or("<ISSUER>");
    let namespace = &access.object.namespace;
    let subject = format!("system:serviceaccount:{namespace}:{account}");
    let name = format!("{namespace}-{account}");
    let client = access.identity().unwrap_or("<CLIENT_ID>");
    Document {
        kind: "federatedCredential",
        title: format!(
            "the federated credential of the identity with client id {client} that lets exactly this account in"
        ),
        body: json!({"name": name, "issuer": issuer, "subject": subject, "audiences": [audience]}),
        command: format!(
            "az identity federated-credential create --name {} --identity-name '<IDENTITY>' --resource-group '<RESOURCE_GROUP>' \
             --issuer {} --subject {} --audiences {}",
            word(&name),
            word(issuer),
            word(&subject),
            word(audience)
        ),
        terraform: Vec::new(),
    }
}
