//! The first step: what there is.

use std::collections::{BTreeMap, HashSet};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::filter::left_out;
use super::work::SLICE;
use super::{Halt, Run, SweepError, Sweeper};
use crate::digest::Digest;
use crate::oci::source::{Page, SourceError, Tag};
use crate::store::sweep::{Id, ListEnd, Listing, NewTag, RepositoryWork, Step, StoreError, Work};

/// Pages in a row that bring nothing new, after which a list is taken for one that never ends.
const MOST_STALE_PAGES: usize = 20;

/// The most repositories of one registry, and tags of one repository, that are listed.
const MOST_NAMES: usize = 2_000_000;

/// Tags of lists that have come to their end, beyond which they wait for no others to be written down with.
const MOST_WAITING: usize = 1_000;

impl Sweeper<'_> {
    /// What the list of images is known by in the store.
    fn inventory_key(&self) -> Option<String> {
        self.scope.inventory.as_ref()?;
        let names: Vec<_> =
            self.scope.images.iter().map(|(registry, name, tag)| format!("{registry}/{name} {tag}")).collect();
        Some(format!("images {}", Digest::of(names.join("\n")).hex()))
    }

    /// Whether a sweep that is gone on with was begun with the same list of images.
    pub(super) fn is_same_inventory(&self, sweep: Id) -> Result<bool, StoreError> {
        match self.inventory_key() {
            Some(key) => Ok(self.store.listing(sweep, &key)?.done),
            None => Ok(true),
        }
    }
}

