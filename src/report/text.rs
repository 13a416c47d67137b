//! `text`: for people. Findings with the lines they are about, then a line for each thing looked at, then the sum.

mod connections;
mod image;
mod saved;

pub use saved::write_finding;

use std::io;

use annotate_snippets::{AnnotationKind, Group, Level as Mark, Renderer, Snippet};
use anstyle::{AnsiColor, Effects, Style};

use super::by_target::ByTarget;
use super::readable::{passed_over, plural};
use super::{DockerfileTarget, Format, Report, Reported, Suppressed, Target};
use crate::dockerfile::facts::{BundleState, Os};
use crate::finding::{Finding, Kind, Level, Location};
use crate::text::{Place, escape};

pub static FORMAT: Format = Format { name: "text", write, rewrite: Some(saved::write) };

/// The style of numbers and names that matter in the sum.
const STRONG: Style = Style::new().effects(Effects::BOLD);
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
const OPEN: Style = AnsiColor::Yellow.on_default();

fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let renderer = Renderer::styled();
    let findings = ByTarget::new(&report.findings, |reported| reported.target);
    let suppressed = ByTarget::new(&report.suppressed, |suppressed| suppressed.reported.target);
    for (index, target) in report.targets.iter().enumerate() {
        for Reported { finding, .. } in findings.of(Some(index)) {
            writeln!(out, "{}\n", renderer.render(&groups(finding)))?;
        }
        if report.show_suppressed {
            suppressed.of(Some(index)).iter().try_for_each(|found| write_suppressed(found, out))?;
        }
        match target {
            Target::Dockerfile(target) => write_dockerfile(target, out)?,
            Target::Source(target) => connections::write_source(target, out)?,
            Target::Image(target) => image::write(target, out)?,
        }
    }
    for Reported { finding, .. } in findings.of(None) {
        writeln!(out, "{}\n", renderer.render(&groups(finding)))?;
    }
    for missed in &report.not_scanned {
        writeln!(out, "{OPEN}not scanned{OPEN:#}  {}: {}", escape(&missed.target), escape(&missed.reason))?;
    }
    write_sum(report, out)
}

/// Two lines: what is not counted, and who says so.
fn write_suppressed(found: &Suppressed, out: &mut dyn io::Write) -> io::Result<()> {
    let Suppressed { reported: Reported { finding, .. }, suppression } = found;
    let at = |place: &Place| format!("{}:{}", escape(place.file.name()), place.start().line);
    let place = match &finding.location {
        Location::Text(place) => format!(" at {}", at(place)),
        Location::Image(_) | Location::Whole => String::new(),
    };
    writeln!(out, "ignored[{}]{place}: {}", finding.rule, escape(&finding.message))?;
    writeln!(out, "  by {}: {}\n", at(&suppression.place), escape(&suppression.justification))
}

/// A finding in the shape of a compiler's message.
fn groups(finding: &Finding) -> Vec<Group<'_>> {
    let mark = match (finding.kind, finding.level) {
        (Kind::Open, _) => Mark::WARNING.with_name("open"),
        (Kind::Fail, Level::Error) => Mark::ERROR,
        (Kind::Fail, Level::Warning) => Mark::WARNING,
        (Kind::Fail, Level::Note) => Mark::NOTE,
    };
    let title = mark.primary_title(finding.message.as_str()).id(finding.rule);
    let mut group = match &finding.location {
        Location::Text(place) => {
            let mut snippet = snippet(place).annotation(AnnotationKind::Primary.span(shown(place)));
            let (here, elsewhere): (Vec<_>, Vec<_>) =
                finding.related.iter().partition(|related| std::sync::Arc::ptr_eq(&related.place.file, &place.file));
            for related in here {
                snippet = snippet
                    .annotation(AnnotationKind::Context.span(shown(&related.place)).label(related.message.as_str()));
            }
            let mut group = title.element(snippet);
            for related in elsewhere {
                let annotation = AnnotationKind::Context.span(shown(&related.place)).label(related.message.as_str());
                group = group.element(self::snippet(&related.place).annotation(annotation));
            }
            group
        }
        Location::Image(place) => image::group(title, place),
        Location::Whole => Group::with_title(title),
    };
    if let Some(help) = &finding.help {
        group = group.element(Mark::HELP.message(help.as_str()));
    }
    vec![group]
}

fn snippet(place: &Place) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    Snippet::source(place.file.text()).path(place.file.name()).fold(true)
}

/// The part of a place that is marked: its first line, as a heredoc of a hundred lines says no more than its opening.
fn shown(place: &Place) -> std::ops::Range<usize> {
    let line = place.file.slice(place.span).split('\n').next().unwrap_or_default().trim_end_matches('\r');
    place.span.start..place.span.start + line.len()
}

