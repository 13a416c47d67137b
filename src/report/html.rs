//! `html`: one page about Dockerfiles, sources and images, for somebody who has no terminal. It opens offline, and has no scripts.

use std::collections::BTreeSet;
use std::io;

use super::Format;
use super::by_target::ByTarget;
use super::markup::Markup;
use super::page;
use super::readable::{count, plural};
use super::saved::{Bundle, Finding, Saved, Target};
use crate::rules;

pub static FORMAT: Format =
    Format { name: "html", write: |report, out| write(&Saved::of(report)?, out), rewrite: Some(write) };

/// That of the page of a sweep: what means the same looks the same.
const STYLE: &str = include_str!("sweep/html/page.css");

fn write(saved: &Saved, out: &mut dyn io::Write) -> io::Result<()> {
    let title = format!("RDS certificates, {}", saved.day());
    page::write_head(&title, STYLE, &[], out)?;
    write_header(saved, out)?;
    writeln!(out, "<main id=\"main\" tabindex=\"-1\">")?;
    write_numbers(saved, out)?;
    write_findings(saved, out)?;
    write_ignored(saved, out)?;
    write_missed(saved, out)?;
    write_targets(saved, out)?;
    write_rules(saved, out)?;
    writeln!(out, "</main>\n<footer><p>Written by rdsca {}.</p></footer>", env!("CARGO_PKG_VERSION"))?;
    page::write_end(&[], out)
}

fn write_header(saved: &Saved, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(
        out,
        "<a class=\"skip\" href=\"#main\">Skip to the numbers</a>\n<header>\n\
         <p class=\"eyebrow\">Can this verify its RDS database?</p>\n<h1>{} in {}{}</h1>\n\
         <p class=\"scope\">Judged as on <strong>{}</strong>, compared with <strong>{}</strong>.</p>",
        plural(saved.findings.len() as u64, "finding", "findings"),
        plural(saved.targets.len() as u64, "target", "targets"),
        match saved.not_scanned.len() as u64 {
            0 => String::new(),
            missed => format!(", {} not scanned", count(missed)),
        },
        Markup(saved.day()),
        Markup(&saved.reference.describe()),
    )?;
    writeln!(out, "<nav aria-label=\"Sections\"><ul>")?;
    let sections = [
        ("findings", "Findings", true),
        ("ignored", "Ignored", !saved.suppressed.is_empty()),
        ("not-scanned", "Not scanned", !saved.not_scanned.is_empty()),
        ("targets", "Looked at", true),
        ("rules", "Rules", !saved.findings.is_empty()),
    ];
    for (anchor, name, _) in sections.iter().filter(|(.., is_there)| *is_there) {
        writeln!(out, "<li><a href=\"#{anchor}\">{name}</a></li>")?;
    }
    writeln!(out, "</ul></nav>\n</header>")
}

fn write_numbers(saved: &Saved, out: &mut dyn io::Write) -> io::Result<()> {
    let of = |word: &str| saved.findings.iter().filter(|finding| word_of(finding) == word).count();
    writeln!(out, "<section aria-label=\"In numbers\">\n<dl class=\"numbers\">")?;
    for (class, name, number) in [
        ("missing", "Errors", of("error")),
        ("outdated", "Warnings", of("warning")),
        ("accent", "Notes", of("note")),
        ("unknown", "Could not be told", of("open")),
        ("unreadable", "Not scanned", saved.not_scanned.len()),
    ] {
        let none = if number == 0 { " none" } else { "" };
        writeln!(
            out,
            "<div class=\"{class}{none}\"><dt>{name}</dt><dd><span class=\"value\">{}</span></dd></div>",
            count(number as u64)
        )?;
    }
    writeln!(out, "</dl>\n</section>")
}

/// Its level, or that it could not be told.
fn word_of(finding: &Finding) -> &str {
    if finding.is_open() { "open" } else { &finding.level }
}

/// How a level looks.
fn class(word: &str) -> &'static str {
    match word {
        "error" => "missing",
        "warning" => "outdated",
        "note" => "accent",
        _ => "unknown",
    }
}

fn write_findings(saved: &Saved, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "<section aria-labelledby=\"findings\">\n<h2 id=\"findings\">Findings</h2>")?;
    let targets = saved.targets.iter().enumerate().map(|(index, target)| (Some(index), target.title()));
    let by_target = ByTarget::new(&saved.findings, |finding| finding.target);
    let targets = targets.chain([(None, "The configuration".to_owned())]);
    let groups = targets.map(|(index, title)| (title, by_target.of(index)));
    let groups: Vec<_> = groups.filter(|(_, findings)| !findings.is_empty()).collect();
    if groups.is_empty() {
        let none =
            if saved.targets.is_empty() { "Nothing was looked at." } else { "Nothing is wrong in what was looked at." };
        return writeln!(out, "<p class=\"empty\">{none}</p>\n</section>");
    }
    writeln!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of findings\"><table class=\"findings\"><thead><tr>\
         <th scope=\"col\">Level</th><th scope=\"col\">What</th><th scope=\"col\">Where</th><th scope=\"col\">Rule</th></tr></thead>"
    )?;
    for (title, findings) in &groups {
        writeln!(
            out,
            "<tbody><tr class=\"group\"><th colspan=\"4\" scope=\"rowgroup\">{} <span class=\"pill\">{}</span></th></tr>",
            Markup(title),
            count(findings.len() as u64)
        )?;
        findings.iter().try_for_each(|finding| write_finding(saved, finding, out))?;
        writeln!(out, "</tbody>")?;
    }
    writeln!(out, "</table></div>\n</section>")
}

