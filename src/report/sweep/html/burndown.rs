//! What had to be mended over the sweeps: a chart that needs no script, the numbers it is drawn from, and the same numbers for a script.

use std::fmt::Write as _;
use std::io;

use super::super::counts::Number;
use super::super::{Point, SweepReport};
use crate::report::readable::{clock, count, date, plural};

/// What is stacked, from the bottom: class, name, number.
const STACK: [(&str, &str, Number); 3] = [
    ("missing", "can’t verify", |counts| counts.missing),
    ("unreadable", "unreadable", |counts| counts.unreadable),
    ("outdated", "outdated", |counts| counts.outdated),
];

/// Points that are drawn, the last ones: two years of weekly sweeps; a pixel for each is needed at least.
const MOST_POINTS: usize = 400;

/// The drawing's own measures; it is stretched to the width of the page.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 200.0;

pub fn write(report: &SweepReport, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "<section aria-labelledby=\"burndown\">\n<h2 id=\"burndown\">Burn-down</h2>")?;
    let skipped = report.history.len().saturating_sub(MOST_POINTS);
    let points = report.history.get(skipped..).unwrap_or_default();
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return writeln!(out, "<p class=\"empty\">No sweep has ended yet.</p>\n</section>");
    };
    if points.len() < 2 {
        let unknown = match last.counts.not_scanned + last.counts.unknown {
            0 => String::new(),
            number => format!(", and {} of which it is not known", count(number)),
        };
        return writeln!(
            out,
            "<p class=\"empty\">{} to mend in this first sweep{unknown}. From the second on, a curve shows how it goes.</p>\n</section>",
            plural(last.counts.broken(), "image", "images")
        );
    }
    // Two sweeps of one day are told apart by the clock.
    let same_day = date(first.at) == date(last.at);
    let when =
        |point: &Point| if same_day { format!("at {}", clock(point.at)) } else { format!("on {}", date(point.at)) };
    let summary = format!(
        "{} to mend {}, {} {}",
        plural(first.counts.broken(), "image", "images"),
        when(first),
        count(last.counts.broken()),
        when(last)
    );
    writeln!(out, "<p class=\"lead\">{summary}.</p>\n<ul class=\"legend\">")?;
    for (class, name, _) in STACK.iter().rev() {
        writeln!(
            out,
            "<li><svg class=\"swatch\" aria-hidden=\"true\"><rect class=\"{class}\" width=\"100%\" height=\"100%\"/></svg>{name}</li>"
        )?;
    }
    writeln!(out, "</ul>\n<div class=\"chart\" id=\"chart\">")?;
    write_drawing(points, &summary, out)?;
    writeln!(out, "</div>\n<p class=\"readout\" id=\"readout\" role=\"status\"></p>")?;
    write_table(points, out)?;
    writeln!(out, "<script type=\"application/json\" id=\"history\">{}</script>\n</section>", data(points))
}

/// Of numbers only, so that nothing in it can end the element that it stands in.
fn data(points: &[Point]) -> String {
    let column = |of: &dyn Fn(&Point) -> String| points.iter().map(of).collect::<Vec<_>>().join(",");
    let mut text = format!("{{\"at\":[{}]", column(&|point| point.at.as_second().to_string()));
    for (class, _, number) in STACK {
        // Writing to a String cannot fail.
        let _ = write!(text, ",\"{class}\":[{}]", column(&|point| number(&point.counts).to_string()));
    }
    text.push('}');
    text
}

fn write_drawing(points: &[Point], summary: &str, out: &mut dyn io::Write) -> io::Result<()> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Ok(()) };
    let span = (last.at.as_second() - first.at.as_second()).max(1) as f64;
    let highest = points.iter().map(|point| point.counts.broken()).max().unwrap_or_default().max(1);
    let step = step(highest);
    let top = highest.div_ceil(step) * step;
    let x = |point: &Point| (point.at.as_second() - first.at.as_second()) as f64 / span * WIDTH;
    let y = |value: u64| HEIGHT - value as f64 / top as f64 * HEIGHT;
    writeln!(out, "<svg class=\"drawing\" role=\"img\" aria-label=\"{summary}\">")?;
    // What is within is stretched; the words around it are not.
    writeln!(
        out,
        "<svg width=\"100%\" height=\"200\" y=\"10\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\">"
    )?;
    for index in (0..STACK.len()).rev() {
        let mut path = format!("M0 {HEIGHT}");
        for point in points {
            let value: u64 = STACK.iter().take(index + 1).map(|(_, _, number)| number(&point.counts)).sum();
            let _ = write!(path, "L{:.1} {:.1}", x(point), y(value));
        }
        let class = STACK.get(index).map_or("", |(class, ..)| class);
        writeln!(out, "<path class=\"area {class}\" d=\"{path}L{WIDTH} {HEIGHT}Z\"/>")?;
    }
    writeln!(out, "</svg>")?;
    for value in (0..=top).step_by(usize::try_from(step).unwrap_or(1)) {
        let at = y(value) + 10.0;
        writeln!(out, "<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>")?;
        if value > 0 {
            writeln!(out, "<text x=\"2\" y=\"{:.1}\">{}</text>", at - 4.0, count(value))?;
        }
    }
    writeln!(
        out,
        "<text x=\"0\" y=\"228\">{}</text><text x=\"100%\" y=\"228\" text-anchor=\"end\">{}</text>\n</svg>",
        date(first.at),
        date(last.at)
    )
}

/// The distance of the lines behind a curve: 1, 2 or 5 and zeros, so that there are at most five.
fn step(highest: u64) -> u64 {
    let mut step = 1;
    loop {
        for factor in [1, 2, 5] {
            let candidate = step * factor;
            if highest.div_ceil(candidate) <= 5 {
                return candidate;
            }
        }
        step = match u64::checked_mul(step, 10) {
            Some(next) if next < u64::MAX / 5 => next,
            _ => return highest.max(1),
        };
    }
}

fn write_table(points: &[Point], out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(
        out,
        "<details><summary>The same as a table</summary>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Sweeps\">\n\
         <table class=\"narrow\"><thead><tr><th scope=\"col\">Sweep (UTC)</th><th scope=\"col\" class=\"n\">Images</th>"
    )?;
    for (_, name, _) in STACK {
        writeln!(out, "<th scope=\"col\" class=\"n\">{name}</th>")?;
    }
    writeln!(out, "<th scope=\"col\" class=\"n\">not scanned</th></tr></thead>\n<tbody>")?;
    for point in points.iter().rev() {
        write!(
            out,
            "<tr><th scope=\"row\">{}, {}</th>{}",
            date(point.at),
            clock(point.at),
            super::cell(point.counts.images())
        )?;
        for (_, _, number) in STACK {
            write!(out, "{}", super::cell(number(&point.counts)))?;
        }
        writeln!(out, "{}</tr>", super::cell(point.counts.not_scanned + point.counts.unknown))?;
    }
    writeln!(out, "</tbody></table></div></details>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stand_at_round_numbers() {
        for (highest, expected) in
            [(1, 1), (5, 1), (6, 2), (11, 5), (49, 10), (51, 20), (1234, 500), (u64::MAX, u64::MAX)]
        {
            let step = step(highest);
            assert!(highest.div_ceil(step) <= 5, "{highest}: {step}");
            if highest < u64::MAX {
                assert_eq!(step, expected, "{highest}");
            }
        }
    }
}
