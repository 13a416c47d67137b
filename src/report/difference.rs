//! What is another between two reports: findings that came and went, told by their fingerprints. What was not looked at any more is not
//! mended.

use std::collections::HashSet;
use std::io;

use super::saved::{Finding, Saved};
use super::text::write_finding;
use crate::text::escape;

/// What is another between two reports.
#[derive(Debug)]
pub struct Difference<'s> {
    old: &'s Saved,
    new: &'s Saved,
    /// Findings of the new report that the old one does not have.
    pub came: Vec<&'s Finding>,
    /// Findings of the old report that the new one does not have, though it looked at what they are about.
    pub went: Vec<&'s Finding>,
    /// Findings of the old report about what the new one did not look at.
    pub unknown: Vec<&'s Finding>,
}

/// Compares two reports. A finding that somebody decided not to hear about any more has not gone away: it is neither here nor there.
pub fn difference<'s>(old: &'s Saved, new: &'s Saved) -> Difference<'s> {
    fn fingerprints<'f>(findings: impl Iterator<Item = &'f Finding>) -> HashSet<&'f str> {
        findings.map(|finding| finding.fingerprint.as_str()).collect()
    }
    let suppressed = |saved: &'s Saved| saved.suppressed.iter().map(|suppressed| &suppressed.finding);
    let before = fingerprints(old.findings.iter());
    let now = fingerprints(new.findings.iter().chain(suppressed(new)));
    let looked_at: HashSet<String> = new.targets.iter().map(super::saved::Target::title).collect();
    let gone = old.findings.iter().filter(|finding| !now.contains(finding.fingerprint.as_str()));
    let (went, unknown) =
        gone.partition(|finding| old.target(finding).is_none_or(|target| looked_at.contains(&target.title())));
    let came = new.findings.iter().filter(|finding| !before.contains(finding.fingerprint.as_str())).collect();
    Difference { old, new, came, went, unknown }
}

impl Difference<'_> {
    /// Whether something is wrong that was not before.
    pub fn is_worse(&self) -> bool {
        !self.came.is_empty()
    }

    /// What the new report could not look at, and the old one could.
    pub fn newly_missed(&self) -> impl Iterator<Item = &super::saved::NotScanned> {
        let before: HashSet<&str> = self.old.not_scanned.iter().map(|missed| missed.target.as_str()).collect();
        self.new.not_scanned.iter().filter(move |missed| !before.contains(missed.target.as_str()))
    }

    /// Writes it for people.
    ///
    /// # Errors
    /// Whatever `out` ends with.
    pub fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        for (mark, saved, findings) in
            [("+", self.new, &self.came), ("-", self.old, &self.went), ("?", self.old, &self.unknown)]
        {
            for finding in findings {
                write!(out, "{mark} ")?;
                write_finding(saved, finding, out)?;
            }
        }
        for missed in self.newly_missed() {
            writeln!(out, "? {}: not scanned: {}", escape(&missed.target), escape(&missed.reason))?;
        }
        writeln!(
            out,
            "{} new, {} gone, {} not looked at any more; {} before, {} now",
            self.came.len(),
            self.went.len(),
            self.unknown.len(),
            self.old.findings.len(),
            self.new.findings.len()
        )
    }
}
