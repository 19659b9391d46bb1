//! NB2002.

use crate::model::Image;
use crate::rule::prelude::*;
use crate::values::image::{self, ImageProblem, Level};
use crate::values::neo4j_version;

declare_rule! {
    /// The operator runs Neo4j Enterprise 5.26 and 2025.01 or later, and reads the version from the image tag.
    ///
    /// ## What it checks
    /// `image.tag` of clusters and standalones: it begins with a version that the operator can read and supports, a release
    /// has that name, and it is the Enterprise Edition. In the official repository a tag without `-enterprise` is the
    /// Community Edition. For backups and restores: the tag of the instance that they name, where that is known.
    ///
    /// ## Why it matters
    /// A backup or restore of such an instance ends in `Failed: Neo4j version not supported`, without an event, however good
    /// its own manifest is. `latest`, `enterprise` and `5-enterprise` name no version that the operator can read.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   image: {repo: neo4j, tag: "5.26.0"}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   image: {repo: neo4j, tag: 5.26.0-enterprise}
    /// ```
    VersionNotSupported {
        code: "NB2002", name: "version-not-supported", severity: Error,
        kinds: [Neo4jBackup, Neo4jRestore, Neo4jEnterpriseCluster, Neo4jEnterpriseStandalone],
        reads: RESTORED + ["spec.target", "spec.image"], needs: [Instance], doors: All, fix: None, cel: Expressible,
        since: "0.1",
        explains: ["NB1101"],
    }
}

impl Rule for VersionNotSupported {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let named = subject
            .backup()
            .map(|backup| backup.instance())
            .or_else(|| subject.restore().map(|restore| restore.instance()));
        match named {
            Some(field) => of_instance(subject, &field, inventory, report),
            None => own_image(&Image::of(subject.object), report),
        }
    }
}

fn own_image(image: &Image<'_>, report: &mut Collector) {
    let Some(tag) = image.tag().text() else { return };
    let analysed = image::analyse(image.repo().text(), tag);
    for problem in analysed.problems() {
        let severity = if problem.level() == Level::Error {
            Severity::Error
        } else {
            Severity::Warning
        };
        report
            .at(&image.tag(), format!("{}: {problem}", quoted(tag)))
            .help(help(tag, *problem))
            .severity(severity);
    }
}

fn help(tag: &str, problem: ImageProblem) -> String {
    let numbers = tag.split('-').next().unwrap_or(tag);
    match problem {
        ImageProblem::NoVersion => "put the version first, and do not let the tag float".to_owned(),
        ImageProblem::Community | ImageProblem::EditionNotNamed if neo4j_version::is_release_form(numbers) => {
            format!("use {}", quoted(&format!("{numbers}-enterprise")))
        }
        _ => "use a tag such as `5.26.0-enterprise` or `2025.10.1-enterprise`".to_owned(),
    }
}

fn of_instance(subject: &Subject<'_>, field: &Field<'_>, inventory: &Inventory, report: &mut Collector) {
    let Some(name) = field.text() else { return };
    let facts = match inventory.instance(subject.namespace(), name) {
        Lookup::Found(facts) => facts,
        Lookup::Absent => return,
        Lookup::Unknown(why) => {
            report.skip(Need::Instance, format!("the version of {}", quoted(name)), why);
            return;
        }
    };
    let Some(tag) = facts.image_tag.as_deref() else { return };
    if !neo4j_version::backup_check_accepts(tag) {
        let instance = subject.other(facts.kind, name);
        let (name, tag) = (quoted(name), quoted(tag));
        report
            .at(field, format!("{name} runs the image tag {tag}, of which the operator takes and restores no backups"))
            .help("give the instance a tag that begins with 5.26 or a version from 2025.01 on, such as `5.26.0-enterprise`")
            .evidence_of(instance, Path::dotted("spec.image.tag"), format!("image tag of {name}: {tag}"));
    }
}
