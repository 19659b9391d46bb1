//! What is in a report.

use std::borrow::Cow;

use neo4jbackup_core::examine::{Options, examine};
use neo4jbackup_core::live::Cluster;
use neo4jbackup_core::settings::Settings;

use super::readme;
use super::redaction::{Redaction, UNREDACTED, WIDTH};
use super::versions::Versions;
use crate::bundle::{Bundle, Content, Files, files};
use crate::cli::{DoctorFormat, FailOn, Show};
use crate::doctor_report::DoctorReport;
use crate::json;
use crate::look::Source;
use crate::render::doctor::{self, Page};
use crate::render::summary::number;
use crate::target::{TargetError, Wanted};

/// Everything that is in a report.
pub(super) struct Contents<'b> {
    /// The folder in the archive that everything is in.
    pub(super) folder: String,
    /// The files in it.
    pub(super) files: Files<'b>,
    /// What was taken out.
    pub(super) redaction: Redaction,
    /// Whether everything is known that a diagnosis rests on.
    pub(super) is_complete: bool,
    /// How many reasons there are for what is missing.
    missing: usize,
}

impl<'b> Contents<'b> {
    /// Puts together what is in the report of a bundle that is redacted already.
    pub(super) fn of(
        bundle: &'b Bundle,
        wanted: Option<&Wanted>,
        namespace: Option<&str>,
        redaction: Redaction,
    ) -> Result<Self, TargetError> {
        let cluster = Cluster::of(&bundle.snapshot);
        let report = diagnosis(&cluster, wanted, namespace)?;
        let versions = Versions::of(&cluster, bundle.server_version.as_deref());
        let (mut files, left_out) = files(bundle);
        let page = Page {
            is_ascii: false,
            color: false,
            width: WIDTH,
        };
        let mut add = |name: &str, text: String| files.insert(name.to_owned(), Content::Text(Cow::Owned(text)));
        add("doctor.json", json::pretty(&report));
        add("doctor.txt", doctor::render(&report, DoctorFormat::Text, &page));
        add("versions.json", json::pretty(&versions));
        let missing = readme::missing(bundle, left_out);
        let readme = readme::Readme {
            bundle,
            files: &files,
            redaction: &redaction,
            versions: &versions,
            missing: &missing,
        };
        let readme = readme.text();
        files.insert("README.txt".to_owned(), Content::Text(Cow::Owned(readme)));
        let digits: String = bundle.snapshot.taken.strftime("%Y%m%dT%H%M%SZ").to_string();
        let mark = match redaction {
            Redaction::None => format!("{UNREDACTED}-"),
            Redaction::Of { .. } => String::new(),
        };
        Ok(Self {
            folder: format!("{mark}neo4jbackup-report-{digits}"),
            files,
            redaction,
            is_complete: report.about.complete,
            missing: missing.len(),
        })
    }

    /// The name of the archive, unless another one is asked for.
    pub(super) fn file_name(&self) -> String {
        format!("{}.tar.gz", self.folder)
    }

    /// Says how much is missing; `None` when nothing is.
    pub(super) fn missing_line(&self) -> Option<String> {
        (self.missing > 0).then(|| {
            let reasons = number(self.missing, "thing");
            format!("not in it: {reasons} that could not be read; README.txt in it says which and why")
        })
    }

    /// The files with their sizes, and what would be redacted.
    pub(super) fn list(&self) -> String {
        let mut text = format!("{} would hold\n", self.file_name());
        let mut all = 0;
        for (path, content) in &self.files {
            let bytes = content.text().len();
            all += bytes;
            text += &format!("{bytes:>12}  {path}\n");
        }
        text += &format!("{all:>12}  in all, {}\n", number(self.files.len(), "file"));
        text += &format!("{}\n", self.redaction);
        text + &self.missing_line().map(|line| line + "\n").unwrap_or_default()
    }
}

/// What `doctor` says of what was seen.
pub(super) fn diagnosis(
    cluster: &Cluster<'_>,
    wanted: Option<&Wanted>,
    namespace: Option<&str>,
) -> Result<DoctorReport, TargetError> {
    let target = wanted.map(|wanted| wanted.find(namespace, cluster)).transpose()?;
    let settings = Settings::default();
    let options = Options {
        settings: &settings,
        target: target.as_ref(),
        selects: &|_, _| true,
    };
    let examination = examine(cluster, &options);
    // Where it was looked at is nothing for those who get to read it.
    Ok(DoctorReport::new(
        &examination,
        cluster,
        Source::default(),
        FailOn::Error,
        Show::Info,
    ))
}

/// A size for people.
pub(super) fn size(bytes: usize) -> String {
    let tenths = |unit: usize| format!("{}.{}", bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        0..0x400 => format!("{bytes} bytes"),
        0x400..0x10_0000 => format!("{} KiB", tenths(0x400)),
        _ => format!("{} MiB", tenths(0x10_0000)),
    }
}
