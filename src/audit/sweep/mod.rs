//! A sweep: every image of registries, looked at so that it can be interrupted at any moment and gone on with. Lists, manifests, layers and
//! verdicts are steps of their own; what each has done is in the store before the next begins with it.

mod documents;
mod filter;
mod hosts;
mod inventory;
mod layers;
mod listing;
mod manifests;
mod outcome;
mod past;
mod progress;
mod retry;
mod verdicts;
mod work;

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

pub use filter::{Filter, Globs};
pub use hosts::Hosts;
pub use inventory::{InventoryError, read as read_inventory};
pub use outcome::decide;
pub use past::Past;
pub use progress::SweepProgress;
pub use retry::Patience;

use self::verdicts::Wanting;
use super::policy::Policy;
use crate::config::Config;
use crate::oci::source::{Catalog, SourceError};
use crate::registry::Opener;
use crate::report::sweep::SweepReport;
use crate::rules::Settings;
use crate::store::sweep::{Begun, Id, StoreError, SweepStore, Unread};

/// A sweep that was not finished is gone on with for so long; after that its lists are too old, and another one begins. Facts stay in any case.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// What is swept.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Registries, each with the prefix of the repositories in it that are wanted; empty for all.
    pub registries: Vec<(String, String)>,
    /// Images by name: registry, repository, and tag or digest.
    pub images: Vec<(String, String, String)>,
    /// What the same list has, and what is no name of an image.
    pub misnamed: Vec<Misnamed>,
    /// Where their names come from.
    pub inventory: Option<String>,
    /// What of it is wanted.
    pub filter: Filter,
    /// Platforms to look at; empty for all.
    pub platforms: Vec<String>,
    /// Registries and lists as they were named.
    pub targets: Vec<String>,
    /// Filters as they were given.
    pub filters: Vec<String>,
}

/// Something that should be the name of an image, and is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misnamed {
    /// As it was written.
    pub name: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Scope {
    /// Names the scope: sweeps of the same name are compared with each other.
    fn name(&self) -> String {
        serde_json::json!({ "targets": self.targets, "filters": self.filters }).to_string()
    }

    /// A scope by its name, for people: what was swept, and by which filters.
    pub fn title(name: &str) -> String {
        let Ok(scope) = serde_json::from_str::<Named>(name) else { return name.to_owned() };
        [scope.targets, scope.filters].concat().join(" ")
    }
}

/// What the name of a scope says.
#[derive(serde::Deserialize)]
struct Named {
    targets: Vec<String>,
    filters: Vec<String>,
}

/// How it is swept.
#[derive(Clone, Debug)]
pub struct Options {
    /// Layers read at once. Of the small requests four times as many are under way.
    pub jobs: usize,
    /// The most bytes of layers to move; none for all.
    pub budget: Option<u64>,
    /// Requests to one host in a second; none for as many as it answers.
    pub rate: Option<f64>,
    /// Whether the digests of uncompressed layers are checked, too.
    pub check_diff_ids: bool,
    /// How long a registry is waited for.
    pub patience: Patience,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The store fails.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A registry cannot be named.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// There is nothing to judge again.
    #[error("the store has no sweep of this scope to judge again: sweep it first")]
    NothingKnown,
}

/// Sweeps.
pub struct Sweeper<'a> {
    /// Opens registries. It should not wait for busy ones itself: here others are asked in the meantime.
    pub opener: &'a Opener,
    /// Keeps what is known.
    pub store: &'a dyn SweepStore,
    /// What is swept.
    pub scope: &'a Scope,
    /// How.
    pub options: &'a Options,
    /// What is expected.
    pub settings: &'a Settings,
    /// What counts.
    pub policy: &'a Policy,
    /// Says whose images are whose.
    pub config: &'a Config,
    /// Set when the user wants an end.
    pub interrupted: &'a AtomicBool,
    /// Shows how far it is.
    pub progress: &'a SweepProgress,
}

/// What would be moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    /// Repositories.
    pub repositories: u64,
    /// Tags and digests.
    pub tags: u64,
    /// Layers that are not known.
    pub layers: u64,
    /// Their bytes as stored.
    pub bytes: u64,
    /// What could not be looked up, so that nobody knows what it would move.
    pub missed: Vec<Unread>,
    /// Why not all was looked up: half a sentence.
    pub incomplete: Option<String>,
}

/// Why a step ended before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Halt {
    /// The user interrupted it.
    Interrupted,
    /// Another process asked for it.
    Stopped,
    /// What is left is more than the budget.
    Budget,
    /// A host wants to be left alone for longer than is waited.
    Blocked(Timestamp),
}

impl Halt {
    /// Whether nothing more is done. A host that is left alone holds up nobody but itself.
    fn ends_all(&self) -> bool {
        !matches!(self, Halt::Blocked(_))
    }

    /// Of two ends the one that says more.
    fn either(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(Halt::Blocked(one)), Some(Halt::Blocked(other))) => Some(Halt::Blocked(one.min(other))),
            (Some(Halt::Blocked(_)) | None, Some(other)) => Some(other),
            (one, _) => one,
        }
    }

    /// Half a sentence.
    fn reason(&self) -> String {
        match self {
            Halt::Interrupted => "it was interrupted; the same command goes on with it".to_owned(),
            Halt::Stopped => "it was stopped with --stop; the same command goes on with it".to_owned(),
            Halt::Budget => "its budget of bytes is spent; the same command goes on with it".to_owned(),
            Halt::Blocked(until) => {
                format!(
                    "a registry is busy and wants to be left alone until {until:.0}; the same command goes on with it then"
                )
            }
        }
    }
}

