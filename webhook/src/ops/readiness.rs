//! Whether calls should be sent here, and what speaks for it and against it.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use jiff::Timestamp;
use neo4jbackup_core::values::validity::Validity;

use crate::ops::check::{CheckStatus, Checks};
use crate::ops::clock::ServerTime;

/// What decides whether calls should be sent here.
#[derive(Debug, Default)]
pub(crate) struct Readiness {
    /// Set once the server was asked to stop.
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
    certificate_checks: ArcSwapOption<Checks>,
    /// The time by which certificates are valid, where the API server tells it.
    server_time: ArcSwapOption<ServerTime>,
    /// How long before its end the certificate is not relied on any more, in milliseconds.
    reserve: AtomicU64,
}

impl Readiness {
    /// Makes the server not ready, for good.
    pub(crate) fn start_draining(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Whether the server is on its way out.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Keeps calls away while `true`.
    pub(crate) fn set_warming_up(&self, warming_up: bool) {
        self.warming_up.store(warming_up, Ordering::Release);
    }

    /// Notes when the served certificate is valid. Outside of that the server is not ready.
    pub(crate) fn set_certificate(&self, validity: Validity) {
        self.certificate.store(Some(Arc::new(validity)));
    }

    /// Notes why the newest certificate files are not in use; `None` when they are.
    pub(crate) fn set_certificate_problem(&self, problem: Option<String>) {
        self.certificate_problem.store(problem.map(Arc::new));
    }

    /// Notes why the newest client authorities are not in use; `None` when they are.
    pub(crate) fn set_client_authorities_problem(&self, problem: Option<String>) {
        self.client_authorities_problem.store(problem.map(Arc::new));
    }

    /// Notes why the newest settings are not in use; `None` when they are.
    pub(crate) fn set_settings_problem(&self, problem: Option<String>) {
        self.settings_problem.store(problem.map(Arc::new));
    }

    /// Replaces what the last look at certificates and cluster showed.
    pub(crate) fn set_certificate_checks(&self, checks: Checks) {
        self.certificate_checks.store(Some(Arc::new(checks)));
    }

    /// Makes the server not ready so long before the end of its certificate.
    pub(crate) fn set_reserve(&self, reserve: Duration) {
        let reserve = u64::try_from(reserve.as_millis()).unwrap_or(u64::MAX);
        self.reserve.store(reserve, Ordering::Release);
    }

    /// Has the validity of the certificate reckoned by the time at the API server.
    pub(crate) fn set_server_time(&self, time: ServerTime) {
        self.server_time.store(Some(Arc::new(time)));
    }

    /// Whether calls should be sent here, and every check by name.
    pub(crate) fn page(&self, now: Timestamp) -> (bool, String) {
        let mut page = Page::default();
        page.check("shutdown", !self.is_draining(), "on the way out", "");
        page.check(
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
            page.check("certificate", valid, &detail, &detail);
        }
        for check in self.certificate_checks.load().iter().flat_map(|checks| &checks.0) {
            let sign = match check.status {
                CheckStatus::Passed => '+',
                CheckStatus::Noted => '!',
                CheckStatus::Failed => '-',
            };
            page.ready &= check.status != CheckStatus::Failed;
            page.line(sign, &check.name, &check.detail);
        }
        if let Some(remark) = self.server_time.load().as_ref().and_then(|time| time.remark()) {
            page.line('!', "clock", &remark);
        }
        page.note("certificate files", &self.certificate_problem);
        page.note("client authorities", &self.client_authorities_problem);
        page.note("settings", &self.settings_problem);
        (page.ready, page.text)
    }
}

struct Page {
    ready: bool,
    text: String,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            ready: true,
            text: String::new(),
        }
    }
}

impl Page {
    fn check(&mut self, name: &str, good: bool, bad_detail: &str, good_detail: &str) {
        let (sign, detail) = if good { ('+', good_detail) } else { ('-', bad_detail) };
        self.ready &= good;
        self.line(sign, name, detail);
    }

    /// Adds a line for a file that is followed: why its newest content is not in use. Calls are answered all the same,
    /// by the last good content.
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
