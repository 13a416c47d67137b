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
mod progress;
mod retry;
mod verdicts;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

pub use filter::{Filter, Globs};
pub use hosts::Hosts;
pub use inventory::{InventoryError, read as read_inventory};
pub use outcome::decide;
pub use progress::SweepProgress;
pub use retry::Patience;

use self::verdicts::Wanting;
use super::policy::Policy;
use crate::config::Config;
use crate::oci::source::{Catalog, SourceError};
use crate::registry::Opener;
use crate::report::sweep::SweepReport;
use crate::rules::Settings;
use crate::store::sweep::{Begun, Claim, Id, Lease, Step, StoreError, SweepStore, Ticket, Work};

/// A sweep that was not finished is gone on with for so long; after that its lists are too old, and another one begins. Facts stay in any case.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// How long a claim holds where it is not renewed.
const LEASE: SignedDuration = SignedDuration::from_mins(5);

/// What is swept.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Registries, each with the prefix of the repositories in it that are wanted; empty for all.
    pub registries: Vec<(String, String)>,
    /// Images by name: registry, repository, and tag or digest.
    pub images: Vec<(String, String, String)>,
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

impl Scope {
    /// Names the scope: sweeps of the same name are compared with each other.
    fn name(&self) -> String {
        serde_json::json!({ "targets": self.targets, "filters": self.filters }).to_string()
    }
}

