//! As which build a Dockerfile is looked at: options of every command that reads Dockerfiles.

use std::num::NonZero;
use std::thread;

use crate::audit::configuration::Configuration;
use crate::bundle;
use crate::dockerfile::Options;
use crate::rules::{RequireBundle, Settings};

/// What `docker build` would be told.
#[derive(clap::Args)]
#[command(next_help_heading = "Build")]
pub struct Build {
    /// A build argument, as for `docker build`
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_argument)]
    build_arg: Vec<(String, String)>,
    /// The stage that ships (the last one, unless said otherwise)
    #[arg(long, value_name = "STAGE")]
    target: Option<String>,
    /// Threads (one for each core)
    #[arg(long, value_name = "N", env = "RDSCA_JOBS")]
    jobs: Option<NonZero<usize>>,
}

/// One `--build-arg`.
fn parse_argument(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        // As docker does: the value is that of the environment.
        None if !text.is_empty() => Ok((text.to_owned(), std::env::var(text).unwrap_or_default())),
        _ => Err("it is written NAME=VALUE".to_owned()),
    }
}

impl Build {
    /// The build, with what the configuration says of base images.
    pub fn options(&self, settings: &Settings, configuration: &Configuration) -> Options {
        let mut options = Options::at(bundle::day(settings.at));
        options.build_args = self.build_arg.iter().cloned().collect();
        options.target.clone_from(&self.target);
        options.look_for_need = settings.require_bundle == RequireBundle::WhenRdsIsUsed;
        options.bases.clone_from(&configuration.config.bases);
        if let Some(path) = settings.bundle_paths.first() {
            options.bundle_path.clone_from(path);
        }
        options
    }

    /// How many threads to use.
    pub fn jobs(&self) -> usize {
        threads(self.jobs)
    }
}

/// As many threads as are asked for, or one for each core.
pub fn threads(asked: Option<NonZero<usize>>) -> usize {
    asked.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZero::get)
}
