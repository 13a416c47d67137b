//! What becomes of work that failed: put off, or given up.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Run;
use crate::oci::source::SourceError;
use crate::store::sweep::{Pending, StoreError};

/// How long a registry is waited for, and how often it is asked again. The defaults are those of the command; tests shorten them.
#[derive(Clone, Debug)]
pub struct Patience {
    /// The pause after the first failure, or the first refusal that does not say how long; each further one is twice as long.
    pub first: Duration,
    /// The longest such pause.
    pub longest: Duration,
    /// How often a piece of work may fail. Refusals of a busy registry are no failures.
    pub attempts: u32,
    /// For how long a host that wants to be left alone is waited for, when there is nothing else to do.
    pub longest_block: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(500),
            longest: Duration::from_secs(120),
            attempts: 6,
            longest_block: Duration::from_secs(30 * 60),
        }
    }
}

impl Run<'_> {
    /// What came of a request; none where it did not succeed, and the work is put off or given up.
    pub(super) fn settled<T>(
        &self,
        pending: &Pending,
        outcome: Result<T, SourceError>,
    ) -> Result<Option<T>, StoreError> {
        match outcome {
            Ok(done) => {
                self.hosts.answered(&pending.registry);
                Ok(Some(done))
            }
            Err(error) => {
                self.put_off(pending, &error)?;
                Ok(None)
            }
        }
    }

    /// Puts work off after a temporary failure, or gives it up.
    pub(super) fn put_off(&self, pending: &Pending, error: &SourceError) -> Result<(), StoreError> {
        let Pending { ticket, attempts, registry, .. } = pending;
        let patience = &self.sweeper.options.patience;
        let store = self.sweeper.store;
        match error {
            SourceError::Busy { wait, .. } => {
                let until = self.leave_alone(registry, *wait)?;
                store.postpone(*ticket, until, false)?;
            }
            error if error.is_temporary() && attempts + 1 < patience.attempts => {
                let wait = patience.first.saturating_mul(1 << (*attempts).min(16)).min(patience.longest);
                self.sweeper.progress.retried();
                store.postpone(*ticket, later(wait), true)?;
            }
            error => {
                store.fail(*ticket, &error.to_string())?;
            }
        }
        Ok(())
    }

    /// Leaves a host alone that refuses; says until when.
    pub(super) fn leave_alone(&self, host: &str, asked_for: Option<Duration>) -> Result<Timestamp, StoreError> {
        let patience = &self.sweeper.options.patience;
        self.sweeper.progress.retried();
        let until = later(self.hosts.refused(host, asked_for, patience.first, patience.longest));
        self.sweeper.store.block(host, until)?;
        Ok(until)
    }
}

/// So much later than now.
fn later(wait: Duration) -> Timestamp {
    let now = Timestamp::now();
    SignedDuration::try_from(wait).ok().and_then(|wait| now.checked_add(wait).ok()).unwrap_or(Timestamp::MAX)
}
