//! `text`: for people at a terminal. The scope, what each repository comes to, what changed, which base mends most, and the sum.

use std::io;

use anstyle::{AnsiColor, Effects, Style};
use jiff::Timestamp;

use super::counts::Number;
use super::{Change, ChangeKind, Format, Group, Seen, SweepReport, by_region, by_repository, by_team};
use crate::bundle::day;
use crate::text::escape;

pub static FORMAT: Format = Format { name: "text", write };

const STRONG: Style = Style::new().effects(Effects::BOLD);
const DIM: Style = Style::new().effects(Effects::DIMMED);
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
const OPEN: Style = AnsiColor::Yellow.on_default();

/// Lines of what changed, of each kind; the other formats have all of them.
const MOST_CHANGES: usize = 20;
/// The widest column of names; a longer name pushes only its own numbers aside.
const WIDEST: usize = 72;
/// Bases and regions that are told; those that follow concern fewer images.
const MOST: usize = 10;

/// The five numbers, and what stands above them.
const COLUMNS: [(&str, Style, Number); 5] = [
    ("ok", GOOD, |counts| counts.ok + counts.not_required),
    ("outdated", OPEN, |counts| counts.outdated),
    ("can't verify", BAD, |counts| counts.missing),
    ("unreadable", BAD, |counts| counts.unreadable),
    ("not scanned", OPEN, |counts| counts.not_scanned + counts.unknown),
];

fn write(report: &SweepReport, out: &mut dyn io::Write) -> io::Result<()> {
    let repositories = by_repository(report);
    write_groups("REPOSITORY", &repositories, out)?;
    let teams = by_team(report);
    if !teams.is_empty() {
        writeln!(out)?;
        write_groups("TEAM", &teams, out)?;
    }
    if let Some(previous) = report.previous {
        writeln!(out)?;
        write_changes(previous.at, &report.changes, MOST_CHANGES, out)?;
    }
    write_bases(report, out)?;
    write_regions(report, out)?;
    if !report.not_scanned.is_empty() {
        writeln!(out)?;
    }
    for missed in &report.not_scanned {
        writeln!(out, "{OPEN}not scanned{OPEN:#}  {}: {}", escape(&missed.target), escape(&missed.reason))?;
    }
    write_sum(report, repositories.len(), out)
}

