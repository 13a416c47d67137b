//! What is another than in the sweep before.

use std::io;

use super::super::{Change, ChangeKind, State};
use super::numbers::class;
use super::{Page, day_of};
use crate::report::markup::Markup;
use crate::report::readable::count;

/// Lines that are shown of each kind; those that follow are one click away.
const SHOWN: usize = 8;
/// Lines in all of each kind: a page is read, JSON and CSV are searched.
const MOST: usize = 500;

pub fn write(page: &Page<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "<section aria-labelledby=\"changes\">\n<h2 id=\"changes\">What changed</h2>")?;
    let report = page.report;
    let Some(previous) = report.previous else {
        return writeln!(out, "<p class=\"empty\">This is the first sweep.</p>\n</section>");
    };
    if report.changes.is_empty() {
        let day = day_of(previous.at, report.scope.ended);
        return writeln!(out, "<p class=\"empty\">Nothing since the sweep of {day}.</p>\n</section>");
    }
    writeln!(out, "<div class=\"changes\">")?;
    for kind in ChangeKind::ALL {
        let changes: Vec<_> = report.changes.iter().filter(|change| change.kind == kind).collect();
        let mut title = kind.label().to_owned();
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        writeln!(
            out,
            "<div class=\"{}\">\n<h3>{title} <span class=\"pill\">{}</span></h3>",
            kind.as_str(),
            count(changes.len() as u64)
        )?;
        if changes.is_empty() {
            writeln!(out, "<p class=\"empty\">None.</p>")?;
        } else {
            write_list(page, changes.iter().take(SHOWN), out)?;
        }
        if let Some(rest) = changes.get(SHOWN..).filter(|rest| !rest.is_empty()) {
            writeln!(out, "<details><summary>{} more</summary>", count(rest.len() as u64))?;
            write_list(page, rest.iter().take(MOST - SHOWN), out)?;
            if rest.len() > MOST - SHOWN {
                writeln!(out, "<p class=\"hint\">JSON and CSV have all of them.</p>")?;
            }
            writeln!(out, "</details>")?;
        }
        writeln!(out, "</div>")?;
    }
    writeln!(out, "</div>\n</section>")
}

fn write_list<'c>(
    page: &Page<'_>,
    changes: impl Iterator<Item = &'c &'c Change>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    writeln!(out, "<ul class=\"names\">")?;
    for change in changes {
        write!(
            out,
            "<li><span class=\"name\">{}</span> <small>{}",
            page.short(&change.image),
            Markup(&change.platform)
        )?;
        let state = |state: State| format!("<b class=\"{}\">{}</b>", class(state), Markup(state.label()));
        match (change.from, change.to) {
            (Some(from), Some(to)) => writeln!(out, ": {} → {}</small></li>", state(from), state(to))?,
            (None, Some(to)) if change.kind == ChangeKind::NewlyBroken => {
                writeln!(out, ": not scanned → {}</small></li>", state(to))?;
            }
            (None, Some(only)) => writeln!(out, ": {}</small></li>", state(only))?,
            (Some(only), None) => writeln!(out, ": was {}</small></li>", state(only))?,
            (None, None) => writeln!(out, "</small></li>")?,
        }
    }
    writeln!(out, "</ul>")
}
