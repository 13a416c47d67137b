//! Options that several commands share, and what they mean in the words of the rows below.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::Exit;
use super::comparison::{self, BUILTIN, Comparison, LATEST};
use crate::audit::configuration::Configuration;
use crate::audit::policy::{self, Outcome, Policy};
use crate::config::Threshold;
use crate::report::sweep::{self, SweepReport};
use crate::report::{self, Report};
use crate::rules::{RequireBundle, Settings};
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
    /// Where the bundle should be in an image; may be repeated [default: /etc/ssl/certs/rds-ca.pem]
    #[arg(long, value_name = "PATH", env = "RDSCA_BUNDLE_PATH", value_delimiter = ',')]
    bundle_path: Vec<String>,
    /// Regions your databases are in: a bundle that lacks one of them is an error and not a warning
    #[arg(long, value_name = "REGION", env = "RDSCA_RDS_REGIONS", value_delimiter = ',')]
    rds_regions: Vec<String>,
    /// Which images need the bundle [default: amazon-linux]
    #[arg(long, value_name = "WHICH", value_enum, env = "RDSCA_REQUIRE_BUNDLE")]
    require_bundle: Option<Requirement>,
}

/// Which images need the bundle.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Requirement {
    /// Those that are Amazon Linux
    AmazonLinux,
    /// Those; but it is only noted where nothing shows that RDS is used
    WhenRdsIsUsed,
    /// All
    Always,
}

/// Where the bundle should be, where nobody says otherwise.
const BUNDLE_PATH: &str = "/etc/ssl/certs/rds-ca.pem";

/// What the command line or the environment says, and so no configuration does.
pub struct Given {
    /// `--bundle-path`
    pub bundle_paths: bool,
    /// `--rds-regions`
    pub rds_regions: bool,
    /// `--bundle`
    pub bundle: bool,
    /// `--require-bundle`
    pub require_bundle: bool,
}

impl Expectation {
    /// Reads the reference bundle and puts all together for the rules: flags and environment before the configuration, that before
    /// what holds where nobody says otherwise.
    ///
    /// # Errors
    /// The reference can't be read, or has no certificate in it.
    pub fn settings(&self, configuration: &Configuration) -> anyhow::Result<Settings> {
        let config = &configuration.config;
        let given = self.given();
        let reference = comparison::reference(&self.bundle(configuration)).with_context(|| match &config.file {
            Some(file) if !given.bundle && config.bundle.is_some() => format!("`bundle` in {}", file.name()),
            _ => "--bundle".to_owned(),
        })?;
        let bundle_paths = if given.bundle_paths {
            self.bundle_path.iter().map(TreePath::new).collect()
        } else {
            config.bundle_paths.clone().unwrap_or_else(|| vec![TreePath::new(BUNDLE_PATH)])
        };
        let rds_regions =
            if given.rds_regions { self.rds_regions.clone() } else { config.rds_regions.clone().unwrap_or_default() };
        let require_bundle = self.require_bundle.map(|requirement| match requirement {
            Requirement::AmazonLinux => RequireBundle::AmazonLinux,
            Requirement::WhenRdsIsUsed => RequireBundle::WhenRdsIsUsed,
            Requirement::Always => RequireBundle::Always,
        });
        Ok(Settings {
            reference,
            at: self.comparison.at(),
            bundle_paths,
            rds_regions,
            require_bundle: require_bundle.or(config.require_bundle).unwrap_or_default(),
        })
    }

    /// What is said here and not in a configuration.
    pub fn given(&self) -> Given {
        Given {
            bundle_paths: !self.bundle_path.is_empty(),
            rds_regions: !self.rds_regions.is_empty(),
            bundle: self.comparison.bundle().is_some(),
            require_bundle: self.require_bundle.is_some(),
        }
    }

    /// The name of the bundle that others are compared with. One that a configuration names lies where the configuration does.
    pub fn bundle(&self, configuration: &Configuration) -> String {
        match (self.comparison.bundle(), &configuration.config.bundle, &configuration.folder) {
            (Some(given), ..) => given.to_owned(),
            (None, Some(name), Some(folder)) if name != BUILTIN && name != LATEST => {
                folder.join(name).display().to_string()
            }
            (None, Some(name), _) => name.clone(),
            (None, None, _) => BUILTIN.to_owned(),
        }
    }
}

/// What is reported, where, and what fails the run.
#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// Report format, and the file it goes to (stdout without one); may be repeated
    #[arg(long, value_name = "FORMAT[=FILE]", default_value = "text", env = "RDSCA_REPORT", value_delimiter = ',')]
    report: Vec<ReportTo>,
    /// Exit with 1 for findings of at least this level [default: error]
    #[arg(long, value_name = "LEVEL", value_enum, env = "RDSCA_FAIL_ON")]
    fail_on: Option<FailOn>,
    /// Show in the text report what is ignored, and why
    #[arg(long, env = "RDSCA_SHOW_IGNORED")]
    show_ignored: bool,
    /// Show progress on stderr
    #[arg(long, value_enum, default_value_t, env = "RDSCA_PROGRESS")]
    progress: Progress,
    /// No text report where nothing counts, and no progress
    #[arg(short, long)]
    quiet: bool,
}

/// The lowest level that fails a run.
#[derive(Clone, Copy, clap::ValueEnum)]
enum FailOn {
    /// Errors
    Error,
    /// Errors and warnings
    Warning,
    /// Everything
    Note,
    /// Nothing
    Never,
}

