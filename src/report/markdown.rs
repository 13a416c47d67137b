//! `markdown`: a table for a job's summary or a comment, in GitHub's dialect.

use std::io;

use super::Format;
use super::saved::{Finding, Saved};
use crate::text::escape;

pub static FORMAT: Format =
    Format { name: "markdown", write: |report, out| write(&Saved::of(report)?, out), rewrite: Some(write) };

fn write(saved: &Saved, out: &mut dyn io::Write) -> io::Result<()> {
    let count = |level: &str, many: &str| {
        let of_it = saved.findings.iter().filter(|finding| !finding.is_open() && finding.level == level).count();
        format!("**{of_it}** {}", if of_it == 1 { level } else { many })
    };
    let open = saved.findings.iter().filter(|finding| finding.is_open()).count();
    writeln!(out, "### RDS certificates\n")?;
    writeln!(
        out,
        "{}, {}, {}, **{open}** could not be told, **{}** not scanned, {} ignored; compared with {}.",
        count("error", "errors"),
        count("warning", "warnings"),
        count("note", "notes"),
        saved.not_scanned.len(),
        saved.suppressed.len(),
        words(&saved.reference.describe())
    )?;
    if let Some(sentence) = saved.passed_over() {
        writeln!(out, "\n{}.", words(&sentence))?;
    }
    if !saved.findings.is_empty() {
        writeln!(out, "\n| | Where | What | Rule |\n|---|---|---|---|")?;
    }
    for finding in &saved.findings {
        write_finding(saved, finding, out)?;
    }
    if !saved.not_scanned.is_empty() {
        writeln!(out, "\n| Not scanned | Why |\n|---|---|")?;
    }
    for missed in &saved.not_scanned {
        writeln!(out, "| {} | {} |", code(&missed.target), words(&missed.reason))?;
    }
    Ok(())
}

fn write_finding(saved: &Saved, finding: &Finding, out: &mut dyn io::Write) -> io::Result<()> {
    let level = if finding.is_open() { "open" } else { &finding.level };
    let (file, place) = saved.file(finding);
    let place = match place.and_then(|place| place.start_line) {
        Some(line) => format!("{file}:{line}"),
        None => file.to_owned(),
    };
    let help = finding.help.as_deref().map(|help| format!("<br>{}", words(help))).unwrap_or_default();
    writeln!(
        out,
        "| {} | {} | {}{help} | {} |",
        words(level),
        code(&place),
        words(&finding.message),
        code(&finding.rule)
    )
}

/// Words in which nothing is markup, a link, or the name of somebody who would be told.
fn words(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for character in escape(text).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '@' => safe.push_str("@<!-- -->"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '!' => {
                safe.push('\\');
                safe.push(character);
            }
            other => safe.push(other),
        }
    }
    safe
}

/// A span of code in a cell: as many backticks around it as it does not have, and its bars escaped.
fn code(text: &str) -> String {
    let text = escape(text).replace('|', "\\|");
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    if text.starts_with('`') || text.ends_with('`') || text.is_empty() {
        format!("{fence} {text} {fence}")
    } else {
        format!("{fence}{text}{fence}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_others_are_words() {
        assert_eq!(words("a|b <img> @team [x](y)\n"), "a\\|b &lt;img&gt; @<!-- -->team \\[x\\](y)\\\\u{a}");
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("a``b`"), "``` a``b` ```");
    }
}
