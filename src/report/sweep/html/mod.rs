//! `html`: one file that opens offline and asks for nothing but itself. All of it is there without scripts; scripts add a chart that answers
//! to the pointer and a table that filters and sorts.

mod burndown;
mod changes;
mod groups;
mod images;
mod numbers;
mod outlook;

use std::io;

use jiff::Timestamp;

use super::{Format, SweepReport, by_repository};
use crate::report::markup::Markup;
use crate::report::readable::{clock, count, date, plural};
use crate::report::{page, readable};

pub static FORMAT: Format = Format { name: "html", write };

const STYLE: &str = concat!(include_str!("uplot/uPlot.min.css"), include_str!("page.css"));
/// The licence travels with what it is for.
const UPLOT: &str = concat!("/*!\n", include_str!("uplot/LICENSE"), "\n*/\n", include_str!("uplot/uPlot.iife.min.js"));
const SCRIPT: &str = include_str!("page.js");

/// Sections in the order of the page: the anchor, and what the way there is called.
const SECTIONS: [(&str, &str); 9] = [
    ("burndown", "Burn-down"),
    ("changes", "Changes"),
    ("teams", "Teams"),
    ("repositories", "Repositories"),
    ("bases", "Base images"),
    ("regions", "Regions"),
    ("expiry", "Expiry"),
    ("not-scanned", "Not scanned"),
    ("images", "All images"),
];

/// What is written, and what goes without saying in it.
struct Page<'r> {
    report: &'r SweepReport,
    /// The registry that all images are in, with its slash; empty where there are several. The page's title names it, so that names need not.
    registry: &'r str,
    /// Whether the configuration says whose images are whose.
    has_teams: bool,
}

impl<'r> Page<'r> {
    fn of(report: &'r SweepReport) -> Self {
        let registry =
            |repository: &'r str| repository.find('/').and_then(|slash| repository.get(..=slash)).unwrap_or_default();
        let images = report.images.iter().map(|image| registry(&image.repository));
        let mut all = images.chain(report.not_scanned.iter().map(|missed| registry(&missed.repository)));
        let first = all.next().unwrap_or_default();
        let named = report.scope.registries.iter().any(|name| name.starts_with(first.trim_end_matches('/')));
        let has_teams = report.images.iter().any(|image| image.team.is_some())
            || report.not_scanned.iter().any(|missed| missed.team.is_some());
        Self { report, has_teams, registry: if named && all.all(|other| other == first) { first } else { "" } }
    }

    /// A name as the page shows it.
    fn short<'n>(&self, name: &'n str) -> Markup<'n> {
        Markup(name.strip_prefix(self.registry).unwrap_or(name))
    }
}

fn write(report: &SweepReport, out: &mut dyn io::Write) -> io::Result<()> {
    let page = &Page::of(report);
    let title = format!("RDS certificates in {}, {}", report.scope.registries.join(", "), date(report.scope.ended));
    page::write_head(&title, STYLE, &[UPLOT, SCRIPT], out)?;
    write_header(page, out)?;
    writeln!(out, "<main id=\"main\" tabindex=\"-1\">")?;
    numbers::write(report, out)?;
    burndown::write(report, out)?;
    changes::write(page, out)?;
    groups::write(page, out)?;
    outlook::write(page, out)?;
    images::write(page, out)?;
    writeln!(out, "</main>")?;
    write_footer(report, out)?;
    page::write_end(&[UPLOT, SCRIPT], out)
}

/// `on 25 November 2026 from 02:00 to 03:12 UTC`, as short as it can be told.
fn period(from: Timestamp, to: Timestamp) -> String {
    let (day, last) = (date(from), date(to));
    let (begin, end) = (clock(from), clock(to));
    if day != last {
        format!("from <strong>{day}</strong>, {begin}, to <strong>{last}</strong>, {end} UTC")
    } else if begin != end {
        format!("on <strong>{day}</strong> from {begin} to {end} UTC")
    } else {
        format!("on <strong>{day}</strong> at {begin} UTC")
    }
}

/// The day of an earlier sweep, and its hour where it was on the same day as a later one.
fn day_of(earlier: Timestamp, later: Timestamp) -> String {
    let day = date(earlier);
    if day == date(later) { format!("{day}, {} UTC", clock(earlier)) } else { day }
}