fn write_finding(saved: &Saved, finding: &Finding, out: &mut dyn io::Write) -> io::Result<()> {
    let word = word_of(finding);
    write!(
        out,
        "<tr><td><b class=\"state {}\">{}</b></td><th scope=\"row\">{}",
        class(word),
        Markup(word),
        Markup(&finding.message)
    )?;
    if let Some(help) = &finding.help {
        write!(out, "<small>{}</small>", Markup(help))?;
    }
    let rule = Markup(&finding.rule);
    let place = place(saved, finding);
    writeln!(out, "</th><td>{}</td><td><a href=\"#{rule}\">{rule}</a></td></tr>", Markup(&place))
}

/// `line 4` of what it is about; or a path in it, or beside it.
fn place(saved: &Saved, finding: &Finding) -> String {
    let Some(location) = &finding.location else { return String::new() };
    let name = saved.target(finding).map(|target| target.name.as_str());
    match (location.path.as_deref().filter(|path| Some(*path) != name), location.start_line) {
        (None, Some(line)) => format!("line {line}"),
        (Some(path), Some(line)) => format!("{path}:{line}"),
        (path, None) => path.unwrap_or_default().to_owned(),
    }
}

fn write_ignored(saved: &Saved, out: &mut dyn io::Write) -> io::Result<()> {
    if saved.suppressed.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section aria-labelledby=\"ignored\">\n<h2 id=\"ignored\">Ignored</h2>\n<ul class=\"names\">")?;
    for suppressed in &saved.suppressed {
        let target = saved.target(&suppressed.finding).map(Target::title).unwrap_or_default();
        writeln!(
            out,
            "<li><span class=\"name\">{}: {}</span> <small>{}: {}</small></li>",
            Markup(&target),
            Markup(&suppressed.finding.message),
            Markup(&suppressed.finding.rule),
            Markup(&suppressed.suppression.justification)
        )?;
    }
    writeln!(out, "</ul>\n</section>")
}

fn write_missed(saved: &Saved, out: &mut dyn io::Write) -> io::Result<()> {
    if saved.not_scanned.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<section aria-labelledby=\"not-scanned\">\n<h2 id=\"not-scanned\">Not scanned</h2>\n<ul class=\"names\">"
    )?;
    for missed in &saved.not_scanned {
        writeln!(
            out,
            "<li><span class=\"name\">{}</span> <small>{}</small></li>",
            Markup(&missed.target),
            Markup(&missed.reason)
        )?;
    }
    writeln!(out, "</ul>\n</section>")
}

fn write_targets(saved: &Saved, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "<section aria-labelledby=\"targets\">\n<h2 id=\"targets\">Looked at</h2>")?;
    if saved.targets.is_empty() {
        writeln!(out, "<p class=\"empty\">Nothing.</p>")?;
    } else {
        write_table_of_targets(saved, out)?;
    }
    if let Some(sentence) = saved.passed_over() {
        writeln!(out, "<p class=\"scope\">{}.</p>", Markup(&sentence))?;
    }
    writeln!(out, "</section>")
}

fn write_table_of_targets(saved: &Saved, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of what was looked at\"><table><thead><tr><th scope=\"col\">Name</th>\
         <th scope=\"col\">Kind</th><th scope=\"col\">System</th><th scope=\"col\">Bundle</th></tr></thead>\n<tbody>"
    )?;
    for target in &saved.targets {
        let os = target.os.as_ref().map(|os| format!("{} {}", os.id, os.version.as_deref().unwrap_or_default()));
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>",
            Markup(&target.title()),
            Markup(&target.kind),
            Markup(os.as_deref().unwrap_or("–").trim_end()),
            Markup(&target.bundle.as_ref().map_or_else(|| "–".to_owned(), bundle))
        )?;
    }
    writeln!(out, "</tbody></table></div>")
}

/// `present at /etc/ssl/certs/rds-ca.pem, outdated (2024-02-29)`
fn bundle(bundle: &Bundle) -> String {
    let mut text = match bundle.state.as_str() {
        "unknown" => "can't tell".to_owned(),
        state => state.to_owned(),
    };
    if let Some(path) = bundle.path.as_deref().filter(|_| bundle.state == "present") {
        text.push_str(&format!(" at {path}"));
    }
    match bundle.verdict.as_deref() {
        None => {}
        Some("unknown") => text.push_str(", its contents not known"),
        Some(verdict) => text.push_str(&format!(", {verdict}")),
    }
    if let Some(publication) = &bundle.publication {
        text.push_str(&format!(" ({publication})"));
    }
    if bundle.readable == Some(false) {
        text.push_str(", unreadable");
    }
    text
}

/// What the rules mean that found something, as `rdsca explain` says it.
fn write_rules(saved: &Saved, out: &mut dyn io::Write) -> io::Result<()> {
    let found: BTreeSet<&str> = saved.findings.iter().map(|finding| finding.rule.as_str()).collect();
    let known = || rules::ALL.iter().filter(|rule| found.contains(rule.id));
    if known().next().is_none() {
        return Ok(());
    }
    writeln!(out, "<section aria-labelledby=\"rules\">\n<h2 id=\"rules\">What these rules mean</h2>")?;
    for rule in known() {
        writeln!(
            out,
            "<details id=\"{}\"><summary>{}: {}</summary>\n<pre class=\"explained\">",
            rule.id,
            rule.id,
            Markup(rule.summary)
        )?;
        for line in rule.page.lines() {
            writeln!(out, "{}", Markup(line))?;
        }
        writeln!(out, "</pre></details>")?;
    }
    writeln!(out, "</section>")
}
