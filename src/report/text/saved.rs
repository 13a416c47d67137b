//! A saved report for people: without the lines it is about, which are not in it, and in the way that compilers and editors know.

use std::io;

use super::super::readable::plural;
use super::super::saved::{Finding, Saved};
use super::{BAD, GOOD, OPEN, STRONG};
use crate::text::escape;

pub fn write(saved: &Saved, out: &mut dyn io::Write) -> io::Result<()> {
    for finding in &saved.findings {
        write_finding(saved, finding, out)?;
    }
    for missed in &saved.not_scanned {
        writeln!(out, "{OPEN}not scanned{OPEN:#}  {}: {}", escape(&missed.target), escape(&missed.reason))?;
    }
    let style = if saved.findings.iter().any(|finding| finding.level == "error" && !finding.is_open()) {
        BAD
    } else if saved.findings.is_empty() && saved.not_scanned.is_empty() {
        GOOD
    } else {
        OPEN
    };
    writeln!(
        out,
        "{style}{}, {} not scanned, {} ignored{style:#} in {}; compared with {}",
        plural(saved.findings.len() as u64, "finding", "findings"),
        saved.not_scanned.len(),
        saved.suppressed.len(),
        plural(saved.targets.len() as u64, "target", "targets"),
        escape(&saved.reference.describe())
    )?;
    match saved.passed_over() {
        Some(sentence) => writeln!(out, "{}", escape(&sentence)),
        None => Ok(()),
    }
}

/// `services/api/Dockerfile:4:1: error[bundle-never-fetched]: …`
pub fn write_finding(saved: &Saved, finding: &Finding, out: &mut dyn io::Write) -> io::Result<()> {
    let (file, place) = saved.file(finding);
    write!(out, "{STRONG}{}", escape(file))?;
    if let Some(place) = place {
        write!(out, ":{}:{}", place.start_line.unwrap_or(1), place.start_column.unwrap_or(1))?;
    }
    let (style, level) = match (finding.is_open(), finding.level.as_str()) {
        (true, _) => (OPEN, "open"),
        (false, "error") => (BAD, "error"),
        (false, "warning") => (OPEN, "warning"),
        (false, _) => (STRONG, "note"),
    };
    let rule = escape(&finding.rule);
    writeln!(out, ":{STRONG:#} {style}{level}[{rule}]{style:#}: {}", escape(&finding.message))
}
