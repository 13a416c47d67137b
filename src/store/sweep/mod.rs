//! What a sweep of registries knows, kept so that it can end at any moment and go on: repositories, tags, manifests, layers with
//! their facts, verdicts, and what was seen when.
//!
//! Facts are kept by digest and never change; verdicts are derived from them and are made anew when the rules or the reference
//! do. `docs/store.md` describes the tables of the SQLite store. `tests/store_story.rs` is the contract of every [`SweepStore`].

mod facts;
mod rows;
mod schema;
mod sqlite;

use jiff::Timestamp;

pub use facts::MEANING;
pub use rows::{
    Begun, Claim, Ended, Id, ImageRow, LayerRow, LayerWork, Lease, ListEnd, Listing, NewImage, NewLayer, NewRoot,
    NewTag, Pending, Pointed, Remaining, RepositoryWork, Sighting, Step, SweepRow, TagImage, TagRow, TagWork, Ticket,
    Unread, Verdict, VerdictExpiry, VerdictFinding, Work,
};
pub use sqlite::SqliteStore;

use crate::digest::Digest;
use crate::image::LayerFacts;
use crate::oci::layer::Watch;

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file or its folder cannot be opened.
    #[error("the store {path} cannot be opened: {why}")]
    Open {
        /// The file.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// Another sweep works with it.
    #[error(
        "another sweep works with the store {0}: wait for it, end it with `rdsca sweep --stop`, or name another --store"
    )]
    Locked(String),
    /// It was written by a later version of this program.
    #[error(
        "the store {path} was made by a newer rdsca (its schema is {found}, this version knows {known}): use that one, or another --store"
    )]
    Newer {
        /// The file.
        path: String,
        /// Its schema.
        found: i64,
        /// The newest schema that is known.
        known: i64,
    },
    /// The database does not do what it is asked for.
    #[error("the store fails: {0}")]
    Database(#[from] rusqlite::Error),
    /// What is in it is not what was put there.
    #[error(
        "the store holds something that cannot be read ({0}); `rm` it and sweep again, which reads every layer anew"
    )]
    Broken(String),
}

/// What a sweep knows, and what it has still to do. Shared by threads; every method is one transaction.
///
/// Work is claimed with a lease: until it ends nobody else gets the same. What is done under a lease that has ended, and that
/// somebody else has claimed since, is refused by its fence number and does no harm.
pub trait SweepStore: Send + Sync {
    /// Begins a sweep of a scope, or goes on with the last one of the same scope, where that was not finished and began after
    /// `fresh_since`. `scope` is any text; the same words are the same scope.
    ///
    /// # Errors
    /// [`StoreError`], as every method.
    fn begin(&self, scope: &str, now: Timestamp, fresh_since: Timestamp) -> Result<Begun, StoreError>;

    /// Gives a sweep all that another has seen, as seen and done.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn carry_over(&self, from: Id, to: Id) -> Result<(), StoreError>;

    /// All sweeps, the oldest first, whatever became of them.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn sweeps(&self) -> Result<Vec<SweepRow>, StoreError>;

    /// Ends a sweep.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn end(&self, sweep: Id, ended: &Ended) -> Result<(), StoreError>;

    /// Asks whoever works on unfinished sweeps to end; says how many there are.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn stop(&self) -> Result<usize, StoreError>;

    /// Adds to what a sweep has moved.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn account(&self, sweep: Id, bytes: u64, requests: u64) -> Result<(), StoreError>;

    /// How far the list of a registry's repositories has come in this sweep.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn listing(&self, sweep: Id, registry: &str) -> Result<Listing, StoreError>;

