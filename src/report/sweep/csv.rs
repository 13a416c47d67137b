//! `csv`: one row for each image and for each thing that could not be looked at, for a spreadsheet (RFC 4180, lines ending with LF).

use std::borrow::Cow;
use std::io;

use super::{Format, SweepReport};
use crate::text::escape;

pub static FORMAT: Format = Format { name: "csv", write };

const COLUMNS: &str = "state,repository,tag,digest,platform,os,user,publication,missing_regions,expires,rules,team,base,first_seen,compressed,reason";

/// What a cell may not begin with: a spreadsheet takes it for a formula and runs it (CWE-1236).
const FORMULA: [char; 4] = ['=', '+', '-', '@'];

fn write(report: &SweepReport, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "{COLUMNS}")?;
    for image in &report.images {
        let base = image.base.and_then(|index| report.bases.get(index as usize));
        row(
            out,
            &[
                image.state.as_str(),
                &image.repository,
                image.tag.as_deref().unwrap_or_default(),
                &image.digest.to_string(),
                &image.platform,
                image.os.as_deref().unwrap_or_default(),
                &image.user,
                image.publication.as_deref().unwrap_or_default(),
                &joined(image.missing_regions.iter()),
                &image.expires.as_ref().map(|expiry| expiry.at.to_string()).unwrap_or_default(),
                &joined(image.findings.iter().map(|found| &found.rule)),
                image.team.as_deref().unwrap_or_default(),
                &base.map(super::Base::title).unwrap_or_default(),
                &image.first_seen.to_string(),
                &image.compressed.to_string(),
                "",
            ],
        )?;
    }
    for missed in &report.not_scanned {
        let (name, team) = (&*missed.target, missed.team.as_deref().unwrap_or_default());
        row(out, &["not-scanned", name, "", "", "", "", "", "", "", "", "", team, "", "", "", &missed.reason])?;
    }
    Ok(())
}

fn row(out: &mut dyn io::Write, cells: &[&str]) -> io::Result<()> {
    for (index, text) in cells.iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        out.write_all(cell(text).as_bytes())?;
    }
    out.write_all(b"\n")
}

fn joined<'a>(texts: impl Iterator<Item = &'a std::sync::Arc<str>>) -> String {
    texts.map(|text| &**text).collect::<Vec<_>>().join(" ")
}

/// A text that no reader takes for anything but text.
fn cell(text: &str) -> Cow<'_, str> {
    let text = escape(text);
    let is_formula = text.starts_with(FORMULA);
    if !is_formula && !text.contains(['"', ',', ' ', '\'']) {
        return text;
    }
    let mark = if is_formula { "'" } else { "" };
    Cow::Owned(format!("\"{mark}{}\"", text.replace('"', "\"\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_neither_a_formula_nor_two_cells() {
        for (text, written) in [
            ("plain/name", "plain/name"),
            ("", ""),
            ("a b", "\"a b\""),
            ("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\""),
            ("-1+1", "\"'-1+1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("a,b", "\"a,b\""),
            ("two\nlines\u{202e}", "two\\u{a}lines\\u{202e}"),
            ("\t=1", "\\u{9}=1"),
        ] {
            assert_eq!(cell(text), written);
        }
    }
}
