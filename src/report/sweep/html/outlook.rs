//! What breaks where, and when: regions that bundles lack, authorities that end; and what could not be looked at.

use std::collections::BTreeMap;
use std::io;

use super::super::{Missed, State, SweepReport, by_region, expiring};
use super::{Page, bar, cell, percent};
use crate::bundle::day;
use crate::report::markup::Markup;
use crate::report::readable::{count, plural};

/// Publications that have a column of their own; older ones stand together.
const MOST_COLUMNS: usize = 8;
/// Lines that are shown at once.
const SHOWN: usize = 15;
/// Lines in all.
const MOST: usize = 2_000;

pub fn write(page: &Page<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let report = page.report;
    write_regions(report, out)?;
    write_expiry(report, out)?;
    write_missed(page, out)
}

fn write_regions(report: &SweepReport, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "<section aria-labelledby=\"regions\">\n<h2 id=\"regions\">Regions that bundles lack</h2>")?;
    let lacking =
        || report.images.iter().filter(|image| image.state != State::NotRequired && !image.missing_regions.is_empty());
    let vague =
        report.images.iter().filter(|image| image.state == State::Outdated && image.missing_regions.is_empty()).count()
            as u64;
    let regions = by_region(report);
    if regions.is_empty() {
        writeln!(out, "<p class=\"empty\">No bundle is known to lack a region of the reference.</p>")?;
    } else {
        // Region by publication; what equals none stands under the empty name.
        let mut cells: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        let mut columns: BTreeMap<&str, u64> = BTreeMap::new();
        for image in lacking() {
            let publication = image.publication.as_deref().unwrap_or_default();
            *columns.entry(publication).or_default() += 1;
            for region in image.missing_regions.iter() {
                *cells.entry((region, publication)).or_default() += 1;
            }
        }
        let known: Vec<&str> = columns.keys().rev().copied().filter(|name| !name.is_empty()).collect();
        let (own, older) = known.split_at(MOST_COLUMNS.min(known.len()));
        let total = lacking().count() as u64;
        writeln!(
            out,
            "<p class=\"lead\">{} can’t verify databases in at least one of {}. Bundles by the day of their publication:</p>\n\
             <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Regions\"><table class=\"heat\"><thead><tr><th scope=\"col\">Region</th>\
             <th scope=\"col\" class=\"n\">Images</th><th scope=\"col\" class=\"n\">Repositories</th>",
            plural(total, "image", "images"),
            plural(regions.len() as u64, "region", "regions")
        )?;
        own.iter().try_for_each(|name| writeln!(out, "<th scope=\"col\" class=\"n\">{}</th>", Markup(name)))?;
        if !older.is_empty() {
            writeln!(out, "<th scope=\"col\" class=\"n\">older</th>")?;
        }
        if columns.contains_key("") {
            writeln!(out, "<th scope=\"col\" class=\"n\">other bundles</th>")?;
        }
        writeln!(out, "</tr></thead>\n<tbody>")?;
        let most = cells.values().copied().max().unwrap_or_default();
        for region in &regions {
            write!(
                out,
                "<tr><th scope=\"row\">{}</th>{}{}",
                Markup(&region.name),
                cell(region.images),
                cell(region.repositories)
            )?;
            let number = |publication: &str| cells.get(&(&*region.name, publication)).copied().unwrap_or_default();
            own.iter().try_for_each(|name| write!(out, "{}", heat(number(name), most)))?;
            if !older.is_empty() {
                write!(out, "{}", heat(older.iter().map(|name| number(name)).sum(), most))?;
            }
            if columns.contains_key("") {
                write!(out, "{}", heat(number(""), most))?;
            }
            writeln!(out, "</tr>")?;
        }
        writeln!(out, "</tbody></table></div>")?;
    }
    if vague > 0 {
        writeln!(
            out,
            "<p class=\"hint\">{} outdated besides: of the newest publication only the hash is known here, and so not which regions it added.</p>",
            plural(vague, "image is", "images are")
        )?;
    }
    writeln!(out, "</section>")
}

/// A number whose colour says how large it is among its kind, in five steps.
fn heat(number: u64, most: u64) -> String {
    match number {
        0 => "<td class=\"n zero\">·</td>".to_owned(),
        _ => format!("<td class=\"n h{}\">{}</td>", (number * 5).div_ceil(most.max(1)).clamp(1, 5), count(number)),
    }
}