    /// Adds repositories whose tags are to be listed, and says how far the list has come. Repositories that this sweep has
    /// already are left as they are.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn add_repositories(
        &self,
        sweep: Id,
        registry: &str,
        names: &[String],
        listing: &Listing,
    ) -> Result<(), StoreError>;

    /// Adds images that are named, and not listed: repository, and tag or digest. Their repositories are not listed.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn add_images(&self, sweep: Id, registry: &str, images: &[(String, String)]) -> Result<(), StoreError>;

    /// Adds a page of tags of a claimed repository, and where the list goes on. False where the lease was lost.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn add_tags(&self, ticket: Ticket, tags: &[NewTag], next: Option<&str>) -> Result<bool, StoreError>;

    /// The tags of a repository that this sweep has seen so far.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn tags_of(&self, sweep: Id, repository: Id) -> Result<Vec<(Id, NewTag)>, StoreError>;

    /// Ends the lists of claimed repositories, in one transaction. False for each whose lease was lost.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn end_lists(&self, ends: &[ListEnd]) -> Result<Vec<bool>, StoreError>;

    /// Claims work of one kind.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn claim(&self, sweep: Id, step: Step, lease: Lease) -> Result<Claim, StoreError>;

    /// Keeps the lease of a claimed piece of work until a later time. False where it was lost.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn renew(&self, ticket: Ticket, until: Timestamp) -> Result<bool, StoreError>;

    /// Gives a claimed piece of work back, to be done not before `until`. `failed` says whether it counts as an attempt.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn postpone(&self, ticket: Ticket, until: Timestamp, failed: bool) -> Result<bool, StoreError>;

    /// Gives a claimed piece of work up, for this sweep.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn fail(&self, ticket: Ticket, reason: &str) -> Result<bool, StoreError>;

    /// Ends all leases: for whoever knows that nobody else works with the store.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn end_leases(&self) -> Result<(), StoreError>;

    /// Claims nothing more from a host before a time.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn block(&self, host: &str, until: Timestamp) -> Result<(), StoreError>;

    /// The hosts that are left alone, and until when.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn blocked(&self, now: Timestamp) -> Result<Vec<(String, Timestamp)>, StoreError>;

    /// Says what claimed tags point at, in one transaction, and answers for each. The sweep then wants the layers of the images behind
    /// them, as far as they are not known.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn point(&self, tags: &[(Ticket, Digest)], platforms: &str) -> Result<Vec<Pointed>, StoreError>;

    /// The same with something that is not known yet.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn resolve(&self, ticket: Ticket, root: &NewRoot) -> Result<bool, StoreError>;

    /// Keeps the facts of a claimed layer.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn keep(&self, ticket: Ticket, facts: &LayerFacts) -> Result<bool, StoreError>;

    /// Forgets the facts of layers whose uncompressed digests were not checked, so that they are read again.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn forget_unchecked(&self) -> Result<(), StoreError>;

    /// The facts of a layer.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn facts(&self, layer: Id) -> Result<Option<LayerFacts>, StoreError>;

    /// Another repository than the one that a layer is pulled from, which has an image with it; for when that one has it no more.
    /// Asked again, it gives one after the other.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn pull_from_elsewhere(&self, ticket: Ticket) -> Result<bool, StoreError>;

    /// What is left to do in a sweep.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn remaining(&self, sweep: Id) -> Result<Remaining, StoreError>;

    /// The images of a sweep after one of them, in the order of their ids, but for those whose verdict was reached by `judged_by`.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn images(&self, sweep: Id, judged_by: &str, after: Id, limit: usize) -> Result<Vec<ImageRow>, StoreError>;

    /// Says that the layers of an image have to be known as far as this watch set goes. How many layers have to be read again.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn grow(&self, sweep: Id, image: Id, watch: &Watch) -> Result<usize, StoreError>;

    /// Says why an image cannot be judged, whatever else is known of it.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn refuse(&self, image: Id, reason: &str) -> Result<(), StoreError>;

    /// Keeps verdicts, and by what they were reached.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn judge(&self, by: &str, verdicts: &[(Id, Verdict)]) -> Result<(), StoreError>;

    /// The tags of a sweep after one of them, in the order of their ids, with all that is known of what they point at.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn tags(&self, sweep: Id, after: Id, limit: usize) -> Result<Vec<TagRow>, StoreError>;

    /// Repositories of a sweep that could not be listed, with their registries, and why. So are registries, without a name.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn unlisted(&self, sweep: Id) -> Result<Vec<(String, String, String)>, StoreError>;

    /// Records what tags point at in this sweep, and what came of it.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn see(&self, sweep: Id, sightings: &[Sighting]) -> Result<(), StoreError>;

    /// Records all that this sweep could not look at. What it said before, as one that is gone on with, is forgotten.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn miss(&self, sweep: Id, unread: &[Unread]) -> Result<(), StoreError>;

    /// What the sweep `sweep` has seen: names, platforms and states.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn seen(&self, sweep: Id) -> Result<Vec<(String, String, String)>, StoreError>;

    /// What the sweep `sweep` could not look at, by name.
    ///
    /// # Errors
    /// As [`SweepStore::begin`].
    fn missed(&self, sweep: Id) -> Result<Vec<Unread>, StoreError>;
}
