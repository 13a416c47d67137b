//! `sarif`: SARIF 2.1.0 (OASIS, 2020), for code scanning and editors.

use std::fmt::Write as _;
use std::io;

use serde_json::{Value, json};

use super::Format;
use super::saved::{Finding, Location, Saved};
use crate::rules;

pub static FORMAT: Format =
    Format { name: "sarif", write: |report, out| write(&Saved::of(report)?, out), rewrite: Some(write) };

fn write(saved: &Saved, out: &mut dyn io::Write) -> io::Result<()> {
    let results: Vec<_> = saved
        .findings
        .iter()
        .map(|finding| result(saved, finding))
        .chain(saved.suppressed.iter().map(|suppressed| {
            let mut result = result(saved, &suppressed.finding);
            let suppression = &suppressed.suppression;
            result["suppressions"] = json!([{"kind": suppression.kind, "justification": suppression.justification}]);
            result
        }))
        .collect();
    let notifications: Vec<_> = saved
        .not_scanned
        .iter()
        .map(|missed| json!({"level": "error", "message": {"text": format!("not scanned: {}: {}", missed.target, missed.reason)}}))
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": env!("CARGO_PKG_NAME"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules::ALL.iter().map(|rule| described(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{"executionSuccessful": notifications.is_empty(), "toolExecutionNotifications": notifications}],
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

fn described(rule: &rules::Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": {"text": rule.summary},
        "help": {"text": rule.page, "markdown": rule.page},
        "defaultConfiguration": {"level": rule.level.as_str()},
    })
}

fn result(saved: &Saved, finding: &Finding) -> Value {
    let (file, place) = saved.file(finding);
    let mut physical = json!({"artifactLocation": {"uri": uri(file)}});
    if let Some(place) = place {
        physical["region"] = region(place);
    }
    let mut location = json!({"physicalLocation": physical});
    if let Some(target) = saved.target(finding).filter(|target| target.kind == "image") {
        let path = finding.location.as_ref().and_then(|location| location.path.as_deref());
        let name = path.map_or_else(|| target.title(), |path| format!("{}:{path}", target.title()));
        location["logicalLocations"] = json!([{"fullyQualifiedName": name, "kind": "resource"}]);
    }
    let mut result = json!({
        "ruleId": finding.rule,
        "kind": finding.kind,
        // Section 3.27.10: a level other than none is for what failed.
        "level": if finding.is_open() { "none" } else { &finding.level },
        "message": {"text": message(finding)},
        "locations": [location],
        "partialFingerprints": {"rdsca/v1": finding.fingerprint},
    });
    if let Some(index) = rules::ALL.iter().position(|rule| rule.id == finding.rule) {
        result["ruleIndex"] = json!(index);
    }
    result
}

fn region(place: &Location) -> Value {
    json!({
        "startLine": place.start_line,
        "startColumn": place.start_column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    })
}

fn message(finding: &Finding) -> String {
    match &finding.help {
        Some(help) => format!("{}. {help}", finding.message),
        None => finding.message.clone(),
    }
}

/// A relative reference (RFC 3986, section 4.2): what may not stand in one is percent-encoded, and so is a colon, which would make a scheme.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b'@' | b'+' | b'=' => {
                uri.push(char::from(byte));
            }
            // Writing to a String cannot fail.
            _ => drop(write!(uri, "%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_relative_reference() {
        assert_eq!(uri("a b/Dockerfile.ü"), "a%20b/Dockerfile.%C3%BC");
        assert_eq!(uri("registry.example.com:5000/a:1"), "registry.example.com%3A5000/a%3A1");
    }
}
