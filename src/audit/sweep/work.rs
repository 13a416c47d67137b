//! How the work of a step is done: claimed in the store by as many threads as are allowed, until nothing of it is left.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Halt, Options, Run, SweepError, hosts};
use crate::store::sweep::{Claim, Lease, Pending, Step, StoreError, Ticket, Work};

/// How long a claim holds where it is not renewed.
const LEASE: SignedDuration = SignedDuration::from_mins(5);

/// Lists and manifests that are asked for at once in the place of each layer: they are small, so that nearly all of their time is waiting
/// for the registry.
const SMALL: usize = 4;

/// The most pieces of work that are claimed at once. Each claim is a transaction of the store; with more of them it is felt no more.
const HANDFUL: u64 = 16;

/// How long answers wait at most for more of their handful, to be written down together. For that long nobody looks whether the work is
/// still wanted.
pub(super) const SLICE: Duration = Duration::from_millis(200);

impl Options {
    /// Threads for a kind of work; each has one request under way.
    fn threads(&self, step: Step) -> usize {
        match step {
            Step::Layer => self.jobs,
            Step::Repository | Step::Tag => self.jobs.saturating_mul(SMALL),
        }
    }
}

/// How much of its work each thread claims at once: the less, the less is left, so that all have something to do until the end.
struct Shares {
    unclaimed: AtomicU64,
    threads: u64,
}

impl Shares {
    fn new(unclaimed: u64, threads: usize) -> Self {
        Self { unclaimed: unclaimed.into(), threads: threads as u64 }
    }

    fn next(&self) -> usize {
        let share = self.unclaimed.load(Ordering::Relaxed) / (2 * self.threads).max(1);
        usize::try_from(share.clamp(1, HANDFUL)).unwrap_or(1)
    }

    fn taken(&self, count: usize) {
        // Work that was put off is claimed twice; below nothing there is nothing.
        let less = |unclaimed: u64| Some(unclaimed.saturating_sub(count as u64));
        let _ = self.unclaimed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}

/// How many threads of a step have work. What is left may be work of theirs alone, so who has none waits for them.
#[derive(Default)]
struct Busy {
    threads: Mutex<usize>,
    none: Condvar,
}

impl Busy {
    /// Does some work; who waits hears of it when nobody has any more.
    fn with<T>(&self, work: impl FnOnce() -> T) -> T {
        *self.threads.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        let done = work();
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        *threads -= 1;
        if *threads == 0 {
            self.none.notify_all();
        }
        done
    }

