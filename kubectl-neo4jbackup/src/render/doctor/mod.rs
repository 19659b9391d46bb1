//! The report of `doctor` in many formats, one per file.

mod short;
mod text;

use super::yaml;
use crate::cli::DoctorFormat;
use crate::doctor_report::DoctorReport;
use crate::json;

/// The whole report, with a line feed at the end.
pub(crate) fn render(report: &DoctorReport, format: DoctorFormat, color: bool, width: usize) -> String {
    match format {
        DoctorFormat::Text => text::render(report, color, width),
        DoctorFormat::Short => short::render(report),
        DoctorFormat::Json => json::pretty(report),
        DoctorFormat::Yaml => yaml::of(report),
    }
}