/// How it is swept.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads; each has one request under way.
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    /// Repositories.
    pub repositories: u64,
    /// Tags and digests.
    pub tags: u64,
    /// Layers that are not known.
    pub layers: u64,
    /// Their bytes as stored.
    pub bytes: u64,
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
    /// Half a sentence.
    fn reason(&self) -> String {
        match self {
            Halt::Interrupted => "it was interrupted; the same command goes on with it".to_owned(),
            Halt::Stopped => "it was stopped with --stop; the same command goes on with it".to_owned(),
            Halt::Budget => "its budget of bytes is spent; the same command goes on with it".to_owned(),
            Halt::Blocked(until) => {
                format!("a registry wants to be left alone until {until}; the same command goes on with it then")
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
    /// What the user should know: tags that could not be filtered by their age.
    notes: Mutex<BTreeMap<String, u64>>,
}

impl Sweeper<'_> {
    /// Sweeps, or goes on with a sweep, and reports. Where it was interrupted the report says so.
    ///
    /// # Errors
    /// [`SweepError`]: the store fails. What is wrong with a registry or an image is in the report.
    pub fn run(&self) -> Result<SweepReport, SweepError> {
        let run = self.begin()?;
        let mut halt = run.plan()?;
        if halt.is_none() {
            halt = run.look()?;
        } else {
            run.judge_all(Wanting::Leave)?;
        }
        run.report(halt.as_ref())
    }

    /// Lists, looks up what is listed, and says what would be moved.
    ///
    /// # Errors
    /// As [`Sweeper::run`].
    pub fn forecast(&self) -> Result<(Forecast, Option<String>), SweepError> {
        let run = self.begin()?;
        let halt = run.plan()?;
        let left = self.store.remaining(run.begun.sweep)?;
        run.settle()?;
        let forecast = Forecast {
            repositories: left.repositories,
            tags: left.tags,
            layers: left.layers_left,
            bytes: left.bytes_left,
        };
        Ok((forecast, halt.map(|halt| halt.reason())))
    }

    /// Judges what is known of the last sweep of the scope again, without one request.
    ///
    /// # Errors
    /// As [`Sweeper::run`], and [`SweepError::NothingKnown`].
    pub fn rejudge(&self) -> Result<SweepReport, SweepError> {
        let name = self.scope.name();
        let now = Timestamp::now();
        let unfinished = matches!(self.store.last()?, Some((_, scope, false)) if scope == name);
        let past = self.store.history(&name)?.pop();
        if !unfinished && past.is_none() {
            return Err(SweepError::NothingKnown);
        }
        let begun = self.store.begin(&name, now, Timestamp::MIN)?;
        if let (false, Some(past)) = (begun.resumed, past) {
            self.store.carry_over(past.sweep, begun.sweep)?;
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
        Ok(self.at(begun))
    }

    fn at(&self, begun: Begun) -> Run<'_> {
        Run {
            sweeper: self,
            begun,
            hosts: Hosts::new(self.options.rate),
            catalogs: Mutex::default(),
            moved: AtomicU64::new(0),
            under_way: AtomicU64::new(0),
            settled: Mutex::default(),
            turn: Mutex::default(),
            notes: Mutex::default(),
        }
    }
}

impl Run<'_> {
    /// Lists, and looks up what is listed.
    fn plan(&self) -> Result<Option<Halt>, SweepError> {
        if let Some(halt) = self.list()? {
            return Ok(Some(halt));
        }
        self.look_up()
    }

    /// Reads layers and judges images, until no image needs more.
    fn look(&self) -> Result<Option<Halt>, SweepError> {
        for round in 1.. {
            let halt = self.read_layers()?;
            // A link may lead out of what was recorded: then more of the layers has to be known.
            let wanting = match round {
                _ if halt.is_some() => Wanting::Leave,
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

    /// Does all work of a kind, on as many threads as are allowed.
    fn drain(
        &self,
        step: Step,
        act: &(dyn Fn(Work) -> Result<(), StoreError> + Sync),
    ) -> Result<Option<Halt>, SweepError> {
        let failed = AtomicBool::new(false);
        let worker = || {
            let ended = self.work(step, act, &failed);
            if ended.is_err() {
                failed.store(true, Ordering::Relaxed);
            }
            ended
        };
        let ends: Vec<_> = std::thread::scope(|scope| {
            let others: Vec<_> = (1..self.sweeper.options.jobs).map(|_| scope.spawn(worker)).collect();
            let own = worker();
            let others =
                others.into_iter().map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            others.chain([own]).collect()
        });
        self.settle()?;
        let mut halt = None;
        for end in ends {
            halt = halt.or(end?);
        }
        Ok(halt)
    }

    fn work(
        &self,
        step: Step,
        act: &(dyn Fn(Work) -> Result<(), StoreError> + Sync),
        failed: &AtomicBool,
    ) -> Result<Option<Halt>, StoreError> {
        loop {
            self.sweeper.progress.tick();
            if self.sweeper.interrupted.load(Ordering::Relaxed) {
                return Ok(Some(Halt::Interrupted));
            }
            if failed.load(Ordering::Relaxed) {
                return Ok(None);
            }
            match self.claim(step)? {
                Claim::Work(work) => act(work)?,
                Claim::Nothing => return Ok(None),
                Claim::Stopping => return Ok(Some(Halt::Stopped)),
                // What is under way may fail, and leave room for what is smaller than it.
                Claim::TooLarge if self.under_way.load(Ordering::SeqCst) > 0 => std::thread::sleep(hosts::NAP),
                Claim::TooLarge => return Ok(Some(Halt::Budget)),
                Claim::Wait(until) => {
                    let wait = until.duration_since(Timestamp::now());
                    if wait > self.sweeper.options.patience.longest_block {
                        return Ok(Some(Halt::Blocked(until)));
                    }
                    let wait = Duration::try_from(wait).unwrap_or_default();
                    std::thread::sleep(wait.clamp(Duration::from_millis(1), hosts::NAP));
                }
            }
        }
    }

    fn claim(&self, step: Step) -> Result<Claim, StoreError> {
        let now = Timestamp::now();
        let lease = |largest| Lease { now, until: now + LEASE, largest };
        let Some(budget) = self.sweeper.options.budget.filter(|_| step == Step::Layer) else {
            return self.sweeper.store.claim(self.begun.sweep, step, lease(u64::MAX));
        };
        // One thread at a time: two that look at what is left at once would both take it.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let spent = self.moved.load(Ordering::SeqCst) + self.under_way.load(Ordering::SeqCst);
        let claim = self.sweeper.store.claim(self.begun.sweep, step, lease(budget.saturating_sub(spent)))?;
        if let Claim::Work(Work::Layer(work)) = &claim {
            self.under_way.fetch_add(work.size, Ordering::SeqCst);
        }
        Ok(claim)
    }

    /// Writes down what was moved since the last time.
    fn settle(&self) -> Result<(), StoreError> {
        let mut settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        let now = (self.moved.load(Ordering::SeqCst), self.hosts.requests());
        self.sweeper.store.account(self.sweep(), now.0 - settled.0, now.1 - settled.1)?;
        *settled = now;
        Ok(())
    }

    /// Keeps a claim for longer.
    fn renew(&self, ticket: Ticket) {
        // Where it cannot be kept, what is done under it is refused later, and done again.
        let _ = self.sweeper.store.renew(ticket, Timestamp::now() + LEASE);
    }

    fn sweep(&self) -> Id {
        self.begun.sweep
    }
}
