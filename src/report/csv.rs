//! `csv`: one row for each finding and for each thing that could not be looked at, for a spreadsheet (RFC 4180, lines ending with LF).

use std::borrow::Cow;
use std::io;

use super::Format;
use super::saved::{Finding, Saved};
use crate::text::escape;

pub static FORMAT: Format =
    Format { name: "csv", write: |report, out| write(&Saved::of(report)?, out), rewrite: Some(write) };

const COLUMNS: [&str; 12] = [
    "state",
    "level",
    "rule",
    "kind",
    "target",
    "platform",
    "path",
    "line",
    "message",
    "help",
    "reason",
    "fingerprint",
];

/// What a cell may not begin with: a spreadsheet takes it for a formula and runs it (CWE-1236).
const FORMULA: [char; 4] = ['=', '+', '-', '@'];

fn write(saved: &Saved, out: &mut dyn io::Write) -> io::Result<()> {
    row(out, &COLUMNS)?;
    for finding in &saved.findings {
        write_finding(saved, finding, None, out)?;
    }
    for suppressed in &saved.suppressed {
        write_finding(saved, &suppressed.finding, Some(&suppressed.suppression.justification), out)?;
    }
    for missed in &saved.not_scanned {
        row(out, &["not-scanned", "", "", "", &missed.target, "", "", "", "", "", &missed.reason, ""])?;
    }
    Ok(())
}

/// A finding; with the reason why it does not count, where it does not.
fn write_finding(saved: &Saved, finding: &Finding, ignored: Option<&str>, out: &mut dyn io::Write) -> io::Result<()> {
    let state = match ignored {
        Some(_) => "ignored",
        None => &finding.kind,
    };
    let target = saved.target(finding);
    let location = finding.location.as_ref();
    let line = location.and_then(|location| location.start_line).map(|line| line.to_string()).unwrap_or_default();
    row(
        out,
        &[
            state,
            &finding.level,
            &finding.rule,
            target.map_or("", |target| &target.kind),
            target.map_or("", |target| &target.name),
            target.and_then(|target| target.platform.as_deref()).unwrap_or_default(),
            location.and_then(|location| location.path.as_deref()).unwrap_or_default(),
            &line,
            &finding.message,
            finding.help.as_deref().unwrap_or_default(),
            ignored.unwrap_or_default(),
            &finding.fingerprint,
        ],
    )
}

/// Writes a row.
///
/// # Errors
/// Whatever `out` ends with.
pub(super) fn row(out: &mut dyn io::Write, cells: &[&str]) -> io::Result<()> {
    for (index, text) in cells.iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        out.write_all(cell(text).as_bytes())?;
    }
    out.write_all(b"\n")
}

/// A text that no reader takes for anything but text.
fn cell(text: &str) -> Cow<'_, str> {
    let text = escape(text);
    let is_formula = text.starts_with(FORMULA);
    if !is_formula && !text.contains(['"', ',', ' ', '\'']) {
        return text;
    }
    let mark = if is_formula { "'" } else { "" };
    Cow::Owned(format!("\"{mark}{}\"", text.replace('"', "\"\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_neither_a_formula_nor_two_cells() {
        for (text, written) in [
            ("plain/name", "plain/name"),
            ("", ""),
            ("a b", "\"a b\""),
            ("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\""),
            ("-1+1", "\"'-1+1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("a,b", "\"a,b\""),
            ("two\nlines\u{202e}", "two\\u{a}lines\\u{202e}"),
            ("\t=1", "\\u{9}=1"),
        ] {
            assert_eq!(cell(text), written);
        }
    }
}
