//! Options that several commands share, and what they mean in the words of the rows below.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::Exit;
use crate::audit::policy::{self, Outcome, Threshold};
use crate::bundle::{Contents, Reference};
use crate::report::{self, Format, Report};
use crate::rules::Settings;
use crate::tree::TreePath;

/// When to colour.
#[derive(Clone, Copy, Default, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR says otherwise
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// Sets it for every stream of this process.
    pub fn apply(self) {
        let choice = match self {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

/// When to show progress on stderr.
#[derive(Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Progress {
    /// On a terminal
    #[default]
    Auto,
    /// Never
    Never,
}

/// What a bundle is measured against, and where it should be.
#[derive(clap::Args)]
#[command(next_help_heading = "What is expected")]
pub struct Expectation {
    /// Compare with this bundle: a file, or `builtin` for the newest publication this version knows
    #[arg(long, value_name = "FILE|builtin", default_value = "builtin", env = "RDSCA_BUNDLE")]
    bundle: String,
    /// Where the bundle should be in an image
    #[arg(
        long,
        value_name = "PATH",
        default_value = "/etc/ssl/certs/rds-ca.pem",
        env = "RDSCA_BUNDLE_PATH",
        value_delimiter = ','
    )]
    bundle_path: Vec<String>,
    /// Regions your databases are in: a bundle that lacks one of them is an error and not a warning
    #[arg(long, value_name = "REGION", env = "RDSCA_RDS_REGIONS", value_delimiter = ',')]
    rds_regions: Vec<String>,
    /// Judge as on this day (YYYY-MM-DD, UTC) instead of today
    #[arg(long, value_name = "DATE", env = "RDSCA_AT", value_parser = parse_date)]
    at: Option<Timestamp>,
}

/// A day's beginning in UTC, or an RFC 3339 time.
fn parse_date(text: &str) -> Result<Timestamp, String> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Ok(timestamp);
    }
    let date = text.parse::<Date>().map_err(|_| "a date is written YYYY-MM-DD".to_owned())?;
    TimeZone::UTC.to_timestamp(date.to_datetime(Time::midnight())).map_err(|error| error.to_string())
}

impl Expectation {
    /// Reads the reference bundle and puts all together for the rules.
    pub fn settings(&self) -> anyhow::Result<Settings> {
        let reference = match self.bundle.as_str() {
            "builtin" => Reference::builtin(),
            file => {
                let bytes = read_file(Path::new(file)).context("--bundle")?;
                Reference::from_contents(&Contents::read(&bytes), file).with_context(|| format!("--bundle {file}"))?
            }
        };
        Ok(Settings {
            reference,
            at: self.at.unwrap_or_else(Timestamp::now),
            bundle_paths: self.bundle_path.iter().map(|path| TreePath::new(path)).collect(),
            rds_regions: self.rds_regions.clone(),
        })
    }
}

/// What is reported, where, and what fails the run.
#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// Report format, and the file it goes to (stdout without one); may be repeated
    #[arg(long, value_name = "FORMAT[=FILE]", default_value = "text", env = "RDSCA_REPORT", value_delimiter = ',')]
    report: Vec<ReportTo>,
    /// Exit with 1 for findings of at least this level
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t, env = "RDSCA_FAIL_ON")]
    fail_on: FailOn,
    /// Show progress on stderr
    #[arg(long, value_enum, default_value_t, env = "RDSCA_PROGRESS")]
    progress: Progress,
    /// No text report where nothing counts, and no progress
    #[arg(short, long)]
    quiet: bool,
    /// Read no configuration file
    #[arg(long)]
    no_config: bool,
}

/// The lowest level that fails a run.
#[derive(Clone, Copy, Default, clap::ValueEnum)]
enum FailOn {
    /// Errors
    #[default]
    Error,
    /// Errors and warnings
    Warning,
    /// Everything
    Note,
    /// Nothing
    Never,
}

/// One `--report FORMAT[=FILE]`.
#[derive(Clone)]
struct ReportTo {
    format: &'static Format,
    file: Option<PathBuf>,
}

impl FromStr for ReportTo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = match text.split_once('=') {
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let Some(format) = report::FORMATS.iter().find(|format| format.name == name) else {
            let known: Vec<_> = report::FORMATS.iter().map(|format| format.name).collect();
            return Err(format!("there is no format {name:?}; there are {}", known.join(", ")));
        };
        Ok(Self { format, file })
    }
}

impl Output {
    /// Refuses what cannot be done before work begins.
    pub fn check(&self) -> anyhow::Result<()> {
        if self.report.iter().filter(|report| report.file.is_none()).count() > 1 {
            bail!("only one report can go to stdout; give the others a file: --report json=report.json");
        }
        Ok(())
    }

    /// Whether progress is to be shown at all (it still is only on a terminal).
    pub fn progress(&self) -> bool {
        self.progress == Progress::Auto && !self.quiet
    }

    /// Writes every report and says how the run ended.
    pub fn finish(&self, report: &Report) -> anyhow::Result<Exit> {
        let threshold = match self.fail_on {
            FailOn::Error => Threshold::Error,
            FailOn::Warning => Threshold::Warning,
            FailOn::Note => Threshold::Note,
            FailOn::Never => Threshold::Never,
        };
        let outcome = policy::decide(report, threshold);
        for to in &self.report {
            if to.file.is_none() && self.quiet && to.format.name == "text" && outcome == Outcome::Clean {
                continue;
            }
            // One write for the whole report: a terminal shows it at once, and no file is left half written by an early error.
            let mut text = Vec::new();
            (to.format.write)(report, &mut text)?;
            match &to.file {
                Some(path) => fs::File::create(path)
                    .and_then(|file| anstream::StripStream::new(file).write_all(&text))
                    .with_context(|| format!("cannot write {}", path.display()))?,
                None => anstream::stdout().lock().write_all(&text)?,
            }
        }
        Ok(match outcome {
            Outcome::Clean => Exit::Clean,
            Outcome::Counts => Exit::Findings,
            Outcome::Incomplete => Exit::NotScanned,
        })
    }
}

/// A file's bytes; `-` is stdin.
///
/// # Errors
/// One sentence that names the file.
pub fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).context("cannot read stdin")?;
        return Ok(bytes);
    }
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