fn write_header(page: &Page<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let report = page.report;
    let scope = &report.scope;
    let counts = report.counts();
    let repositories = by_repository(report).len() as u64;
    writeln!(
        out,
        "<a class=\"skip\" href=\"#main\">Skip to the numbers</a>\n<a class=\"skip\" href=\"#images\">Skip to all images</a>\n\
         <header>\n<p class=\"eyebrow\">Can these images verify their RDS database?</p>\n<h1>{}</h1>\n<p class=\"scope\">\
         <strong>{}</strong> in <strong>{}</strong>, looked at {}, compared with <strong>{}</strong>.",
        Markup(&scope.registries.join(", ")),
        plural(counts.images(), "image", "images"),
        plural(repositories, "repository", "repositories"),
        period(scope.started, scope.ended),
        Markup(&report.reference.describe()),
    )?;
    if !scope.filters.is_empty() {
        write!(out, " Only what fits")?;
        for (index, filter) in scope.filters.iter().enumerate() {
            let before = if index > 0 { " and" } else { "" };
            write!(out, "{before} <code>{}</code>", Markup(filter))?;
        }
        write!(out, ".")?;
    }
    if report.not_images > 0 {
        let verb = if report.not_images == 1 { "is no image" } else { "are no images" };
        write!(out, " {} {verb} and left out.", plural(report.not_images, "more tag", "more tags"))?;
    }
    writeln!(out, "</p>")?;
    for note in &scope.notes {
        writeln!(out, "<p class=\"notice\">{}.</p>", Markup(note))?;
    }
    if let Some(why) = &scope.incomplete {
        writeln!(out, "<p class=\"notice\"><strong>Incomplete.</strong> {}</p>", Markup(why))?;
    }
    if report.reference.old {
        writeln!(
            out,
            "<p class=\"notice\"><strong>The reference is more than 90 days old.</strong> AWS may have replaced the bundle since; \
             <code>--bundle</code> names a newer one.</p>"
        )?;
    }
    writeln!(out, "<nav aria-label=\"Sections\"><ul>")?;
    for (anchor, name) in SECTIONS.iter().filter(|(anchor, _)| *anchor != "teams" || page.has_teams) {
        writeln!(out, "<li><a href=\"#{anchor}\">{name}</a></li>")?;
    }
    writeln!(out, "</ul></nav>\n</header>")
}

fn write_footer(report: &SweepReport, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(
        out,
        "<footer>\n<h2>How to read this</h2>\n<dl class=\"words\">\n\
         <div><dt>OK</dt><dd>The bundle is there, readable by the image’s user, and has every authority of the reference.</dd></div>\n\
         <div><dt>Outdated</dt><dd>It lacks authorities: databases in some regions can’t be verified with it.</dd></div>\n\
         <div><dt>Can’t verify</dt><dd>There is no bundle, or one that no client can use or nobody should trust.</dd></div>\n\
         <div><dt>Unreadable</dt><dd>There is one, and the image’s user can’t read it.</dd></div>\n\
         <div><dt>Can’t tell</dt><dd>What is there could not be told. That is no pass.</dd></div>\n\
         <div><dt>Not scanned</dt><dd>The image could not be looked at.</dd></div>\n</dl>"
    )?;
    let bytes = report.bytes;
    writeln!(
        out,
        "<p>Read {} of layers in {}; all layers have {}, and would be {} if each image were pulled whole. Written by rdsca {}.</p>\n</footer>",
        readable::bytes(bytes.read),
        plural(bytes.requests, "request", "requests"),
        readable::bytes(bytes.unique),
        readable::bytes(bytes.total),
        env!("CARGO_PKG_VERSION"),
    )
}

/// A share of a bar, in percent with one decimal.
fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 * 1000.0 / whole as f64).round() / 10.0 }
}

/// A bar that shows one number among others of its kind.
fn bar(class: &str, part: u64, whole: u64) -> String {
    // What is there at all is to be seen.
    let width = if part == 0 { 0.0 } else { percent(part, whole).max(0.5) };
    format!(
        "<svg class=\"bar\" aria-hidden=\"true\"><rect class=\"track\" width=\"100%\" height=\"100%\"/><rect class=\"{class}\" width=\"{width}%\" height=\"100%\"/></svg>"
    )
}

/// A number in a cell, faint where it is nothing.
fn cell(number: u64) -> String {
    if number == 0 {
        "<td class=\"n zero\">0</td>".to_owned()
    } else {
        format!("<td class=\"n\">{}</td>", count(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_short_as_can_be() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let told = |from: &str, to: &str| period(time(from), time(to)).replace("<strong>", "").replace("</strong>", "");
        assert_eq!(told("2026-11-25T02:00:00Z", "2026-11-25T03:12:00Z"), "on 25 November 2026 from 02:00 to 03:12 UTC");
        assert_eq!(told("2026-11-25T02:00:01Z", "2026-11-25T02:00:09Z"), "on 25 November 2026 at 02:00 UTC");
        assert_eq!(
            told("2026-11-25T23:00:00Z", "2026-11-26T01:30:00Z"),
            "from 25 November 2026, 23:00, to 26 November 2026, 01:30 UTC"
        );
        let later = time("2026-11-25T12:00:00Z");
        assert_eq!(day_of(time("2026-11-25T02:00:00Z"), later), "25 November 2026, 02:00 UTC");
        assert_eq!(day_of(time("2026-11-24T02:00:00Z"), later), "24 November 2026");
    }
}
