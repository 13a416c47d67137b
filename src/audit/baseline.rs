//! A baseline: an earlier report whose findings do not count again, so that a check can be required before everything is mended.

use std::collections::HashMap;
use std::sync::Arc;

use crate::finding::{Finding, Kind, Level, Suppression, SuppressionKind};
use crate::report::Saved;
use crate::text::{Place, SourceFile, Span};

/// The findings of an earlier report.
#[derive(Clone, Debug)]
pub struct Baseline {
    file: Arc<SourceFile>,
    day: String,
    known: HashMap<String, Vec<Known>>,
}

/// A finding of the earlier report.
#[derive(Clone, Debug)]
struct Known {
    /// None where it could not be told whether something is wrong.
    level: Option<Level>,
    /// Its fingerprint in the report's text.
    span: Span,
}

impl Known {
    /// Whether it was as grave as a finding of this run.
    fn covers(&self, finding: &Finding) -> bool {
        match (self.level, finding.kind) {
            (_, Kind::Open) => true,
            (None, Kind::Fail) => false,
            (Some(level), Kind::Fail) => level >= finding.level,
        }
    }
}

impl Baseline {
    /// The findings of a saved report; `text` is what it was read from, and `name` the file. What was suppressed in it was for another
    /// reason, which has to hold by itself.
    pub fn new(name: &str, text: &str, saved: &Saved) -> Self {
        let mut known: HashMap<String, Vec<Known>> = HashMap::new();
        let mut behind = 0;
        for finding in &saved.findings {
            // They stand in the text in the order in which they were read.
            let at = text.get(behind..).and_then(|rest| rest.find(&finding.fingerprint)).unwrap_or_default();
            let span = Span::new(behind + at, behind + at + finding.fingerprint.len());
            behind = span.end;
            let level = (!finding.is_open()).then(|| Level::named(&finding.level)).flatten();
            known.entry(finding.fingerprint.clone()).or_default().push(Known { level, span });
        }
        Self { file: SourceFile::new(name, text), day: saved.day().to_owned(), known }
    }

    /// Why a finding does not count: the earlier report has it, and as grave. Each one of that report stands for one of this run, so a
    /// second of its kind counts.
    pub fn take(&mut self, fingerprint: &str, finding: &Finding) -> Option<Suppression> {
        let known = self.known.get_mut(fingerprint)?;
        let taken = known.remove(known.iter().position(|known| known.covers(finding))?);
        let place = Place { file: Arc::clone(&self.file), span: taken.span };
        let justification = format!("known since the report of {}", self.day);
        Some(Suppression { kind: SuppressionKind::External, justification, place })
    }
}
