//! Whether calls should be sent here, and what speaks for it and against it.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use jiff::Timestamp;

use crate::ops::check::{Standing, State as LineState};
use crate::ops::clock::ServerTime;
use crate::tls::validity::Validity;

/// What decides whether calls should be sent here.
#[derive(Debug, Default)]
pub(crate) struct Readiness {
    /// Set on the way out.
    draining: AtomicBool,
    /// Set while the first lists are still under way.
    warming_up: AtomicBool,
    /// The certificate that is being served.
    certificate: ArcSwapOption<Validity>,
    /// Why the newest certificate files are not in use.
    certificate_problem: ArcSwapOption<String>,
    /// Why the newest client authorities are not in use.
    client_authorities_problem: ArcSwapOption<String>,
    /// Why the newest settings are not in use.
    settings_problem: ArcSwapOption<String>,
    /// How certificate and cluster fit together, where that is looked at.
    standing: ArcSwapOption<Standing>,
    /// The time by which certificates are valid, where the API server tells it.
    server_time: ArcSwapOption<ServerTime>,
    /// How long before its end the certificate is not relied on any more, in milliseconds.
    reserve: AtomicU64,
}

impl Readiness {
    pub(crate) fn start_draining(&self) {
        self.draining.store(true, Ordering::Release);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    pub(crate) fn set_warming_up(&self, warming_up: bool) {
        self.warming_up.store(warming_up, Ordering::Release);
    }

    pub(crate) fn set_certificate(&self, validity: Validity) {
        self.certificate.store(Some(Arc::new(validity)));
    }

    pub(crate) fn set_certificate_problem(&self, problem: Option<String>) {
        self.certificate_problem.store(problem.map(Arc::new));
    }

    pub(crate) fn set_client_authorities_problem(&self, problem: Option<String>) {
        self.client_authorities_problem.store(problem.map(Arc::new));
    }

    pub(crate) fn set_settings_problem(&self, problem: Option<String>) {
        self.settings_problem.store(problem.map(Arc::new));
    }

    pub(crate) fn set_standing(&self, standing: Standing) {
        self.standing.store(Some(Arc::new(standing)));
    }

    pub(crate) fn set_reserve(&self, reserve: Duration) {
        let reserve = u64::try_from(reserve.as_millis()).unwrap_or(u64::MAX);
        self.reserve.store(reserve, Ordering::Release);
    }

    pub(crate) fn set_server_time(&self, time: ServerTime) {
        self.server_time.store(Some(Arc::new(time)));
    }

    /// Whether calls should be sent here, and every check by name.
    pub(crate) fn report(&self, now: Timestamp) -> (bool, String) {
        let mut report = Report::default();
        report.check("shutdown", !self.is_draining(), "on the way out", "");
        report.check(
            "references",
            !self.warming_up.load(Ordering::Acquire),
            "the first lists are under way",
            "",
        );
        if let Some(certificate) = &*self.certificate.load() {
            let now = self.server_time.load().as_ref().map_or(now, |time| time.now());
            let reserve = Duration::from_millis(self.reserve.load(Ordering::Acquire));
            let valid =
                certificate.contains(now) && now.checked_add(reserve).is_ok_and(|then| then < certificate.not_after);
            let detail = format!("valid from {} to {}", certificate.not_before, certificate.not_after);
            report.check("certificate", valid, &detail, &detail);
        }
        for line in self.standing.load().iter().flat_map(|standing| &standing.0) {
            let sign = match line.state {
                LineState::Good => '+',
                LineState::Remarkable => '!',
                LineState::Bad => '-',
            };
            report.ready &= line.state != LineState::Bad;
            report.line(sign, &line.name, &line.detail);
        }
        if let Some(remark) = self.server_time.load().as_ref().and_then(|time| time.remark()) {
            report.line('!', "clock", &remark);
        }
        report.note("certificate files", &self.certificate_problem);
        report.note("client authorities", &self.client_authorities_problem);
        report.note("settings", &self.settings_problem);
        (report.ready, report.text)
    }
}

struct Report {
    ready: bool,
    text: String,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            ready: true,
            text: String::new(),
        }
    }
}

impl Report {
    fn check(&mut self, name: &str, good: bool, bad_detail: &str, good_detail: &str) {
        let (sign, detail) = if good { ('+', good_detail) } else { ('-', bad_detail) };
        self.ready &= good;
        self.line(sign, name, detail);
    }

    /// Something that a person should know and that does not keep calls away: the last good one is in use.
    fn note(&mut self, name: &str, problem: &ArcSwapOption<String>) {
        match &*problem.load() {
            Some(problem) => self.line('!', name, &format!("the last good one is in use: {problem}")),
            None => self.line('+', name, ""),
        }
    }

    fn line(&mut self, sign: char, name: &str, detail: &str) {
        let separator = if detail.is_empty() { "" } else { ": " };
        // Writing to a `String` cannot fail.
        let _ = writeln!(self.text, "[{sign}] {name}{separator}{detail}");
    }
}
