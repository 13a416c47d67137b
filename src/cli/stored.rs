//! The store of sweeps on the command line: where it is, the list of what is in it, and sweeps of it by their numbers.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::user_folder::UserFolder;
use crate::audit::sweep::{Past, Scope};
use crate::store::sweep::{Id, SqliteStore, SweepRow, SweepStore as _};
use crate::text::escape;

/// Which store.
#[derive(clap::Args)]
pub struct Place {
    /// What sweeps know is kept here (rdsca/sweep.db in the user's folder for state)
    #[arg(long, value_name = "FILE", env = "RDSCA_STORE")]
    store: Option<PathBuf>,
}

impl Place {
    /// The file that was named, or the usual one.
    ///
    /// # Errors
    /// The system names no folder for state.
    pub fn path(&self) -> anyhow::Result<PathBuf> {
        match &self.store {
            Some(path) => Ok(path.clone()),
            None => usual().context("there is no folder for state: set HOME, or name a file with --store"),
        }
    }

    /// Opens the store, and makes none.
    ///
    /// # Errors
    /// It is not there, or cannot be opened.
    pub fn existing(&self) -> anyhow::Result<SqliteStore> {
        let path = self.path()?;
        if !path.exists() {
            bail!("there is no store {}: nothing was swept with it yet", path.display());
        }
        Ok(SqliteStore::open(&path)?)
    }
}

/// The usual place of the store.
fn usual() -> Option<PathBuf> {
    let state =
        UserFolder { variable: "XDG_STATE_HOME", below_home: ".local/state", on_macos: "Library/Application Support" };
    state.path().map(|folder| folder.join("rdsca/sweep.db"))
}

/// The number of a sweep, where that is what a word is: one of digits that no file is called.
pub fn number(word: &Path) -> Option<Id> {
    let number = word.to_str()?.parse().ok()?;
    (!word.exists()).then_some(number)
}

/// Two sweeps of a store, by their numbers: `new` is the last of the same scope where it is not named, and `old` the one before.
///
/// # Errors
/// One sentence: there is no such sweep, or none to compare with.
pub fn pair(store: &SqliteStore, old: Option<Id>, new: Option<Id>) -> anyhow::Result<(Past, Past)> {
    let all: Vec<Past> = store.sweeps()?.iter().filter_map(Past::of).collect();
    let old = old.map(|id| find(&all, id)).transpose()?;
    let new = match (new, &old) {
        (Some(id), _) => find(&all, id)?,
        (None, Some(old)) => last(&all, |past| past.scope == old.scope && past.id > old.id).with_context(|| {
            format!("sweep {} is the last of its scope: there is nothing to compare it with", old.id)
        })?,
        (None, None) => last(&all, |_| true).context("no sweep has ended yet: there is nothing to compare")?,
    };
    let old = match old {
        Some(old) => old,
        None => last(&all, |past| past.complete && past.scope == new.scope && past.id < new.id).with_context(|| {
            format!("sweep {} is the first of its scope: there is nothing to compare it with", new.id)
        })?,
    };
    Ok((old, new))
}

fn last(all: &[Past], is_meant: impl Fn(&Past) -> bool) -> Option<Past> {
    all.iter().rev().find(|past| is_meant(past)).cloned()
}

fn find(all: &[Past], id: Id) -> anyhow::Result<Past> {
    last(all, |past| past.id == id)
        .with_context(|| format!("there is no sweep {id} that ended; `rdsca sweep --list` tells which there are"))
}

/// One sweep of a store, by its number.
///
/// # Errors
/// There is no such sweep.
pub fn one(store: &SqliteStore, id: Id) -> anyhow::Result<Past> {
    find(&store.sweeps()?.iter().filter_map(Past::of).collect::<Vec<_>>(), id)
}

/// Lists the sweeps of a store on stdout, the oldest first.
///
/// # Errors
/// The store fails, or stdout does.
pub fn list(store: &SqliteStore) -> anyhow::Result<()> {
    let sweeps = store.sweeps()?;
    let mut out = io::BufWriter::new(anstream::stdout().lock());
    if sweeps.is_empty() {
        writeln!(out, "no sweep yet")?;
    } else {
        writeln!(
            out,
            "{:>6}  {:16}  {:11}  {:>7}  {:>7}  {:>11}  SWEPT",
            "NUMBER", "BEGAN (UTC)", "", "IMAGES", "TO MEND", "NOT SCANNED"
        )?;
    }
    for row in &sweeps {
        let counts = Past::of(row).map(|past| past.point.counts);
        let number = |of: u64| counts.map_or_else(|| "–".to_owned(), |_| of.to_string());
        let counts = counts.unwrap_or_default();
        writeln!(
            out,
            "{:>6}  {:16}  {:11}  {:>7}  {:>7}  {:>11}  {}",
            row.id,
            minute(row.began),
            state(row),
            number(counts.images()),
            number(counts.broken()),
            number(counts.not_scanned + counts.unknown),
            escape(&Scope::title(&row.scope))
        )?;
    }
    Ok(out.flush()?)
}

fn state(row: &SweepRow) -> &'static str {
    match (row.ended, &row.counts) {
        (Some(_), Some(_)) if row.complete => "complete",
        (Some(_), Some(_)) => "incomplete",
        (Some(_), None) => "killed",
        (None, _) => "not ended",
    }
}

/// `2026-11-25 02:07`, in UTC.
fn minute(time: Timestamp) -> String {
    TimeZone::UTC.to_datetime(time).strftime("%Y-%m-%d %H:%M").to_string()
}