fn write_groups(title: &str, groups: &[Group], out: &mut dyn io::Write) -> io::Result<()> {
    let name = |group: &Group| match &group.name {
        Some(name) => escape(name).into_owned(),
        None => "(no team)".to_owned(),
    };
    let widths = groups.iter().map(|group| name(group).chars().count());
    let width = widths.filter(|width| *width <= WIDEST).chain([title.len()]).max().unwrap_or_default();
    write!(out, "{DIM}{title:width$}")?;
    for (column, ..) in COLUMNS {
        write!(out, "  {column:>w$}", w = column.len().max(5))?;
    }
    writeln!(out, "{DIM:#}")?;
    for group in groups {
        write!(out, "{:width$}", name(group))?;
        for (column, style, count) in COLUMNS {
            let count = count(&group.counts);
            let style = if count == 0 { DIM } else { style };
            write!(out, "  {style}{count:>w$}{style:#}", w = column.len().max(5))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// What changed between two sweeps, all of it, and what the later one could not look at and the earlier one could. `since` is when the earlier
/// one ended.
///
/// # Errors
/// Whatever `out` ends with.
pub fn write_difference(
    since: Timestamp,
    (old, new): (&Seen, &Seen),
    changes: &[Change],
    out: &mut dyn io::Write,
) -> io::Result<()> {
    write_changes(since, changes, usize::MAX, out)?;
    let newly_missed = new.missed.iter().filter(|(target, _)| !old.missed.contains_key(*target));
    for (target, reason) in newly_missed {
        writeln!(out, "  {OPEN}not scanned {OPEN:#}  {}: {}", escape(target), escape(reason))?;
    }
    for (which, _) in [("earlier", old), ("later", new)].iter().filter(|(_, seen)| !seen.complete) {
        writeln!(
            out,
            "{OPEN}incomplete{OPEN:#}: the {which} sweep was not finished, and what it did not come to is not compared"
        )?;
    }
    let kinds = ChangeKind::ALL.map(|kind| {
        let number = changes.iter().filter(|change| change.kind == kind).count();
        format!("{number} {}", kind.label())
    });
    writeln!(out, "{}; {} to mend before, {} now", kinds.join(", "), images(old.broken() as u64), new.broken())
}

/// What changed since another sweep, at most so many lines of each kind.
fn write_changes(since: Timestamp, changes: &[Change], most: usize, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "{STRONG}Since the sweep of {}{STRONG:#}", day(since))?;
    if changes.is_empty() {
        return writeln!(out, "  nothing changed");
    }
    for kind in ChangeKind::ALL {
        let changes = || changes.iter().filter(|change| change.kind == kind);
        for change in changes().take(most) {
            let style = match (kind, change.to) {
                (ChangeKind::NewlyBroken, _) => BAD,
                (ChangeKind::Mended, _) => GOOD,
                (_, Some(state)) if state.is_broken() => BAD,
                _ => DIM,
            };
            let states = match (change.from, change.to) {
                (Some(from), Some(to)) => format!("{} → {}", from.label(), to.label()),
                (None, Some(state)) if kind == ChangeKind::NewlyBroken => format!("not scanned → {}", state.label()),
                (None, Some(state)) => state.label().to_owned(),
                _ => String::new(),
            };
            let platform = escape(&change.platform);
            writeln!(out, "  {style}{:<12}{style:#}  {} ({platform}) {states}", kind.label(), escape(&change.image))?;
        }
        let more = changes().count().saturating_sub(most);
        if more > 0 {
            writeln!(out, "  {DIM}… and {more} more {}{DIM:#}", kind.label())?;
        }
    }
    Ok(())
}

fn write_bases(report: &SweepReport, out: &mut dyn io::Write) -> io::Result<()> {
    let mut bases = report.bases.iter().filter(|base| base.mends > 0).peekable();
    if bases.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "\n{STRONG}Bases{STRONG:#}")?;
    for base in bases.take(MOST) {
        writeln!(
            out,
            "  fixing {STRONG}{}{STRONG:#} ({}) mends {} of {}",
            escape(&base.title()),
            escape(&base.platform),
            images(base.mends),
            base.images
        )?;
    }
    Ok(())
}

fn write_regions(report: &SweepReport, out: &mut dyn io::Write) -> io::Result<()> {
    let regions = by_region(report);
    if regions.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{STRONG}Regions that bundles lack{STRONG:#}")?;
    let width = regions.iter().take(MOST).map(|region| region.name.chars().count()).max().unwrap_or_default();
    for region in regions.iter().take(MOST) {
        writeln!(out, "  {:width$}  {}", escape(&region.name), images(region.images))?;
    }
    match regions.len().saturating_sub(MOST) {
        0 => Ok(()),
        more => writeln!(out, "  {DIM}… and {more} more{DIM:#}"),
    }
}

fn write_sum(report: &SweepReport, repositories: usize, out: &mut dyn io::Write) -> io::Result<()> {
    let counts = report.counts();
    let mut parts: Vec<String> = Vec::new();
    for (column, _, count) in COLUMNS {
        parts.push(format!("{} {column}", count(&counts)));
    }
    let style = if counts.broken() > 0 {
        BAD
    } else if counts.not_scanned + counts.unknown > 0 || report.scope.incomplete.is_some() {
        OPEN
    } else {
        GOOD
    };
    writeln!(
        out,
        "\n{style}{}{style:#}: {} in {repositories} {}; compared with {}",
        parts.join(", "),
        images(counts.images()),
        if repositories == 1 { "repository" } else { "repositories" },
        escape(&report.reference.describe())
    )?;
    if report.not_images > 0 {
        let (tags, verb) = if report.not_images == 1 { ("tag", "is no image") } else { ("tags", "are no images") };
        writeln!(
            out,
            "{} {tags} {verb}, or none for these platforms: charts, signatures and the like",
            report.not_images
        )?;
    }
    for note in &report.scope.notes {
        writeln!(out, "note: {}", escape(note))?;
    }
    if let Some(why) = &report.scope.incomplete {
        writeln!(out, "{OPEN}incomplete{OPEN:#}: {}", escape(why))?;
    }
    if report.reference.old {
        writeln!(out, "the reference is more than 90 days old: AWS may have replaced the bundle since; see --bundle")?;
    }
    Ok(())
}

fn images(count: u64) -> String {
    format!("{count} {}", if count == 1 { "image" } else { "images" })
}