fn write_expiry(report: &SweepReport, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "<section aria-labelledby=\"expiry\">\n<h2 id=\"expiry\">When bundles begin to end</h2>")?;
    let mut days: BTreeMap<jiff::civil::Date, (u64, Vec<&str>)> = BTreeMap::new();
    let expiring = expiring(report);
    for ending in &expiring {
        let (images, authorities) = days.entry(day(ending.expiry.at)).or_default();
        *images += ending.images;
        authorities.push(&ending.expiry.authority);
    }
    let Some((first, _)) = days.first_key_value() else {
        return writeln!(out, "<p class=\"empty\">No image has a bundle with an authority that ends.</p>\n</section>");
    };
    writeln!(
        out,
        "<p class=\"lead\">The first authority ends on {}. From that day on its bundle no longer verifies the databases whose certificates it signed.</p>",
        first.strftime("%-d %B %Y")
    )?;
    write_strip(report, &days, out)?;
    let most = days.values().map(|(images, _)| *images).max().unwrap_or_default();
    writeln!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Expiry\"><table><thead><tr><th scope=\"col\">Day</th>\
         <th scope=\"col\">In</th><th scope=\"col\">Next authority to end</th><th scope=\"col\" class=\"n\">Images</th>\
         <th scope=\"col\" class=\"wide\"><span class=\"quiet\">Images, as a bar</span></th></tr></thead>\n<tbody>"
    )?;
    for (end, (images, authorities)) in days.iter().take(MOST) {
        let soon = until(day(report.at), *end);
        let class = if soon.1 { " class=\"soon\"" } else { "" };
        write!(out, "<tr{class}><th scope=\"row\">{}</th><td>{}</td><td>", end.strftime("%-d %B %Y"), soon.0)?;
        for (index, authority) in authorities.iter().take(3).enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(out, "{comma}{}", Markup(authority))?;
        }
        if authorities.len() > 3 {
            write!(out, " and {} more", authorities.len() - 3)?;
        }
        let colour = if soon.1 { "missing" } else { "accent" };
        writeln!(out, "</td>{}<td class=\"wide\">{}</td></tr>", cell(*images), bar(colour, *images, most))?;
    }
    writeln!(out, "</tbody></table></div>\n</section>")
}

/// How long it is from one day to another, in words; and whether that is less than a year.
fn until(from: jiff::civil::Date, to: jiff::civil::Date) -> (String, bool) {
    let days = (to - from).get_days();
    let text = match days {
        ..=0 => "ended".to_owned(),
        1..=60 => plural(u64::from(days.unsigned_abs()), "day", "days"),
        61..=730 => plural(u64::from(days.unsigned_abs()) / 30, "month", "months"),
        _ => plural(u64::from(days.unsigned_abs()) / 365, "year", "years"),
    };
    (text, days < 365)
}

/// A line of years with a dot for each day, as large as many images it concerns.
fn write_strip(
    report: &SweepReport,
    days: &BTreeMap<jiff::civil::Date, (u64, Vec<&str>)>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let (Some((last, _)), Some(most)) = (days.last_key_value(), days.values().map(|(images, _)| *images).max()) else {
        return Ok(());
    };
    let start = i64::from(day(report.at).year());
    let years = i64::from(last.year()) - start + 1;
    let step = [1, 2, 5, 10, 20].into_iter().find(|step| years / step <= 10).unwrap_or(50);
    // Room for half a dot at both ends.
    let x = |years_from_start: f64| 3.0 + years_from_start / years as f64 * 92.0;
    writeln!(
        out,
        "<svg class=\"strip\" aria-hidden=\"true\"><line class=\"axis\" x1=\"0\" x2=\"100%\" y1=\"48\" y2=\"48\"/>"
    )?;
    for year in (start..=start + years).filter(|year| year % step == 0) {
        let at = x((year - start) as f64);
        writeln!(
            out,
            "<line class=\"grid\" x1=\"{at:.1}%\" x2=\"{at:.1}%\" y1=\"44\" y2=\"52\"/><text x=\"{at:.1}%\" y=\"80\" text-anchor=\"middle\">{year}</text>"
        )?;
    }
    for (end, (images, _)) in days {
        let within = i64::from(end.year()) - start;
        let at = x(within as f64 + f64::from(end.day_of_year()) / 366.0);
        let radius = 4.0 + 14.0 * (percent(*images, most) / 100.0).sqrt();
        let class = if until(day(report.at), *end).1 { "missing" } else { "accent" };
        writeln!(out, "<circle class=\"{class}\" cx=\"{at:.1}%\" cy=\"48\" r=\"{radius:.1}\"/>")?;
    }
    writeln!(out, "</svg>")
}

fn write_missed(page: &Page<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let report = page.report;
    writeln!(out, "<section aria-labelledby=\"not-scanned\">\n<h2 id=\"not-scanned\">Not scanned, and why</h2>")?;
    if report.not_scanned.is_empty() {
        return writeln!(out, "<p class=\"empty\">Everything that was found was looked at.</p>\n</section>");
    }
    writeln!(
        out,
        "<p class=\"lead\">{} could not be looked at. That is no pass.</p>",
        plural(report.not_scanned.len() as u64, "image", "images")
    )?;
    let (shown, rest) = report.not_scanned.split_at(SHOWN.min(report.not_scanned.len()));
    write_missed_table(page, shown, out)?;
    if !rest.is_empty() {
        writeln!(out, "<details><summary>{} more</summary>", count(rest.len() as u64))?;
        write_missed_table(page, rest.get(..MOST.min(rest.len())).unwrap_or_default(), out)?;
        if rest.len() > MOST {
            writeln!(out, "<p class=\"hint\">JSON and CSV have all of them.</p>")?;
        }
        writeln!(out, "</details>")?;
    }
    writeln!(out, "</section>")
}

fn write_missed_table(page: &Page<'_>, missed: &[Missed], out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Not scanned\"><table><thead><tr><th scope=\"col\">Image</th>{}\
         <th scope=\"col\">Why</th></tr></thead>\n<tbody>",
        if page.has_teams { "<th scope=\"col\">Team</th>" } else { "" }
    )?;
    for Missed { target, team, reason, .. } in missed {
        write!(out, "<tr><th scope=\"row\">{}</th>", page.short(target))?;
        if page.has_teams {
            write!(out, "<td>{}</td>", Markup(team.as_deref().unwrap_or_default()))?;
        }
        writeln!(out, "<td>{}</td></tr>", Markup(reason))?;
    }
    writeln!(out, "</tbody></table></div>")
}