/// Bytes of a report that are written at once.
const BUFFER: usize = 1 << 20;

/// One `--report FORMAT[=FILE]`.
#[derive(Clone)]
pub struct ReportTo {
    format: String,
    file: Option<PathBuf>,
}

impl FromStr for ReportTo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = match text.split_once('=') {
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let known: BTreeSet<_> = report_formats().into_iter().chain(sweep_formats()).collect();
        if !known.contains(name) {
            return Err(no_format(name, &report_formats()));
        }
        Ok(Self { format: name.to_owned(), file })
    }
}

/// The formats of a report about Dockerfiles or images.
fn report_formats() -> Vec<&'static str> {
    report::FORMATS.iter().map(|format| format.name).collect()
}

/// The formats of a report about a sweep.
fn sweep_formats() -> Vec<&'static str> {
    sweep::FORMATS.iter().map(|format| format.name).collect()
}

fn no_format(name: &str, known: &[&str]) -> String {
    format!("there is no format {name:?}; there are {}", known.join(", "))
}

impl Output {
    /// Refuses what cannot be done before work begins.
    pub fn check(&self) -> anyhow::Result<()> {
        check_formats(&self.report, &report_formats())
    }

    /// The same for a sweep.
    pub fn check_for_sweep(&self) -> anyhow::Result<()> {
        check_formats(&self.report, &sweep_formats())
    }

    /// Whether progress is to be shown at all (it still is only on a terminal).
    pub fn progress(&self) -> bool {
        self.progress == Progress::Auto && !self.quiet
    }

    /// Whether the threshold is said here and not in a configuration.
    pub fn is_threshold_given(&self) -> bool {
        self.fail_on.is_some()
    }

    /// What counts. `complete` says whether all that the configuration is for is looked at.
    pub fn policy(&self, configuration: &Configuration, complete: bool) -> Policy {
        let policy = Policy::new(configuration);
        let threshold = self.fail_on.map_or(policy.threshold, |level| match level {
            FailOn::Error => Threshold::Error,
            FailOn::Warning => Threshold::Warning,
            FailOn::Note => Threshold::Note,
            FailOn::Never => Threshold::Never,
        });
        Policy { threshold, complete, ..policy }
    }

    /// The reports that are to be written: `--quiet` is about text on stdout where nothing counts.
    fn wanted(&self, outcome: Outcome) -> impl Iterator<Item = &ReportTo> {
        let quiet = self.quiet && outcome == Outcome::Clean;
        self.report.iter().filter(move |to| !(quiet && to.file.is_none() && to.format == "text"))
    }

    /// Decides what counts, writes every report, and says how the run ended.
    pub fn finish(&self, report: &mut Report, policy: &Policy) -> anyhow::Result<Exit> {
        policy.apply(report);
        report.show_suppressed = self.show_ignored;
        let report = &*report;
        let outcome = policy::decide(report, policy.threshold);
        write_reports(self.wanted(outcome), &|name, out| {
            let format = report::FORMATS.iter().find(|format| format.name == name);
            format.map_or(Ok(()), |format| (format.write)(report, out))
        })?;
        Ok(exit(outcome))
    }

    /// Writes every report of a sweep, and says how it ended.
    pub fn finish_sweep(&self, report: &SweepReport, outcome: Outcome) -> anyhow::Result<Exit> {
        write_reports(self.wanted(outcome), &|name, out| {
            let format = sweep::FORMATS.iter().find(|format| format.name == name);
            format.map_or(Ok(()), |format| (format.write)(report, out))
        })?;
        Ok(exit(outcome))
    }
}

/// Refuses formats that are not among the known ones, and two reports in one place.
///
/// # Errors
/// One sentence that says so.
pub fn check_formats(reports: &[ReportTo], known: &[&str]) -> anyhow::Result<()> {
    if let Some(report) = reports.iter().find(|report| !known.contains(&report.format.as_str())) {
        bail!("--report: {}", no_format(&report.format, known));
    }
    if reports.iter().filter(|report| report.file.is_none()).count() > 1 {
        bail!("only one report can go to stdout; give the others a file: --report json=report.json");
    }
    Ok(())
}

/// Writes each report where it goes; `write` does so in the format of a name.
///
/// # Errors
/// One sentence that names the file.
pub fn write_reports<'r>(
    reports: impl IntoIterator<Item = &'r ReportTo>,
    write: &dyn Fn(&str, &mut dyn io::Write) -> io::Result<()>,
) -> anyhow::Result<()> {
    for to in reports {
        // Large writes: a terminal shows a report at once, and one of a whole registry is never in memory as a whole.
        match &to.file {
            Some(path) => fs::File::create(path)
                .and_then(|file| {
                    let mut out = io::BufWriter::with_capacity(BUFFER, anstream::StripStream::new(file));
                    write(&to.format, &mut out)?;
                    out.flush()
                })
                .with_context(|| format!("cannot write {}", path.display()))?,
            None => {
                let mut out = io::BufWriter::with_capacity(BUFFER, anstream::stdout().lock());
                write(&to.format, &mut out)?;
                out.flush()?;
            }
        }
    }
    Ok(())
}

/// The exit code of an outcome.
fn exit(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Clean => Exit::Clean,
        Outcome::Counts => Exit::Findings,
        Outcome::Incomplete => Exit::NotScanned,
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
