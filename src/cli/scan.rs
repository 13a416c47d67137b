//! `rdsca scan IMAGE…`: after the build.

use std::num::NonZero;
use std::path::PathBuf;

use super::Exit;
use super::baseline::Known;
use super::build;
use super::cache::Cache;
use super::configuration::Source;
use super::options::{Expectation, Output};
use super::reach::Reach;
use crate::audit::images::Scanner;
use crate::audit::policy::Policy;
use crate::audit::progress::Progress;
use crate::image::Passwords;
use crate::registry::KINDS;
use crate::report::Report;

/// What to scan, and how to reach it.
#[derive(clap::Args)]
#[command(after_long_help = inputs())]
pub struct Args {
    /// Images: `NAME:TAG` in a registry, an archive, an OCI layout, or `-` for `docker save` on stdin
    #[arg(value_name = "IMAGE", required = true)]
    images: Vec<String>,
    /// Only images for this platform (all of an index, unless said otherwise)
    #[arg(long, value_name = "OS/ARCH[/VARIANT]", value_delimiter = ',', env = "RDSCA_PLATFORM")]
    platform: Vec<String>,
    /// Leave out what connects to databases: code, connection strings, environment
    #[arg(long, env = "RDSCA_NO_CLIENTS")]
    no_clients: bool,
    /// Layers read at once (one for each core)
    #[arg(long, value_name = "N", env = "RDSCA_JOBS")]
    jobs: Option<NonZero<usize>>,
    /// Read every layer, where with --no-clients those are left out that are not needed to know what is at the path
    #[arg(long, env = "RDSCA_READ_ALL")]
    read_all: bool,
    /// Try keystores in the images with this password, besides none and `changeit`; may be repeated (others on this machine can
    /// read the command line: better in the variable)
    #[arg(long, value_name = "PASSWORD", env = "RDSCA_KEYSTORE_PASSWORD", hide_env_values = true)]
    keystore_password: Vec<String>,
    #[command(flatten)]
    reach: Reach,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    known: Known,
    #[command(flatten)]
    cache: Cache,
    #[command(flatten)]
    expectation: Expectation,
    #[command(flatten)]
    output: Output,
}

/// The table of inputs, for the long help.
fn inputs() -> String {
    let width = KINDS.iter().map(|kind| kind.form.len()).max().unwrap_or_default();
    let lines = KINDS.iter().map(|kind| format!("  {:width$}  {}\n", kind.form, kind.summary));
    format!("Images:\n{}", lines.collect::<String>())
}

/// Scans and reports.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    args.output.check()?;
    let configuration = args.source.read(&[PathBuf::from(".")])?;
    let settings = args.expectation.settings(&configuration)?;
    // Which images a configuration is for, no run can know.
    let policy = Policy { baseline: args.known.read()?, ..args.output.policy(&configuration, false) };
    let opener = args.reach.opener();
    let jobs = build::threads(args.jobs);
    let progress = Progress::new(args.output.progress());
    let cache = args.cache.open()?;
    let mut scanner = Scanner::new(&opener, &settings, &args.platform, jobs, progress.clone(), cache.as_ref())
        .with_passwords(Passwords::new(args.keystore_password.clone()));
    scanner.clients = !args.no_clients;
    scanner.read_all = args.read_all;
    let mut report = Report::new(settings.reference.clone(), settings.at);
    for image in &args.images {
        scanner.scan(image, &mut report);
    }
    progress.finish();
    args.output.finish(&mut report, &policy)
}
