//! Which configuration holds: options of every command that looks at something.

use std::path::PathBuf;

use crate::audit::configuration::Configuration;

/// Where the configuration is.
#[derive(clap::Args)]
#[command(next_help_heading = "Configuration")]
pub struct Source {
    /// Read this configuration instead of the nearest .rdsca.yaml
    #[arg(long, value_name = "FILE", env = "RDSCA_CONFIG")]
    config: Option<PathBuf>,
    /// Read no configuration, whatever else says so
    #[arg(long, env = "RDSCA_NO_CONFIG")]
    no_config: bool,
}

impl Source {
    /// The configuration that holds for these paths.
    ///
    /// # Errors
    /// There is one that cannot be read, or that says something that means nothing.
    pub fn read(&self, paths: &[PathBuf]) -> anyhow::Result<Configuration> {
        Ok(match &self.config {
            _ if self.no_config => Configuration::default(),
            Some(file) => Configuration::read(file)?,
            None => Configuration::find(paths)?,
        })
    }
}
