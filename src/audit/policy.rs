//! What counts: the one place where findings become an outcome.

use crate::finding::{Kind, Level};
use crate::report::Report;

/// The lowest level that fails a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// Errors.
    Error,
    /// Warnings and errors.
    Warning,
    /// Everything.
    Note,
    /// Nothing.
    Never,
}

impl Threshold {
    fn reached(self, level: Level) -> bool {
        match self {
            Threshold::Error => level >= Level::Error,
            Threshold::Warning => level >= Level::Warning,
            Threshold::Note => level >= Level::Note,
            Threshold::Never => false,
        }
    }
}

/// How a report ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All that was asked for was checked, and nothing counts.
    Clean,
    /// Something counts.
    Counts,
    /// Something could not be checked or told, and nothing counts.
    Incomplete,
}

/// Weighs a report. "Could not tell" is never a pass, whatever the threshold.
pub fn decide(report: &Report, threshold: Threshold) -> Outcome {
    let counts = |kind: Kind, level: Level| kind == Kind::Fail && threshold.reached(level);
    if report.findings.iter().any(|found| counts(found.finding.kind, found.finding.level)) {
        return Outcome::Counts;
    }
    let open = report.findings.iter().any(|found| found.finding.kind == Kind::Open);
    if open || !report.not_scanned.is_empty() { Outcome::Incomplete } else { Outcome::Clean }
}
