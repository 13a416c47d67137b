//! A baseline: the option of every command whose findings an earlier report may have.

use std::path::PathBuf;

use anyhow::bail;

use super::saved::Read;
use crate::audit::baseline::Baseline;

/// Which earlier report.
#[derive(clap::Args)]
#[command(next_help_heading = "Configuration")]
pub struct Known {
    /// Findings that this earlier report has do not count again; it is what `--report json=FILE` wrote
    #[arg(long, value_name = "FILE", env = "RDSCA_BASELINE")]
    baseline: Option<PathBuf>,
}

impl Known {
    /// The findings of the report that is named; none where none is.
    ///
    /// # Errors
    /// It can't be read, or is not a report of this kind.
    pub fn read(&self) -> anyhow::Result<Option<Baseline>> {
        let Some(path) = &self.baseline else { return Ok(None) };
        match Read::file(path)? {
            (Read::Report(saved), text) => Ok(Some(Baseline::new(&path.to_string_lossy(), &text, &saved))),
            (Read::Sweep(_), _) => {
                bail!("--baseline {}: that is a report of a sweep, and one of check or scan is wanted", path.display())
            }
        }
    }
}