impl Run<'_> {
    /// Lists repositories, and the tags of each.
    pub(super) fn list(&self) -> Result<Option<Halt>, SweepError> {
        self.name_images()?;
        let listed = self.list_registries()?;
        if listed.as_ref().is_some_and(Halt::ends_all) {
            return Ok(listed);
        }
        let left = self.sweeper.store.remaining(self.sweep())?;
        self.sweeper.progress.repositories(left.repositories);
        let drained = self.drain(Step::Repository, left.repositories_left, &|works| self.list_repositories(works))?;
        Ok(Halt::either(listed, drained))
    }

    /// Adds the images that are named.
    fn name_images(&self) -> Result<(), SweepError> {
        let (store, scope) = (self.sweeper.store, self.sweeper.scope);
        let mut by_registry: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
        for (registry, repository, reference) in &scope.images {
            by_registry.entry(registry).or_default().push((repository.clone(), reference.clone()));
        }
        for (registry, images) in by_registry {
            store.add_images(self.sweep(), registry, &images)?;
        }
        if let Some(key) = self.sweeper.inventory_key() {
            store.add_repositories(self.sweep(), &key, &[], &Listing { done: true, ..Listing::default() })?;
        }
        Ok(())
    }

    /// Lists the repositories of all registries, side by side: one that wants to be left alone holds up no other.
    fn list_registries(&self) -> Result<Option<Halt>, SweepError> {
        let registries = &self.sweeper.scope.registries;
        let ends: Vec<_> = std::thread::scope(|scope| {
            let list = |(registry, prefix): &(String, String)| self.list_registry(registry, prefix);
            let threads: Vec<_> = registries.iter().map(|named| scope.spawn(move || list(named))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        ends.into_iter().try_fold(None, |halt, end| Ok(Halt::either(halt, end?)))
    }

    /// Lists the repositories of a registry.
    fn list_registry(&self, registry: &str, prefix: &str) -> Result<Option<Halt>, SweepError> {
        let store = self.sweeper.store;
        // Two prefixes of one registry are two lists.
        let key = if prefix.is_empty() { registry.to_owned() } else { format!("{registry}/{prefix}") };
        let mut listing = store.listing(self.sweep(), &key)?;
        let catalog = self.catalog(registry)?;
        let mut pages = Pages::default();
        let mut failures = 0;
        while !listing.done {
            if self.sweeper.interrupted.load(Ordering::Relaxed) {
                return Ok(Some(Halt::Interrupted));
            }
            let asked = self.hosts.pass(registry, self.sweeper.interrupted);
            let page = match asked.and_then(|()| catalog.repositories(listing.cursor.as_deref())) {
                Ok(page) => page,
                Err(error) if error.is_temporary() && failures + 1 < self.sweeper.options.patience.attempts => {
                    let wait = if let SourceError::Busy { wait, .. } = &error { *wait } else { None };
                    failures += u32::from(!matches!(error, SourceError::Busy { .. }));
                    let until = self.leave_alone(registry, wait)?;
                    if self.is_too_long(until) {
                        return Ok(Some(Halt::Blocked(until)));
                    }
                    continue;
                }
                Err(error) => {
                    listing = Listing { done: true, failure: Some(unlistable(&error)), ..listing };
                    store.add_repositories(self.sweep(), &key, &[], &listing)?;
                    break;
                }
            };
            self.hosts.answered(registry);
            failures = 0;
            let goes_on = pages.turn(page.items.iter().map(String::as_str), page.next.as_deref());
            let wanted: Vec<_> = page.items.into_iter().filter(|name| self.is_wanted(prefix, name)).collect();
            listing.cursor = page.next;
            listing.done = listing.cursor.is_none();
            if !goes_on {
                listing.done = true;
                listing.failure = Some(endless(&format!("the list of repositories of {registry}")));
            }
            store.add_repositories(self.sweep(), registry, &wanted, &Listing::default())?;
            store.add_repositories(self.sweep(), &key, &[], &listing)?;
        }
        Ok(None)
    }

    fn is_wanted(&self, prefix: &str, name: &str) -> bool {
        let below = prefix.is_empty()
            || name == prefix.trim_end_matches('/')
            || name.strip_prefix(prefix).is_some_and(|rest| prefix.ends_with('/') || rest.starts_with('/'));
        below && self.sweeper.scope.filter.repositories.accepts(name)
    }

    /// Lists the tags of these repositories, and writes down together which lists have come to their end.
    fn list_repositories(&self, works: &[Work]) -> Result<(), StoreError> {
        let repositories =
            works.iter().filter_map(|work| if let Work::Repository(work) = work { Some(work) } else { None });
        let (mut ends, mut tags, mut since) = (Vec::new(), 0, Instant::now());
        self.each(
            repositories,
            |work| &work.pending,
            |work| {
                let end = self.list_tags(work)?;
                tags += end.as_ref().map_or(0, |end| end.last.len());
                ends.extend(end);
                if tags > MOST_WAITING || since.elapsed() > SLICE {
                    self.end_lists(&std::mem::take(&mut ends))?;
                    (tags, since) = (0, Instant::now());
                }
                Ok(())
            },
        )?;
        self.end_lists(&ends)
    }

    fn end_lists(&self, ends: &[ListEnd]) -> Result<(), StoreError> {
        if !ends.is_empty() {
            self.sweeper.store.end_lists(ends)?;
            ends.iter().for_each(|_| self.sweeper.progress.listed());
        }
        Ok(())
    }

    /// Lists the tags of a repository, and says with what its list ends; none where it has not come to its end.
    fn list_tags(&self, work: &RepositoryWork) -> Result<Option<ListEnd>, StoreError> {
        let RepositoryWork { pending, cursor } = work;
        let (store, filter) = (self.sweeper.store, &self.sweeper.scope.filter);
        let mut cursor = cursor.clone();
        let mut pages = Pages::default();
        let last = loop {
            if self.sweeper.interrupted.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let asked = self.hosts.pass(&pending.registry, self.sweeper.interrupted);
            let page = asked
                .and_then(|()| self.catalog(&pending.registry))
                .and_then(|catalog| catalog.tags(&pending.repository, cursor.as_deref()));
            let Some(Page { items, next }) = self.settled(pending, page)? else { return Ok(None) };
            let goes_on = pages.turn(items.iter().map(|tag| tag.name.as_str()), next.as_deref());
            let wanted = items.into_iter().filter(|tag| filter.tags.accepts(&tag.name));
            let wanted: Vec<_> = wanted.map(|Tag { name, digest, pushed }| NewTag { name, digest, pushed }).collect();
            if goes_on && next.is_none() {
                break wanted;
            }
            if !store.add_tags(pending.ticket, &wanted, next.as_deref())? {
                return Ok(None);
            }
            if !goes_on {
                let what = format!("the list of tags of {}/{}", pending.registry, pending.repository);
                store.fail(pending.ticket, &endless(&what))?;
                return Ok(None);
            }
            cursor = next;
        };
        if !filter.goes_by_age() {
            return Ok(Some(ListEnd { ticket: pending.ticket, last, dropped: Vec::new() }));
        }
        // Which are the newest is known when all are there.
        if !store.add_tags(pending.ticket, &last, None)? {
            return Ok(None);
        }
        let (dropped, untold) = left_out(filter, store.tags_of(self.sweep(), pending.ticket.id)?);
        if untold {
            self.ageless.lock().unwrap_or_else(PoisonError::into_inner).insert(pending.registry.clone());
        }
        Ok(Some(ListEnd { ticket: pending.ticket, last: Vec::new(), dropped }))
    }
}

/// The pages of a list that have come so far.
#[derive(Default)]
struct Pages {
    cursors: HashSet<String>,
    names: HashSet<Digest>,
    stale: usize,
}

impl Pages {
    /// Notes one more page; false where the list never ends: it goes on where it was, brings nothing new, or more than is listed.
    fn turn<'n>(&mut self, names: impl Iterator<Item = &'n str>, next: Option<&str>) -> bool {
        let before = self.names.len();
        self.names.extend(names.map(Digest::of));
        self.stale = if self.names.len() == before { self.stale + 1 } else { 0 };
        let again = next.is_some_and(|next| !self.cursors.insert(next.to_owned()));
        !again && self.stale < MOST_STALE_PAGES && self.names.len() <= MOST_NAMES
    }
}

/// Why a registry has no list of repositories, and what to do then.
fn unlistable(error: &SourceError) -> String {
    match error {
        SourceError::NotFound(_) | SourceError::Denied(_) => format!(
            "{error}. Not every registry lets its repositories be listed (Docker Hub and ECR Public do not): name the images \
             instead, with --images-from FILE"
        ),
        _ => error.to_string(),
    }
}

fn endless(what: &str) -> String {
    format!(
        "{what} never ends: the registry says again and again that it goes on where it was; what came before is looked at"
    )
}
