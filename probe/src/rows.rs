//! The rows of a report while they are written: each step has one, and what was not reached says so.

use crate::report::{Failure, Outcome, Row, Step};

/// The rows that are there.
#[derive(Debug, Default)]
pub(crate) struct Rows(Vec<Row>);

impl Rows {
    /// A step that went well.
    pub(crate) fn ok(&mut self, step: Step, detail: impl Into<String>) {
        self.put(step, Outcome::Ok { detail: detail.into() });
    }

    /// A step that failed.
    pub(crate) fn failed(&mut self, step: Step, failure: Failure) {
        self.put(step, Outcome::Failed(failure));
    }

    /// A step that was left out.
    pub(crate) fn not_tried(&mut self, step: Step, why: impl Into<String>) {
        self.put(step, Outcome::NotTried { why: why.into() });
    }

    /// The result of a step. Returns what it gave when it went well.
    pub(crate) fn take<T>(
        &mut self,
        step: Step,
        result: Result<T, Failure>,
        detail: impl FnOnce(&T) -> String,
    ) -> Option<T> {
        match result {
            Ok(value) => {
                self.ok(step, detail(&value));
                Some(value)
            }
            Err(failure) => {
                self.failed(step, failure);
                None
            }
        }
    }

    /// All rows in the order of the steps; those without one were not reached.
    pub(crate) fn finish(mut self) -> Vec<Row> {
        let failed: Vec<Step> = self
            .0
            .iter()
            .filter_map(|row| matches!(row.outcome, Outcome::Failed(_)).then_some(row.step))
            .collect();
        for step in Step::ALL {
            if !self.0.iter().any(|row| row.step == step) {
                let before = failed.iter().filter(|failed| **failed < step).max();
                let why = before.map_or_else(
                    || "nothing asked for it".to_owned(),
                    |before| format!("{} has failed", before.name()),
                );
                let outcome = Outcome::NotTried { why };
                self.0.push(Row { step, outcome });
            }
        }
        self.0.sort_by_key(|row| row.step);
        self.0
    }

    /// Each step has one row, the first that is written.
    fn put(&mut self, step: Step, outcome: Outcome) {
        if !self.0.iter().any(|row| row.step == step) {
            self.0.push(Row { step, outcome });
        }
    }
}
