//! `csv`: one row for each image and for each thing that could not be looked at, for a spreadsheet (RFC 4180, lines ending with LF).

use std::io;

use super::{Format, SweepReport};
use crate::report::csv::row;

pub static FORMAT: Format = Format { name: "csv", write };

const COLUMNS: &str = "state,repository,tag,digest,platform,os,user,publication,missing_regions,expires,rules,team,base,first_seen,compressed,reason";

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

fn joined<'a>(texts: impl Iterator<Item = &'a std::sync::Arc<str>>) -> String {
    texts.map(|text| &**text).collect::<Vec<_>>().join(" ")
}
