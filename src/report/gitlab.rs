//! `gitlab`: GitLab's Code Quality report, an array of issues with severities and fingerprints.

use std::io;

use serde_json::{Value, json};

use super::Format;
use super::saved::{Finding, Saved};
use crate::digest::Digest;

pub static FORMAT: Format =
    Format { name: "gitlab", write: |report, out| write(&Saved::of(report)?, out), rewrite: Some(write) };

fn write(saved: &Saved, out: &mut dyn io::Write) -> io::Result<()> {
    let findings = saved.findings.iter().map(|finding| issue(saved, finding));
    let missed = saved.not_scanned.iter().map(|missed| {
        json!({
            "description": format!("not scanned: {}", missed.reason),
            "check_name": "not-scanned",
            "fingerprint": Digest::of(["not-scanned", &missed.target].join("\0")).hex(),
            "severity": "major",
            "location": {"path": missed.target, "lines": {"begin": 1}},
        })
    });
    serde_json::to_writer_pretty(&mut *out, &findings.chain(missed).collect::<Vec<Value>>())?;
    writeln!(out)
}

fn issue(saved: &Saved, finding: &Finding) -> Value {
    let (path, place) = saved.file(finding);
    json!({
        "description": finding.message,
        "check_name": finding.rule,
        "fingerprint": finding.fingerprint,
        "severity": match (finding.is_open(), finding.level.as_str()) {
            (true, _) | (false, "warning") => "major",
            (false, "error") => "critical",
            (false, _) => "minor",
        },
        "location": {"path": path, "lines": {"begin": place.and_then(|place| place.start_line).unwrap_or(1)}},
    })
}
