//! `rdsca check [PATH…]`: before the build.

use std::num::NonZero;
use std::path::PathBuf;
use std::thread;

use anyhow::bail;

use super::Exit;
use super::configuration::Source;
use super::options::{Expectation, Output};
use crate::audit::dockerfiles;
use crate::report::Report;

/// What to check, and as which build.
#[derive(clap::Args)]
pub struct Args {
    /// Dockerfiles, folders to look for them in, or `-` for stdin
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// A build argument, as for `docker build`
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_argument)]
    build_arg: Vec<(String, String)>,
    /// The stage that ships (the last one, unless said otherwise)
    #[arg(long, value_name = "STAGE")]
    target: Option<String>,
    /// Threads (one for each core)
    #[arg(long, value_name = "N", env = "RDSCA_JOBS")]
    jobs: Option<NonZero<usize>>,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    expectation: Expectation,
    #[command(flatten)]
    output: Output,
}

/// One `--build-arg`.
pub(super) fn parse_argument(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        // As docker does: the value is that of the environment.
        None if !text.is_empty() => Ok((text.to_owned(), std::env::var(text).unwrap_or_default())),
        _ => Err("it is written NAME=VALUE".to_owned()),
    }
}

/// Checks and reports.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    args.output.check()?;
    let configuration = args.source.read(&args.paths)?;
    let settings = args.expectation.settings(&configuration)?;
    let policy = args.output.policy(&configuration, configuration.is_covered_by(&args.paths));
    let mut options = Expectation::build(&settings, &configuration);
    options.build_args = args.build_arg.iter().cloned().collect();
    options.target.clone_from(&args.target);
    let jobs = args.jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZero::get);
    let mut report = Report::new(settings.reference.clone(), settings.at);
    let count = dockerfiles::check(&args.paths, &options, &settings, jobs, &mut report);
    if count == 0 {
        let paths: Vec<_> = args.paths.iter().map(|path| path.display().to_string()).collect();
        bail!(
            "there is no Dockerfile in {} (Dockerfile, Dockerfile.*, *.Dockerfile, *.dockerfile, Containerfile*)",
            paths.join(", ")
        );
    }
    args.output.finish(&mut report, &policy)
}