/// A sweep on its way.
struct Run<'a> {
    sweeper: &'a Sweeper<'a>,
    begun: Begun,
    hosts: Hosts,
    catalogs: Mutex<HashMap<String, Arc<dyn Catalog>>>,
    /// Bytes of layers that were moved, and those of layers that are under way.
    moved: AtomicU64,
    under_way: AtomicU64,
    /// Bytes and requests that are written down.
    settled: Mutex<(u64, u64)>,
    /// Held while a layer is claimed within a budget.
    turn: Mutex<()>,
    /// Registries that do not tell when tags were pushed, though a filter asks.
    ageless: Mutex<BTreeSet<String>>,
}

impl Sweeper<'_> {
    /// Sweeps, or goes on with a sweep, and reports. Where it was interrupted the report says so.
    ///
    /// # Errors
    /// [`SweepError`]: the store fails. What is wrong with a registry or an image is in the report.
    pub fn run(&self) -> Result<SweepReport, SweepError> {
        let run = self.begin()?;
        let planned = run.plan()?;
        if planned.as_ref().is_some_and(Halt::ends_all) {
            run.judge_all(Wanting::Leave)?;
            return run.report(planned.as_ref());
        }
        let looked = run.look()?;
        run.report(Halt::either(planned, looked).as_ref())
    }

    /// Lists, looks up what is listed, and says what would be moved.
    ///
    /// # Errors
    /// As [`Sweeper::run`].
    pub fn forecast(&self) -> Result<Forecast, SweepError> {
        let run = self.begin()?;
        let halt = run.plan()?;
        let left = self.store.remaining(run.begun.sweep)?;
        run.settle()?;
        Ok(Forecast {
            repositories: left.repositories,
            tags: left.tags,
            layers: left.layers_left,
            bytes: left.bytes_left,
            missed: run.not_looked_up()?,
            incomplete: halt.map(|halt| halt.reason()),
        })
    }

    /// Judges what is known of the last sweep of the scope again, without one request.
    ///
    /// # Errors
    /// As [`Sweeper::run`], and [`SweepError::NothingKnown`].
    pub fn rejudge(&self) -> Result<SweepReport, SweepError> {
        let name = self.scope.name();
        let now = Timestamp::now();
        let unfinished = self.store.sweeps()?.last().is_some_and(|last| !last.complete && last.scope == name);
        let past = Past::complete(self.store, &name)?.pop();
        if !unfinished && past.is_none() {
            return Err(SweepError::NothingKnown);
        }
        let begun = self.store.begin(&name, now, Timestamp::MIN)?;
        if let (false, Some(past)) = (begun.resumed, past) {
            self.store.carry_over(past.id, begun.sweep)?;
        }
        let run = self.at(begun);
        run.judge_all(Wanting::Leave)?;
        run.report(None)
    }

    fn begin(&self) -> Result<Run<'_>, SweepError> {
        let name = self.scope.name();
        let now = Timestamp::now();
        let mut begun = self.store.begin(&name, now, now - FRESH)?;
        if begun.resumed && !self.is_same_inventory(begun.sweep)? {
            // The list has changed: what is named no more must not be looked at.
            begun = self.store.begin(&name, now, Timestamp::MAX)?;
        }
        if self.options.check_diff_ids {
            self.store.forget_unchecked()?;
        }
        let run = self.at(begun);
        for (host, until) in self.store.blocked(now)? {
            run.hosts.block(&host, Duration::try_from(until.duration_since(now)).unwrap_or_default());
        }
        Ok(run)
    }

    fn at(&self, begun: Begun) -> Run<'_> {
        Run {
            sweeper: self,
            begun,
            hosts: Hosts::new(self.options.rate, self.options.patience.longest_block),
            catalogs: Mutex::default(),
            moved: AtomicU64::new(0),
            under_way: AtomicU64::new(0),
            settled: Mutex::default(),
            turn: Mutex::default(),
            ageless: Mutex::default(),
        }
    }
}

impl Run<'_> {
    /// Lists, and looks up what is listed.
    fn plan(&self) -> Result<Option<Halt>, SweepError> {
        let listed = self.list()?;
        if listed.as_ref().is_some_and(Halt::ends_all) {
            return Ok(listed);
        }
        Ok(Halt::either(listed, self.look_up()?))
    }

    /// Reads layers and judges images, until no image needs more.
    fn look(&self) -> Result<Option<Halt>, SweepError> {
        for round in 1.. {
            let halt = self.read_layers()?;
            // A link may lead out of what was recorded: then more of the layers has to be known.
            let wanting = match round {
                _ if halt.as_ref().is_some_and(Halt::ends_all) => Wanting::Leave,
                crate::image::MOST_ROUNDS => Wanting::Judge,
                _ => Wanting::Read,
            };
            if self.judge_all(wanting)? == 0 {
                return Ok(halt);
            }
        }
        Ok(None)
    }

    /// The catalog of a registry.
    fn catalog(&self, registry: &str) -> Result<Arc<dyn Catalog>, SourceError> {
        let mut catalogs = self.catalogs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(catalog) = catalogs.get(registry) {
            return Ok(Arc::clone(catalog));
        }
        let catalog: Arc<dyn Catalog> = Arc::from(self.sweeper.opener.catalog(registry)?);
        catalogs.insert(registry.to_owned(), Arc::clone(&catalog));
        Ok(catalog)
    }

    /// Writes down what was moved since the last time.
    fn settle(&self) -> Result<(), StoreError> {
        let mut settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        let now = (self.moved.load(Ordering::SeqCst), self.hosts.requests());
        self.sweeper.store.account(self.sweep(), now.0 - settled.0, now.1 - settled.1)?;
        *settled = now;
        Ok(())
    }

    fn sweep(&self) -> Id {
        self.begun.sweep
    }
}
