//! `auth check --policy`: the least that a cloud has to allow.

use neo4jbackup_core::auth::{Told, accesses, grant, terraform};

use super::Question;
use crate::auth_policy::AuthPolicy;
use crate::cli::AuthFormat;
use crate::render::auth_policy;
use crate::yaml;
use crate::{Exit, Io, json};

/// Answers it.
pub(super) fn run(question: &Question<'_>, io: &mut Io<'_>) -> Exit {
    let told = Told {
        kms_key: question.arguments.kms_key.clone(),
        access_point: question.arguments.access_point.clone(),
    };
    let all = accesses(question.cluster);
    let asked = all.iter().filter(|way| question.is_asked(way));
    let grants: Vec<_> = asked.filter_map(|way| Some((way, grant(way, &told)?))).collect();
    let blocks: Vec<_> = grants
        .iter()
        .flat_map(|(_, grant)| &grant.documents)
        .flat_map(|document| document.terraform.clone())
        .collect();
    let report = AuthPolicy::new(question.cluster, question.seen.source.clone(), &grants);
    io.print(&match question.arguments.output {
        AuthFormat::Table => auth_policy::text(&report, io.width()),
        AuthFormat::Json => json::pretty(&report),
        AuthFormat::Yaml => yaml::of(&report),
        AuthFormat::Terraform => terraform(&blocks),
    });
    for reason in &report.not_read {
        io.say(&format!("not everything is known: {reason}"));
    }
    if report.items.is_empty() {
        let text = if all.is_empty() {
            question.nothing()
        } else {
            "nothing here reaches a store of a cloud".to_owned()
        };
        io.say(&text);
    }
    if report.about.complete {
        Exit::Good
    } else {
        Exit::Incomplete
    }
}
