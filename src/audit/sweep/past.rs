//! Sweeps that are over, as the store remembers them, in the words of reports.

use serde_json::{Map, Value, json};

use crate::report::sweep::{Counts, Known, Point, Seen, State};
use crate::store::sweep::{Id, StoreError, SweepRow, SweepStore};

/// Of what could not be looked at there is a number, too.
const NOT_SCANNED: &str = "not-scanned";

/// A sweep that came to a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// Its id in the store.
    pub id: Id,
    /// Its scope, as it was begun with: sweeps of the same one are compared with each other.
    pub scope: String,
    /// When it ended, and what it counted.
    pub point: Point,
    /// Whether it came to its end.
    pub complete: bool,
}

impl Past {
    /// None for one that is under way, or was killed before its report.
    pub fn of(row: &SweepRow) -> Option<Self> {
        let counts = counts(row.counts.as_deref()?)?;
        let point = Point { at: row.ended?, counts };
        Some(Self { id: row.id, scope: row.scope.clone(), point, complete: row.complete })
    }

    /// Those of a scope that came to their ends, the oldest first.
    ///
    /// # Errors
    /// The store fails.
    pub fn complete(store: &dyn SweepStore, scope: &str) -> Result<Vec<Self>, StoreError> {
        let all = store.sweeps()?;
        Ok(all.iter().filter(|row| row.complete && row.scope == scope).filter_map(Self::of).collect())
    }

    /// What it has seen.
    ///
    /// # Errors
    /// The store fails.
    pub fn seen(&self, store: &dyn SweepStore) -> Result<Seen, StoreError> {
        let images = store.seen(self.id)?.into_iter().filter_map(|(image, platform, state)| {
            Some(Known { image: image.into(), platform: platform.into(), state: State::from_name(&state)? })
        });
        let missed = store.missed(self.id)?.into_iter().map(|unread| (unread.target.into(), unread.reason.into()));
        Ok(Seen { images: images.collect(), missed: missed.collect(), complete: self.complete })
    }
}

/// What a sweep counted, as the store keeps it.
pub(super) fn counts_text(counts: &Counts) -> String {
    let states = State::ALL.map(|state| (state.as_str().to_owned(), json!(counts.of(state))));
    let mut all: Map<_, _> = states.into_iter().collect();
    all.insert(NOT_SCANNED.to_owned(), json!(counts.not_scanned));
    Value::Object(all).to_string()
}

fn counts(text: &str) -> Option<Counts> {
    let all: Value = serde_json::from_str(text).ok()?;
    let number = |name: &str| all.get(name).and_then(Value::as_u64).unwrap_or_default();
    let mut counts = Counts { not_scanned: number(NOT_SCANNED), ..Counts::default() };
    State::ALL.into_iter().for_each(|state| *counts.of_mut(state) = number(state.as_str()));
    Some(counts)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn what_was_counted_is_read_back() {
        let all = Counts { ok: 1, outdated: 2, missing: 3, unreadable: 4, unknown: 5, not_required: 6, not_scanned: 7 };
        assert_eq!(counts(&counts_text(&all)), Some(all));
        assert_eq!(counts("no JSON"), None);
        let killed = SweepRow {
            id: 1,
            scope: String::new(),
            began: Timestamp::UNIX_EPOCH,
            ended: Some(Timestamp::UNIX_EPOCH),
            complete: false,
            counts: None,
        };
        assert_eq!(Past::of(&killed), None);
    }
}
