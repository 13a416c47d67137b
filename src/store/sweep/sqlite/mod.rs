//! The store as one SQLite file.

mod images;
mod lists;
mod sightings;
mod sweeps;
mod texts;
mod work;

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::{
    Begun, Claim, Ended, Id, ImageRow, Lease, ListEnd, Listing, NewRoot, NewTag, Pointed, Remaining, Sighting, Step,
    StoreError, SweepRow, SweepStore, TagRow, Ticket, Unread, Verdict, facts, schema,
};
use crate::digest::Digest;
use crate::image::LayerFacts;
use crate::oci::layer::Watch;

/// A store in a file.
pub struct SqliteStore {
    connection: Mutex<Connection>,
    /// Held for as long as this process is the one that sweeps with the file; the system takes it back from a process that dies.
    _lock: Option<File>,
}

impl SqliteStore {
    /// Opens a store, and makes it where it is not there. Others may work with it at the same time.
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::Newer`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let shown = path.display().to_string();
        let failed = |why: String| StoreError::Open { path: shown.clone(), why };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            make(folder).map_err(|error| failed(error.to_string()))?;
        }
        if path.is_dir() {
            return Err(failed("it is a folder; name a file in it".to_owned()));
        }
        owned(path).map_err(|error| failed(error.to_string()))?;
        let mut connection = Connection::open(path).map_err(|error| failed(error.to_string()))?;
        schema::prepare(&mut connection, &shown).map_err(|error| match error {
            StoreError::Database(error) => failed(error.to_string()),
            other => other,
        })?;
        Ok(Self { connection: Mutex::new(connection), _lock: None })
    }

    /// As [`SqliteStore::open`], as the only one who sweeps with it: what others have claimed and not done is free again.
    ///
    /// # Errors
    /// As [`SqliteStore::open`], and [`StoreError::Locked`].
    pub fn open_alone(path: &Path) -> Result<Self, StoreError> {
        let shown = path.display().to_string();
        let failed = |why: String| StoreError::Open { path: shown.clone(), why };
        let mut store = Self::open(path)?;
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let lock = File::options().create(true).truncate(false).write(true).open(PathBuf::from(name));
        let lock = lock.map_err(|error| failed(error.to_string()))?;
        match lock.try_lock() {
            Ok(()) => store._lock = Some(lock),
            Err(TryLockError::WouldBlock) => return Err(StoreError::Locked(shown)),
            // A file system without locks: the leases are all there is, and they end.
            Err(TryLockError::Error(_)) => return Ok(store),
        }
        store.end_leases()?;
        Ok(store)
    }

    /// Does something in one transaction.
    fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }

    /// Reads, in one transaction: all of it from one state of the file, and with its locks taken once instead of for each row's own queries.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction()?;
        let read = work(&transaction)?;
        transaction.commit()?;
        Ok(read)
    }
}

/// Makes a folder and those above it, for its owner alone.
fn make(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes a file that is not there, for its owner alone: it says what is wrong with whose images.
fn owned(path: &Path) -> std::io::Result<()> {
    let mut options = File::options();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// A digest as stored.
fn digest(bytes: &[u8]) -> Result<Digest, StoreError> {
    let bytes = bytes.try_into().map_err(|_| StoreError::Broken(format!("a digest of {} bytes", bytes.len())))?;
    Ok(Digest::from_bytes(bytes))
}

/// A time as stored in seconds.
fn seconds(number: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_second(number).map_err(|error| StoreError::Broken(error.to_string()))
}

/// A time as stored in milliseconds.
fn milliseconds(number: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(number).map_err(|error| StoreError::Broken(error.to_string()))
}

/// A size as stored.
fn size(number: u64) -> i64 {
    // SQLite has no larger numbers, and no layer is larger.
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl SweepStore for SqliteStore {
    fn begin(&self, scope: &str, now: Timestamp, fresh_since: Timestamp) -> Result<Begun, StoreError> {
        self.write(|store| sweeps::begin(store, scope, now, fresh_since))
    }

    fn carry_over(&self, from: Id, to: Id) -> Result<(), StoreError> {
        self.write(|store| sweeps::carry_over(store, from, to))
    }

    fn sweeps(&self) -> Result<Vec<SweepRow>, StoreError> {
        self.read(sweeps::sweeps)
    }

    fn end(&self, sweep: Id, ended: &Ended) -> Result<(), StoreError> {
        self.write(|store| sweeps::end(store, sweep, ended))
    }

    fn stop(&self) -> Result<usize, StoreError> {
        self.write(|store| Ok(store.execute("UPDATE sweeps SET stop = 1 WHERE ended IS NULL", [])?))
    }

    fn account(&self, sweep: Id, bytes: u64, requests: u64) -> Result<(), StoreError> {
        self.write(|store| sweeps::account(store, sweep, bytes, requests))
    }

    fn listing(&self, sweep: Id, registry: &str) -> Result<Listing, StoreError> {
        self.read(|store| lists::listing(store, sweep, registry))
    }

    fn add_repositories(
        &self,
        sweep: Id,
        registry: &str,
        names: &[String],
        listing: &Listing,
    ) -> Result<(), StoreError> {
        self.write(|store| lists::add_repositories(store, sweep, registry, names, listing))
    }

    fn add_images(&self, sweep: Id, registry: &str, images: &[(String, String)]) -> Result<(), StoreError> {
        self.write(|store| lists::add_images(store, sweep, registry, images))
    }

    fn add_tags(&self, ticket: Ticket, tags: &[NewTag], next: Option<&str>) -> Result<bool, StoreError> {
        self.write(|store| lists::add_tags(store, ticket, tags, next))
    }

    fn tags_of(&self, sweep: Id, repository: Id) -> Result<Vec<(Id, NewTag)>, StoreError> {
        self.read(|store| lists::tags_of(store, sweep, repository))
    }

    fn end_lists(&self, ends: &[ListEnd]) -> Result<Vec<bool>, StoreError> {
        self.write(|store| ends.iter().map(|end| lists::end(store, end)).collect())
    }

    fn claim(&self, sweep: Id, step: Step, lease: Lease) -> Result<Claim, StoreError> {
        self.write(|store| work::claim(store, sweep, step, lease))
    }

    fn renew(&self, ticket: Ticket, until: Timestamp) -> Result<bool, StoreError> {
        self.write(|store| work::renew(store, ticket, until))
    }

    fn postpone(&self, ticket: Ticket, until: Timestamp, failed: bool) -> Result<bool, StoreError> {
        self.write(|store| work::postpone(store, ticket, until, failed))
    }

    fn fail(&self, ticket: Ticket, reason: &str) -> Result<bool, StoreError> {
        self.write(|store| work::fail(store, ticket, reason))
    }

    fn end_leases(&self) -> Result<(), StoreError> {
        self.write(work::end_leases)
    }

    fn block(&self, host: &str, until: Timestamp) -> Result<(), StoreError> {
        self.write(|store| work::block(store, host, until))
    }

    fn blocked(&self, now: Timestamp) -> Result<Vec<(String, Timestamp)>, StoreError> {
        self.read(|store| work::blocked(store, now))
    }

    fn point(&self, tags: &[(Ticket, Digest)], platforms: &str) -> Result<Vec<Pointed>, StoreError> {
        self.write(|store| images::point_all(store, tags, platforms))
    }

    fn resolve(&self, ticket: Ticket, root: &NewRoot) -> Result<bool, StoreError> {
        self.write(|store| images::resolve(store, ticket, root))
    }

    fn keep(&self, ticket: Ticket, facts: &LayerFacts) -> Result<bool, StoreError> {
        // Compressed before anybody has to wait for it.
        let encoded = facts::encode(facts)?;
        let checked = facts.diff_id.is_some();
        self.write(|store| images::keep(store, ticket, &facts.watch, checked, &encoded))
    }

    fn forget_unchecked(&self) -> Result<(), StoreError> {
        self.write(|store| {
            let forget = "UPDATE layers SET facts = NULL, watch = NULL WHERE facts IS NOT NULL AND NOT checked";
            store.execute(forget, [])?;
            Ok(())
        })
    }

    fn facts(&self, layer: Id) -> Result<Option<LayerFacts>, StoreError> {
        let stored = self.read(|store| images::facts(store, layer))?;
        stored.map(|(encoded, digest, watch)| facts::decode(&encoded, digest, &watch)).transpose()
    }

    fn pull_from_elsewhere(&self, ticket: Ticket) -> Result<bool, StoreError> {
        self.write(|store| work::pull_from_elsewhere(store, ticket))
    }

    fn remaining(&self, sweep: Id) -> Result<Remaining, StoreError> {
        self.read(|store| work::remaining(store, sweep))
    }

    fn images(&self, sweep: Id, judged_by: &str, after: Id, limit: usize) -> Result<Vec<ImageRow>, StoreError> {
        self.read(|store| images::images(store, sweep, judged_by, after, limit))
    }

    fn grow(&self, sweep: Id, image: Id, watch: &Watch) -> Result<usize, StoreError> {
        self.write(|store| images::grow(store, sweep, image, watch))
    }

    fn refuse(&self, image: Id, reason: &str) -> Result<(), StoreError> {
        self.write(|store| {
            store.execute("UPDATE manifests SET failure = ?2 WHERE id = ?1", params![image, reason])?;
            Ok(())
        })
    }

    fn judge(&self, by: &str, verdicts: &[(Id, Verdict)]) -> Result<(), StoreError> {
        self.write(|store| images::judge(store, by, verdicts))
    }

    fn tags(&self, sweep: Id, after: Id, limit: usize) -> Result<Vec<TagRow>, StoreError> {
        self.read(|store| sightings::tags(store, sweep, after, limit))
    }

    fn unlisted(&self, sweep: Id) -> Result<Vec<(String, String, String)>, StoreError> {
        self.read(|store| lists::unlisted(store, sweep))
    }

    fn see(&self, sweep: Id, sightings: &[Sighting]) -> Result<(), StoreError> {
        self.write(|store| sightings::see(store, sweep, sightings))
    }

    fn miss(&self, sweep: Id, unread: &[Unread]) -> Result<(), StoreError> {
        self.write(|store| sightings::miss(store, sweep, unread))
    }

    fn seen(&self, sweep: Id) -> Result<Vec<(String, String, String)>, StoreError> {
        self.read(|store| sightings::seen(store, sweep))
    }

    fn missed(&self, sweep: Id) -> Result<Vec<Unread>, StoreError> {
        self.read(|store| sightings::missed(store, sweep))
    }
}
