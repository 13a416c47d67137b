//! What a bundle is compared with, and as on which day: options of every command that judges one.

use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::options::read_file;
use crate::bundle::{Contents, Reference};

/// The reference, the day and the regions.
#[derive(clap::Args)]
#[command(next_help_heading = "What is expected")]
pub struct Comparison {
    /// Compare with this bundle: a file, or `builtin` for the newest publication this version knows [default: builtin]
    #[arg(long, value_name = "FILE|builtin", env = "RDSCA_BUNDLE")]
    bundle: Option<String>,
    /// Judge as on this day (YYYY-MM-DD, UTC) instead of today
    #[arg(long, value_name = "DATE", env = "RDSCA_AT", value_parser = parse_date)]
    at: Option<Timestamp>,
}

impl Comparison {
    /// The bundle that others are compared with.
    ///
    /// # Errors
    /// The file that was named can't be read, or has no certificate in it.
    pub fn reference(&self) -> anyhow::Result<Reference> {
        reference(self.bundle().unwrap_or(BUILTIN)).context("--bundle")
    }

    /// The bundle that was named.
    pub fn bundle(&self) -> Option<&str> {
        self.bundle.as_deref()
    }

    /// The day of judgement: the one that was named, or now.
    pub fn at(&self) -> Timestamp {
        self.at.unwrap_or_else(Timestamp::now)
    }
}

/// The word for the bundle that this version brings.
pub const BUILTIN: &str = "builtin";

/// A bundle to compare with, by its file's name or as [`BUILTIN`].
///
/// # Errors
/// The file can't be read, or has no certificate in it.
pub fn reference(name: &str) -> anyhow::Result<Reference> {
    if name == BUILTIN {
        return Ok(Reference::builtin());
    }
    let bytes = read_file(Path::new(name))?;
    Ok(Reference::from_contents(&Contents::read(&bytes), name)?)
}

/// A day's beginning in UTC, or an RFC 3339 time.
fn parse_date(text: &str) -> Result<Timestamp, String> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Ok(timestamp);
    }
    let date = text.parse::<Date>().map_err(|_| "a date is written YYYY-MM-DD".to_owned())?;
    let midnight = date.to_datetime(Time::midnight());
    TimeZone::UTC.to_timestamp(midnight).map_err(|error| error.to_string())
}
