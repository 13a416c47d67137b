//! The five numbers, each beside what it was in the sweep before.

use std::io;

use super::super::{Counts, State, SweepReport, counts};
use super::{day_of, percent};
use crate::report::readable::{count, plural};

struct Number {
    /// Of its colour, too.
    class: &'static str,
    name: &'static str,
    of: counts::Number,
    /// Whether more of it is better.
    more_is_better: bool,
    /// What it counts besides what it is called.
    besides: fn(&Counts) -> Option<String>,
}

static NUMBERS: [Number; 5] = [
    Number {
        class: "ok",
        name: "OK",
        of: |counts| counts.ok + counts.not_required,
        more_is_better: true,
        besides: |counts| {
            let verb = if counts.not_required == 1 { "needs" } else { "need" };
            (counts.not_required > 0).then(|| format!("{} of them {verb} no bundle", count(counts.not_required)))
        },
    },
    Number {
        class: "outdated",
        name: "Outdated",
        of: |counts| counts.outdated,
        more_is_better: false,
        besides: |_| None,
    },
    Number {
        class: "missing",
        name: "Can’t verify",
        of: |counts| counts.missing,
        more_is_better: false,
        besides: |_| None,
    },
    Number {
        class: "unreadable",
        name: "Unreadable",
        of: |counts| counts.unreadable,
        more_is_better: false,
        besides: |_| None,
    },
    Number {
        class: "unknown",
        name: "Not scanned",
        of: |counts| counts.not_scanned + counts.unknown,
        more_is_better: false,
        besides: |counts| (counts.unknown > 0).then(|| format!("{} of them can’t be told", count(counts.unknown))),
    },
];

pub fn write(report: &SweepReport, out: &mut dyn io::Write) -> io::Result<()> {
    let now = report.counts();
    writeln!(out, "<section aria-labelledby=\"numbers\">\n<h2 id=\"numbers\" class=\"quiet\">The numbers</h2>")?;
    write_share(&now, out)?;
    writeln!(out, "<dl class=\"numbers\">")?;
    for number in &NUMBERS {
        let value = (number.of)(&now);
        let zero = if value == 0 { " none" } else { "" };
        writeln!(
            out,
            "<div class=\"{}{zero}\"><dt>{}</dt><dd><span class=\"value\">{}</span>",
            number.class,
            number.name,
            count(value)
        )?;
        if let Some(previous) = &report.previous {
            writeln!(out, "{}", change(number, (number.of)(&previous.counts), value))?;
        }
        if let Some(besides) = (number.besides)(&now) {
            writeln!(out, "<span class=\"besides\">{besides}</span>")?;
        }
        writeln!(out, "</dd></div>")?;
    }
    writeln!(out, "</dl>")?;
    match &report.previous {
        Some(previous) => {
            let day = day_of(previous.at, report.scope.ended);
            writeln!(out, "<p class=\"hint\">Changes are since the sweep of {day}.</p>\n</section>")
        }
        None => {
            writeln!(out, "<p class=\"hint\">This is the first sweep; the next one tells what changed.</p>\n</section>")
        }
    }
}

fn change(number: &Number, before: u64, now: u64) -> String {
    let (class, text) = match now.cmp(&before) {
        std::cmp::Ordering::Equal => ("same", "no change".to_owned()),
        std::cmp::Ordering::Greater => {
            (if number.more_is_better { "better" } else { "worse" }, format!("↑ {} more", count(now - before)))
        }
        std::cmp::Ordering::Less => {
            (if number.more_is_better { "worse" } else { "better" }, format!("↓ {} fewer", count(before - now)))
        }
    };
    format!("<span class=\"change {class}\">{text}</span>")
}

/// One bar for all: what share of everything comes to what.
fn write_share(counts: &Counts, out: &mut dyn io::Write) -> io::Result<()> {
    let all = counts.images() + counts.not_scanned;
    let alt: Vec<_> =
        NUMBERS.iter().map(|number| format!("{} {}", count((number.of)(counts)), number.name.to_lowercase())).collect();
    writeln!(
        out,
        "<svg class=\"share\" role=\"img\" aria-label=\"{}: {}\">",
        plural(all, "image", "images"),
        alt.join(", ")
    )?;
    let mut from = 0;
    for number in &NUMBERS {
        let value = (number.of)(counts);
        if value > 0 {
            writeln!(
                out,
                "<rect class=\"{}\" x=\"{}%\" width=\"{}%\" height=\"100%\"/>",
                number.class,
                percent(from, all),
                percent(value, all)
            )?;
        }
        from += value;
    }
    writeln!(out, "</svg>")
}

/// The class that colours a state.
pub const fn class(state: State) -> &'static str {
    match state {
        State::Ok | State::NotRequired => "ok",
        State::Outdated => "outdated",
        State::Missing => "missing",
        State::Unreadable => "unreadable",
        State::Unknown => "unknown",
    }
}
