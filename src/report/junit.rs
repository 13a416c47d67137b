//! `junit`: JUnit's XML as continuous integration reads it: a suite for each target, a case for each finding.

use std::io;

use super::Format;
use super::by_target::ByTarget;
use super::markup::Markup;
use super::saved::{Finding, NotScanned, Saved, Suppressed};

pub static FORMAT: Format =
    Format { name: "junit", write: |report, out| write(&Saved::of(report)?, out), rewrite: Some(write) };

fn write(saved: &Saved, out: &mut dyn io::Write) -> io::Result<()> {
    let findings = ByTarget::new(&saved.findings, |finding| finding.target);
    let suppressed = ByTarget::new(&saved.suppressed, |suppressed| suppressed.finding.target);
    let suite = |name, target| Suite { name, findings: findings.of(target), suppressed: suppressed.of(target) };
    let suites: Vec<_> = saved
        .targets
        .iter()
        .enumerate()
        .map(|(index, target)| suite(target.title(), Some(index)))
        .chain(std::iter::once(suite("configuration".to_owned(), None)).filter(|suite| !suite.is_empty()))
        .collect();
    let sum = |count: fn(&Suite<'_>) -> usize| suites.iter().map(count).sum::<usize>();
    let missed = saved.not_scanned.len();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"rdsca\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
        sum(|suite| suite.tests()) + missed,
        sum(|suite| suite.failed().count()),
        sum(|suite| suite.open().count()) + missed,
        sum(|suite| suite.suppressed.len())
    )?;
    suites.iter().try_for_each(|suite| suite.write(saved, out))?;
    saved.not_scanned.iter().try_for_each(|missed| write_missed(missed, out))?;
    writeln!(out, "</testsuites>")
}

/// What one target comes to.
struct Suite<'s> {
    name: String,
    findings: &'s [&'s Finding],
    suppressed: &'s [&'s Suppressed],
}

impl<'s> Suite<'s> {
    fn is_empty(&self) -> bool {
        self.findings.is_empty() && self.suppressed.is_empty()
    }

    fn failed(&self) -> impl Iterator<Item = &&'s Finding> {
        self.findings.iter().filter(|finding| !finding.is_open())
    }

    fn open(&self) -> impl Iterator<Item = &&'s Finding> {
        self.findings.iter().filter(|finding| finding.is_open())
    }

    /// A target in which nothing is wrong is one test that passes.
    fn tests(&self) -> usize {
        (self.findings.len() + self.suppressed.len()).max(1)
    }

    fn write(&self, saved: &Saved, out: &mut dyn io::Write) -> io::Result<()> {
        let name = Markup(&self.name);
        writeln!(
            out,
            "<testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
            self.tests(),
            self.failed().count(),
            self.open().count(),
            self.suppressed.len()
        )?;
        if self.is_empty() {
            writeln!(out, "<testcase classname=\"{name}\" name=\"nothing is wrong\"/>")?;
        }
        for finding in self.findings {
            let element = if finding.is_open() { "error" } else { "failure" };
            let (file, place) = saved.file(finding);
            write!(out, "<testcase classname=\"{name}\" name=\"{}\" file=\"{}\"", Markup(&finding.rule), Markup(file))?;
            if let Some(line) = place.and_then(|place| place.start_line) {
                write!(out, " line=\"{line}\"")?;
            }
            writeln!(
                out,
                "><{element} type=\"{}\" message=\"{}\">{}</{element}></testcase>",
                Markup(if finding.is_open() { "open" } else { &finding.level }),
                Markup(&finding.message),
                Markup(finding.help.as_deref().unwrap_or_default())
            )?;
        }
        for Suppressed { finding, suppression } in self.suppressed {
            let rule = Markup(&finding.rule);
            writeln!(
                out,
                "<testcase classname=\"{name}\" name=\"{rule}\"><skipped message=\"{}\"/></testcase>",
                Markup(&suppression.justification)
            )?;
        }
        writeln!(out, "</testsuite>")
    }
}

fn write_missed(missed: &NotScanned, out: &mut dyn io::Write) -> io::Result<()> {
    let name = Markup(&missed.target);
    writeln!(
        out,
        "<testsuite name=\"{name}\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n\
         <testcase classname=\"{name}\" name=\"not scanned\"><error type=\"not-scanned\" message=\"{}\"/></testcase>\n</testsuite>",
        Markup(&missed.reason)
    )
}
