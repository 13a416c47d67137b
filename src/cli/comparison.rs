//! What a bundle is compared with, and as on which day: options of every command that judges one.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::cache;
use super::options::read_file;
use crate::bundle::{Contents, Reference, day};
use crate::store::bundle;
use crate::text::escape;

/// The reference, the day and the regions.
#[derive(clap::Args)]
#[command(next_help_heading = "What is expected")]
pub struct Comparison {
    /// Compare with this bundle: a file, `latest` for what `rdsca bundle update` fetched, or `builtin` for the newest publication this
    /// version knows [default: builtin]
    #[arg(long, value_name = "FILE|latest|builtin", env = "RDSCA_BUNDLE")]
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

/// The word for the bundle that was fetched last.
pub const LATEST: &str = "latest";

/// A bundle to compare with, by its file's name or as [`BUILTIN`] or [`LATEST`].
///
/// # Errors
/// The file can't be read, or has no certificate in it.
pub fn reference(name: &str) -> anyhow::Result<Reference> {
    if name == BUILTIN {
        return Ok(Reference::builtin());
    }
    if name == LATEST {
        return latest();
    }
    let bytes = read_file(Path::new(name))?;
    Ok(Reference::from_contents(&Contents::read(&bytes), name)?)
}

/// The bundle that was fetched last. Of a publication that this version does not know, the day of fetching is its date.
fn latest() -> anyhow::Result<Reference> {
    let file = bundle::place(&cache::folder()?);
    let bytes = fs::read(&file).with_context(|| {
        format!("no bundle was fetched yet into {}; `rdsca bundle update` does", escape(&file.to_string_lossy()))
    })?;
    let mut reference = Reference::from_contents(&Contents::read(&bytes), LATEST)?;
    let fetched = || Timestamp::try_from(fs::metadata(&file).ok()?.modified().ok()?).ok();
    if reference.first_seen.is_none() {
        reference.first_seen = fetched().map(|at| day(at).to_string());
    }
    Ok(reference)
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
