//! `rdsca report FILE`: renders a saved JSON report again.

use std::path::PathBuf;

use super::Exit;
use super::options::{ReportTo, check_formats, write_reports};
use super::saved::Read;
use crate::report::{self, Format, sweep};

/// Which report, and how to write it.
#[derive(clap::Args)]
pub struct Args {
    /// A report that `--report json` wrote, of check, scan or sweep; `-` is stdin
    file: PathBuf,
    /// Report format, and the file it goes to (stdout without one); may be repeated
    #[arg(long, value_name = "FORMAT[=FILE]", default_value = "text", env = "RDSCA_REPORT", value_delimiter = ',')]
    report: Vec<ReportTo>,
}

/// Renders it.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    match Read::file(&args.file)?.0 {
        Read::Sweep(swept) => {
            let known: Vec<_> = sweep::FORMATS.iter().map(|format| format.name).collect();
            check_formats(&args.report, &known)?;
            write_reports(&args.report, &|name, out| {
                let format = sweep::FORMATS.iter().find(|format| format.name == name);
                format.map_or(Ok(()), |format| (format.write)(&swept, out))
            })?;
        }
        Read::Report(saved) => {
            let formats =
                || report::FORMATS.iter().filter_map(|Format { name, rewrite, .. }| Some((*name, (*rewrite)?)));
            check_formats(&args.report, &formats().map(|(name, _)| name).collect::<Vec<_>>())?;
            write_reports(&args.report, &|wanted, out| {
                let format = formats().find(|(name, _)| *name == wanted);
                format.map_or(Ok(()), |(_, rewrite)| rewrite(&saved, out))
            })?;
        }
    }
    Ok(Exit::Clean)
}
