//! Saved JSON reports, of whichever kind.

use std::path::Path;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use super::options::read_file;
use crate::report::saved::{self, Saved};
use crate::report::sweep::{self, SweepReport};

/// A saved report.
pub enum Read {
    /// Of check or scan.
    Report(Box<Saved>),
    /// Of a sweep.
    Sweep(Box<SweepReport>),
}

#[derive(Deserialize)]
struct Kind {
    schema: String,
}

impl Read {
    /// Reads a file, and gives its text, too; `-` is stdin.
    ///
    /// # Errors
    /// One sentence that names the file.
    pub fn file(path: &Path) -> anyhow::Result<(Self, String)> {
        let bytes = read_file(path)?;
        let named = || format!("{} is no report that rdsca wrote with --report json", path.display());
        let Kind { schema } = serde_json::from_slice(&bytes).with_context(named)?;
        let read = match schema.as_str() {
            saved::SCHEMA => Self::Report(Box::new(Saved::read(&bytes).with_context(named)?)),
            sweep::SCHEMA => Self::Sweep(Box::new(SweepReport::from_json(&bytes).with_context(named)?)),
            other => bail!(
                "{} is a report of the kind {other:?}; this version reads {} and {}",
                path.display(),
                saved::SCHEMA,
                sweep::SCHEMA
            ),
        };
        Ok((read, String::from_utf8(bytes).with_context(named)?))
    }
}
