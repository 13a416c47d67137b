//! The same images by team, by repository and by base image.

use std::io;

use super::super::{Base, Counts, Group, State, by_repository, by_team};
use super::{Page, bar, cell, percent};
use crate::report::markup::Markup;
use crate::report::readable::{count, plural};

/// Rows that are shown of each table; those that follow are one click away.
const SHOWN: usize = 15;
/// Repositories in all: a page is read, JSON and CSV are searched.
const MOST: usize = 2_000;

pub fn write(page: &Page<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let report = page.report;
    let worst_first = |mut groups: Vec<Group>| {
        groups.sort_by_key(|group| {
            let Counts { missing, not_scanned, unknown, .. } = group.counts;
            std::cmp::Reverse((group.counts.broken(), missing, not_scanned + unknown))
        });
        groups
    };
    let teams = worst_first(by_team(report));
    if !teams.is_empty() {
        writeln!(out, "<section aria-labelledby=\"teams\">\n<h2 id=\"teams\">By team</h2>")?;
        write_table(page, "Team", "data-team", &teams, out)?;
        writeln!(out, "</section>")?;
    }
    writeln!(out, "<section aria-labelledby=\"repositories\">\n<h2 id=\"repositories\">By repository</h2>")?;
    let repositories = worst_first(by_repository(report));
    if repositories.is_empty() {
        writeln!(out, "<p class=\"empty\">No repository was found.</p>\n</section>")?;
        return write_bases(page, out);
    }
    let clean = repositories.iter().filter(|group| is_clean(&group.counts)).count() as u64;
    writeln!(
        out,
        "<p class=\"lead\">In {} of {} nothing is to be done.</p>",
        count(clean),
        plural(repositories.len() as u64, "repository", "repositories")
    )?;
    let (shown, rest) = repositories.split_at(SHOWN.min(repositories.len()));
    write_table(page, "Repository", "data-find", shown, out)?;
    if !rest.is_empty() {
        writeln!(
            out,
            "<details><summary>{}</summary>",
            plural(rest.len() as u64, "more repository", "more repositories")
        )?;
        write_table(page, "Repository", "data-find", rest.get(..MOST.min(rest.len())).unwrap_or_default(), out)?;
        if rest.len() > MOST {
            writeln!(out, "<p class=\"hint\">JSON and CSV have all of them.</p>")?;
        }
        writeln!(out, "</details>")?;
    }
    writeln!(out, "</section>")?;
    write_bases(page, out)
}

const fn is_clean(counts: &Counts) -> bool {
    counts.broken() + counts.unknown + counts.not_scanned == 0
}

fn write_table(page: &Page<'_>, what: &str, filter: &str, groups: &[Group], out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{what}\"><table><thead><tr><th scope=\"col\">{what}</th>\
         <th scope=\"col\" class=\"n\">OK</th><th scope=\"col\" class=\"n\">Outdated</th><th scope=\"col\" class=\"n\">Can’t verify</th>\
         <th scope=\"col\" class=\"n\">Unreadable</th><th scope=\"col\" class=\"n\">Not scanned</th>\
         <th scope=\"col\" class=\"wide\">Share</th></tr></thead>\n<tbody>"
    )?;
    for Group { name, counts } in groups {
        write!(out, "<tr><th scope=\"row\">")?;
        match name {
            Some(name) => write!(out, "<a href=\"#images\" {filter}=\"{0}\">{0}</a>", page.short(name))?,
            None => write!(out, "<i>no team</i>")?,
        }
        let not_scanned = counts.not_scanned + counts.unknown;
        writeln!(
            out,
            "</th>{}{}{}{}{}<td class=\"wide\">{}</td></tr>",
            cell(counts.ok + counts.not_required),
            cell(counts.outdated),
            cell(counts.missing),
            cell(counts.unreadable),
            cell(not_scanned),
            stack(counts)
        )?;
    }
    writeln!(out, "</tbody></table></div>")
}

/// A bar of all states side by side.
fn stack(counts: &Counts) -> String {
    let all = counts.images() + counts.not_scanned;
    let mut svg = String::from("<svg class=\"bar\" aria-hidden=\"true\">");
    let mut from = 0;
    for (class, value) in [
        ("missing", counts.of(State::Missing)),
        ("unreadable", counts.of(State::Unreadable)),
        ("outdated", counts.of(State::Outdated)),
        ("unknown", counts.unknown + counts.not_scanned),
        ("ok", counts.ok + counts.not_required),
    ] {
        if value > 0 {
            svg += &format!(
                "<rect class=\"{class}\" x=\"{}%\" width=\"{}%\" height=\"100%\"/>",
                percent(from, all),
                percent(value, all)
            );
        }
        from += value;
    }
    svg + "</svg>"
}

fn write_bases(page: &Page<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let report = page.report;
    writeln!(out, "<section aria-labelledby=\"bases\">\n<h2 id=\"bases\">By base image</h2>")?;
    let useful: Vec<_> = report.bases.iter().filter(|base| base.mends > 0).collect();
    let Some(best) = useful.first() else {
        return writeln!(out, "<p class=\"empty\">No base that images share would mend any of them.</p>\n</section>");
    };
    writeln!(
        out,
        "<p class=\"lead\">Fixing <b class=\"name\">{}</b> mends <strong>{}</strong>. {} built upon it.</p>\n\
         <p class=\"hint\">A base is the longest run of lowest layers that images of several repositories share. It mends an image where no \
         layer above it put there what is wrong, once that image is built anew.</p>",
        page.short(&best.title()),
        plural(best.mends, "image", "images"),
        plural(best.repositories, "repository is", "repositories are")
    )?;
    let (shown, rest) = useful.split_at(SHOWN.min(useful.len()));
    write_base_table(page, shown, best.mends, out)?;
    if !rest.is_empty() {
        writeln!(out, "<details><summary>{}</summary>", plural(rest.len() as u64, "more base", "more bases"))?;
        write_base_table(page, rest.get(..MOST.min(rest.len())).unwrap_or_default(), best.mends, out)?;
        writeln!(out, "</details>")?;
    }
    writeln!(out, "</section>")
}

fn write_base_table(page: &Page<'_>, bases: &[&Base], most: u64, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Base images\"><table class=\"bases\"><thead><tr><th scope=\"col\">Fixing this base</th>\
         <th scope=\"col\" class=\"n\">Mends</th><th scope=\"col\" class=\"n\">of images</th><th scope=\"col\" class=\"n\">Repositories</th>\
         <th scope=\"col\" class=\"n\">Layers</th><th scope=\"col\" class=\"wide\"><span class=\"quiet\">Mends, as a bar</span></th></tr></thead>\n<tbody>"
    )?;
    for base in bases {
        write!(
            out,
            "<tr><th scope=\"row\"><a href=\"#images\" data-find=\"{0}\">{0}</a><small>{1}",
            page.short(&base.title()),
            Markup(&base.platform)
        )?;
        if let Some(parent) = base.parent.and_then(|index| page.report.bases.get(index as usize)) {
            write!(out, " · upon <span class=\"name\">{}</span>", page.short(&parent.title()))?;
        }
        writeln!(
            out,
            "</small></th>{}{}{}{}<td class=\"wide\">{}</td></tr>",
            cell(base.mends),
            cell(base.images),
            cell(base.repositories),
            cell(u64::from(base.layers)),
            bar("accent", base.mends, most)
        )?;
    }
    writeln!(out, "</tbody></table></div>")
}
