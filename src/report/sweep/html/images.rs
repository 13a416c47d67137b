//! All images in one table, which a script filters and sorts.

use std::collections::BTreeSet;
use std::io;

use super::super::{Base, Image, State};
use super::Page;
use super::numbers::class;
use crate::bundle::day;
use crate::report::markup::Markup;
use crate::report::readable::{count, plural};

/// Rows that a browser still shows at once without a pause. Where there are more, what needs nobody is left out first.
const MOST_ROWS: usize = 5_000;
/// Regions that are named in a row.
const MOST_REGIONS: usize = 4;

pub fn write(page: &Page<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let report = page.report;
    let mut rows: Vec<&Image> = report.images.iter().collect();
    // Stable, so that within a state the order of names stays.
    rows.sort_by_key(|image| image.state);
    let all = rows.len();
    if all > MOST_ROWS {
        rows.retain(|image| !matches!(image.state, State::Ok | State::NotRequired));
        rows.truncate(MOST_ROWS);
    }
    writeln!(out, "<section aria-labelledby=\"images\">\n<h2 id=\"images\" tabindex=\"-1\">All images</h2>")?;
    if rows.len() < all {
        writeln!(
            out,
            "<p class=\"hint\">{} of {} are shown, the worst first; JSON and CSV have all of them.</p>",
            count(rows.len() as u64),
            plural(all as u64, "image", "images")
        )?;
    }
    if rows.is_empty() {
        let none = if all == 0 { "There is none." } else { "None of them has to be looked at." };
        return writeln!(out, "<p class=\"empty\">{none}</p>\n</section>");
    }
    write_filter(page, &rows, out)?;
    writeln!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Images\"><table id=\"table\" class=\"all\"><thead><tr>"
    )?;
    let columns = ["State", "Image", "Bundle", "Found", "Team", "Built upon", "First seen"];
    for column in columns.iter().filter(|column| **column != "Team" || page.has_teams) {
        write!(out, "<th scope=\"col\">{column}</th>")?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    rows.iter().try_for_each(|image| write_row(page, image, out))?;
    writeln!(out, "</tbody></table></div>\n<p class=\"empty\" id=\"nothing\" hidden>No image fits.</p>\n</section>")
}

/// It is of use with a script only, and so hidden until one shows it.
fn write_filter(page: &Page<'_>, rows: &[&Image], out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(
        out,
        "<form class=\"filter\" id=\"filter\" role=\"search\" aria-label=\"Images\" data-registry=\"{}\" hidden>\n\
         <label class=\"text\">Filter <input type=\"search\" name=\"text\" autocomplete=\"off\" spellcheck=\"false\" placeholder=\"name, rule, region, base …\"></label>",
        Markup(page.registry)
    )?;
    let teams: BTreeSet<&str> = page.report.images.iter().filter_map(|image| image.team.as_deref()).collect();
    if !teams.is_empty() {
        writeln!(out, "<label>Team <select name=\"team\"><option value=\"\">all</option>")?;
        for team in teams {
            writeln!(out, "<option>{}</option>", Markup(team))?;
        }
        writeln!(out, "</select></label>")?;
    }
    writeln!(out, "<fieldset><legend class=\"quiet\">States</legend>")?;
    for state in State::ALL {
        let number = rows.iter().filter(|image| image.state == state).count() as u64;
        if number > 0 {
            writeln!(
                out,
                "<label class=\"check {}\"><input type=\"checkbox\" name=\"state\" value=\"{}\" checked> {} <span class=\"pill\">{}</span></label>",
                class(state),
                state.as_str(),
                Markup(state.label()),
                count(number)
            )?;
        }
    }
    writeln!(
        out,
        "</fieldset>\n<button type=\"reset\">Show all</button>\n<p role=\"status\" id=\"shown\"></p>\n</form>"
    )
}

fn write_row(page: &Page<'_>, image: &Image, out: &mut dyn io::Write) -> io::Result<()> {
    let hex = image.digest.hex();
    write!(
        out,
        "<tr data-state=\"{}\"><td><b class=\"state {}\">{}</b></td><th scope=\"row\">{}",
        image.state.as_str(),
        class(image.state),
        Markup(image.state.label()),
        page.short(&image.repository)
    )?;
    if let Some(tag) = &image.tag {
        write!(out, "<wbr>:{}", Markup(tag))?;
    }
    write!(out, "<small>{} · {}", hex.get(..12).unwrap_or(&hex), Markup(&image.platform))?;
    if let Some(os) = &image.os {
        write!(out, " · {}", Markup(os))?;
    }
    let user = if image.user.is_empty() { "root" } else { &image.user };
    write!(out, " · user {}</small></th><td>", Markup(user))?;
    match &image.publication {
        Some(publication) => write!(out, "{}", Markup(publication))?,
        None => write!(out, "–")?,
    }
    write_regions(image, out)?;
    write!(out, "</td><td>")?;
    for (index, found) in image.findings.iter().enumerate() {
        let comma = if index > 0 { "<br>" } else { "" };
        let open = if found.open { " (open)" } else { "" };
        write!(out, "{comma}{}{open}", Markup(&found.rule))?;
    }
    let base = image.base.and_then(|index| page.report.bases.get(index as usize)).map(Base::title).unwrap_or_default();
    if page.has_teams {
        write!(out, "</td><td>{}", Markup(image.team.as_deref().unwrap_or_default()))?;
    }
    writeln!(out, "</td><td>{}</td><td class=\"day\">{}</td></tr>", page.short(&base), day(image.first_seen))
}

fn write_regions(image: &Image, out: &mut dyn io::Write) -> io::Result<()> {
    let regions = &image.missing_regions;
    if regions.is_empty() {
        return Ok(());
    }
    let named: Vec<_> = regions.iter().take(MOST_REGIONS).map(|region| Markup(region).to_string()).collect();
    write!(out, "<small>lacks {}", named.join(", "))?;
    match regions.len().saturating_sub(MOST_REGIONS) {
        0 => write!(out, "</small>"),
        more => write!(out, " and {more} more</small>"),
    }
}