/// One line: what the image is, and whether the bundle gets into it.
fn write_dockerfile(target: &DockerfileTarget, out: &mut dyn io::Write) -> io::Result<()> {
    let Some(stage) = target.facts.shipped() else { return Ok(()) };
    let os = match &stage.os {
        Os::Amazon { version: Some(version) } => format!("Amazon Linux {version}"),
        Os::Amazon { version: None } => "Amazon Linux".to_owned(),
        Os::Other => "not Amazon Linux".to_owned(),
        Os::Unknown => "unknown base".to_owned(),
    };
    let (style, state) = match &target.bundle {
        BundleState::Present(places) => match places.first() {
            Some(place) => {
                let verdict =
                    target.judgement.as_ref().map(|judgement| format!(", {}", judgement.verdict)).unwrap_or_default();
                (GOOD, format!("bundle at {}{verdict}", place.path))
            }
            None => (GOOD, "bundle".to_owned()),
        },
        BundleState::Removed { path, .. } => (BAD, format!("bundle removed from {path}")),
        BundleState::Absent if stage.os.is_amazon() => (BAD, "no bundle".to_owned()),
        BundleState::Absent => return Ok(()),
        BundleState::Unknown { .. } if stage.os == Os::Other => return Ok(()),
        BundleState::Unknown { .. } => (OPEN, "can't tell".to_owned()),
    };
    let named_by = &target.built_as.named_by;
    let build = if named_by.is_empty() { String::new() } else { format!(" ({})", escape(&named_by.to_string())) };
    writeln!(out, "{STRONG}{}{STRONG:#}{build}: {os}, {style}{state}{style:#}", escape(target.facts.file.name()))
}

fn write_sum(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let count = |level: Level| {
        report.findings.iter().filter(|found| found.finding.kind == Kind::Fail && found.finding.level == level).count()
    };
    let open = report.findings.iter().filter(|found| found.finding.kind == Kind::Open).count();
    let mut parts = Vec::new();
    for (number, one, many) in [
        (count(Level::Error), "error", "errors"),
        (count(Level::Warning), "warning", "warnings"),
        (count(Level::Note), "note", "notes"),
        (open, "could not be told", "could not be told"),
        (report.not_scanned.len(), "not scanned", "not scanned"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {}", if number == 1 { one } else { many }));
        }
    }
    if parts.is_empty() {
        parts.push("nothing wrong".to_owned());
    }
    let clean = parts == ["nothing wrong"];
    if !report.suppressed.is_empty() {
        parts.push(format!("{} ignored", report.suppressed.len()));
    }
    let looked_at = looked_at(report);
    let style = if count(Level::Error) > 0 {
        BAD
    } else if clean {
        GOOD
    } else {
        OPEN
    };
    writeln!(
        out,
        "\n{style}{}{style:#}{looked_at}; compared with {}",
        parts.join(", "),
        escape(&report.reference.describe())
    )?;
    if let Some(sentence) = passed_over(report.artifacts.iter().map(|artifact| artifact.kind.as_str())) {
        writeln!(out, "{}", escape(&sentence))?;
    }
    if report.reference.is_old(report.at) {
        writeln!(out, "the reference is more than 90 days old: AWS may have replaced the bundle since; see --bundle")?;
    }
    Ok(())
}

/// " in 3 Dockerfiles and 1 image"; nothing where nothing could be looked at.
fn looked_at(report: &Report) -> String {
    let of = |kind: fn(&Target) -> bool| report.targets.iter().filter(|target| kind(target)).count();
    let dockerfiles = of(|target| matches!(target, Target::Dockerfile(_)));
    let sources = of(|target| matches!(target, Target::Source(_)));
    let images = of(|target| matches!(target, Target::Image(_)));
    let counted = [
        (dockerfiles, "Dockerfile", "Dockerfiles"),
        (sources, "file that connects", "files that connect"),
        (images, "image", "images"),
    ];
    let there = counted.into_iter().filter(|(number, ..)| *number > 0);
    let mut parts: Vec<_> = there.map(|(number, one, many)| plural(number as u64, one, many)).collect();
    match (parts.pop(), parts.is_empty()) {
        // Whoever names a program that connects to nothing is told that it was read.
        (None, _) if report.not_scanned.is_empty() && report.sources > 0 => {
            format!(
                " in {}",
                plural(report.sources as u64, "file that connects to nothing", "files that connect to nothing")
            )
        }
        (None, _) if report.not_scanned.is_empty() => format!(" in {}", plural(0, "Dockerfile", "Dockerfiles")),
        (None, _) => String::new(),
        (Some(last), true) => format!(" in {last}"),
        (Some(last), false) => format!(" in {} and {last}", parts.join(", ")),
    }
}
