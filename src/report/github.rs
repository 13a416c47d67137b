//! `github`: workflow commands, which GitHub Actions shows beside the lines they are about.

use std::io;

use super::Format;
use super::saved::{Finding, Saved};
use crate::text::escape;

pub static FORMAT: Format =
    Format { name: "github", write: |report, out| write(&Saved::of(report)?, out), rewrite: Some(write) };

fn write(saved: &Saved, out: &mut dyn io::Write) -> io::Result<()> {
    for finding in &saved.findings {
        write_finding(saved, finding, out)?;
    }
    for missed in &saved.not_scanned {
        writeln!(out, "::warning title=not scanned::{}: {}", data(&missed.target), data(&missed.reason))?;
    }
    Ok(())
}

fn write_finding(saved: &Saved, finding: &Finding, out: &mut dyn io::Write) -> io::Result<()> {
    let command = match (finding.is_open(), finding.level.as_str()) {
        (true, _) | (false, "warning") => "warning",
        (false, "error") => "error",
        (false, _) => "notice",
    };
    let (file, place) = saved.file(finding);
    let title = property(&finding.rule);
    let Some(place) = place else {
        // An image is no file of the repository.
        return writeln!(out, "::{command} title={title}::{}: {}", data(file), data(&finding.message));
    };
    write!(out, "::{command} file={}", property(file))?;
    for (name, number) in [
        ("line", place.start_line),
        ("endLine", place.end_line),
        ("col", place.start_column),
        ("endColumn", place.end_column),
    ] {
        if let Some(number) = number {
            write!(out, ",{name}={number}")?;
        }
    }
    writeln!(out, ",title={title}::{}", data(&finding.message))
}

/// What follows a command: no line ends in it, so that nobody's words are a command.
fn data(text: &str) -> String {
    escape(text).replace('%', "%25")
}

/// The value of a property, in which colons and commas end it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_s_words_are_a_command() {
        assert_eq!(data("100%\n::error::x"), "100%25\\u{a}::error::x");
        assert_eq!(property("a:b,c%"), "a%3Ab%2Cc%25");
    }
}
