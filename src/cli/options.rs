//! Options that several commands share, and what they mean in the words of the rows below.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::Exit;
use super::comparison::Comparison;
use crate::audit::policy::{self, Outcome, Threshold};
use crate::report::{self, Format, Report};
use crate::rules::Settings;
use crate::tree::TreePath;
use anyhow::{Context as _, bail};

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
    #[command(flatten)]
    comparison: Comparison,
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
}

impl Expectation {
    /// Reads the reference bundle and puts all together for the rules.
    ///
    /// # Errors
    /// As [`Comparison::reference`].
    pub fn settings(&self) -> anyhow::Result<Settings> {
        Ok(Settings {
            reference: self.comparison.reference()?,
            at: self.comparison.at(),
            bundle_paths: self.bundle_path.iter().map(TreePath::new).collect(),
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