    /// Waits until nobody has any work, for so long at most. False where it was that long.
    fn wait(&self, longest: Duration) -> bool {
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.none.wait_timeout(threads, longest).unwrap_or_else(PoisonError::into_inner);
        !waited.1.timed_out()
    }
}

impl Run<'_> {
    /// Does all work of a kind, of which so much is left, as many pieces at once as are worth it, on as many threads as are allowed. Where
    /// nothing is said to be left each thread claims one piece at a time.
    pub(super) fn drain(
        &self,
        step: Step,
        left: u64,
        act: &(dyn Fn(&[Work]) -> Result<(), StoreError> + Sync),
    ) -> Result<Option<Halt>, SweepError> {
        let (failed, busy) = (AtomicBool::new(false), Busy::default());
        let threads = self.sweeper.options.threads(step);
        // Where each request has to wait for its turn a claim would end before a handful is done.
        let shares = Shares::new(if self.sweeper.options.rate.is_none() { left } else { 0 }, threads);
        let worker = || {
            let ended = self.work(step, &shares, &busy, act, &failed);
            if ended.is_err() {
                failed.store(true, Ordering::Relaxed);
            }
            ended
        };
        let ends: Vec<_> = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
            let own = worker();
            let others =
                others.into_iter().map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            others.chain([own]).collect()
        });
        self.settle()?;
        let mut halt = None;
        for end in ends {
            halt = Halt::either(halt, end?);
        }
        Ok(halt)
    }

    fn work(
        &self,
        step: Step,
        shares: &Shares,
        busy: &Busy,
        act: &(dyn Fn(&[Work]) -> Result<(), StoreError> + Sync),
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
            match self.claim(step, shares.next())? {
                Claim::Work(works) => {
                    shares.taken(works.len());
                    busy.with(|| act(&works))?;
                }
                Claim::Nothing => return Ok(None),
                Claim::Stopping => return Ok(Some(Halt::Stopped)),
                // What is under way may fail, and leave room for what is smaller than it.
                Claim::TooLarge if self.under_way.load(Ordering::SeqCst) > 0 => {
                    busy.wait(hosts::NAP);
                }
                Claim::TooLarge => return Ok(Some(Halt::Budget)),
                Claim::Wait(until) if self.is_too_long(until) => return Ok(Some(Halt::Blocked(until))),
                Claim::Wait(until) => {
                    let wait = Duration::try_from(until.duration_since(Timestamp::now())).unwrap_or_default();
                    busy.wait(wait.clamp(Duration::from_millis(1), hosts::NAP));
                }
            }
        }
    }

    /// Whether a host that wants to be left alone until then is not waited for.
    pub(super) fn is_too_long(&self, until: Timestamp) -> bool {
        let wait = Duration::try_from(until.duration_since(Timestamp::now())).unwrap_or_default();
        wait > self.sweeper.options.patience.longest_block
    }

    fn claim(&self, step: Step, most: usize) -> Result<Claim, StoreError> {
        let now = Timestamp::now();
        let lease = |largest| Lease { now, until: now + LEASE, largest, most };
        let Some(budget) = self.sweeper.options.budget.filter(|_| step == Step::Layer) else {
            return self.sweeper.store.claim(self.sweep(), step, lease(u64::MAX));
        };
        // One thread at a time: two that look at what is left at once would both take it.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let spent = self.moved.load(Ordering::SeqCst) + self.under_way.load(Ordering::SeqCst);
        let claim = self.sweeper.store.claim(self.sweep(), step, lease(budget.saturating_sub(spent)))?;
        if let Claim::Work(works) = &claim {
            let sizes = works.iter().map(|work| if let Work::Layer(layer) = work { layer.size } else { 0 });
            self.under_way.fetch_add(sizes.sum(), Ordering::SeqCst);
        }
        Ok(claim)
    }

    /// Does pieces of a handful one after the other, and gives back those behind the first that would have to wait.
    pub(super) fn each<'w, W>(
        &self,
        works: impl IntoIterator<Item = &'w W>,
        pending: impl Fn(&W) -> &Pending,
        mut act: impl FnMut(&'w W) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>
    where
        W: 'w,
    {
        for (index, work) in works.into_iter().enumerate() {
            if index == 0 || !self.given_back(pending(work))? {
                act(work)?;
            }
        }
        Ok(())
    }

    /// Gives work back that was claimed and not begun, where it would have to wait: for a host that wants to be left alone, though others
    /// could be asked, or for the next run, where nobody wants to wait any more. Says whether it has.
    pub(super) fn given_back(&self, pending: &Pending) -> Result<bool, StoreError> {
        if !self.sweeper.interrupted.load(Ordering::Relaxed) && !self.hosts.is_blocked(&pending.registry) {
            return Ok(false);
        }
        // Where the claim has ended somebody else has it.
        self.sweeper.store.postpone(pending.ticket, Timestamp::now(), false)?;
        Ok(true)
    }

    /// Keeps a claim for longer.
    pub(super) fn renew(&self, ticket: Ticket) {
        // Where it cannot be kept, what is done under it is refused later, and done again.
        let _ = self.sweeper.store.renew(ticket, Timestamp::now() + LEASE);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;

    #[test]
    fn who_has_no_work_hears_when_nobody_has_any() {
        let busy = Busy::default();
        let (begun, beginning) = channel();
        thread::scope(|scope| {
            let (ending, end) = channel::<()>();
            let busy = &busy;
            scope.spawn(move || {
                busy.with(|| {
                    begun.send(()).unwrap();
                    end.recv().unwrap();
                });
            });
            beginning.recv().unwrap();
            // Who is done sooner than others wakes nobody.
            busy.with(|| ());
            assert!(!busy.wait(Duration::from_millis(1)));
            let waiting = scope.spawn(|| busy.wait(Duration::from_secs(60)));
            // It may not wait yet when the last one is done, so there is one more.
            while !waiting.is_finished() {
                let _ = ending.send(());
                thread::sleep(Duration::from_millis(10));
                busy.with(|| ());
            }
            assert!(waiting.join().unwrap(), "it was not woken");
        });
    }

    #[test]
    fn shares_grow_smaller_until_everything_is_claimed() {
        let shares = Shares::new(100, 4);
        let mut claimed = Vec::new();
        while claimed.iter().sum::<usize>() < 100 {
            claimed.push(shares.next());
            shares.taken(shares.next());
        }
        assert!(claimed.is_sorted_by(|before, after| before >= after), "{claimed:?}");
        assert_eq!((claimed.first(), claimed.last()), (Some(&12), Some(&1)));
        assert_eq!(Shares::new(100_000, 4).next(), 16);
        assert_eq!([Shares::new(0, 4).next(), Shares::new(20, 16).next()], [1, 1], "each thread has something to do");
    }
}
