//! The first step: what there is.

use std::collections::{BTreeMap, HashSet};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::filter::left_out;
use super::{Halt, Run, SweepError, Sweeper};
use crate::digest::Digest;
use crate::oci::source::{Page, SourceError, Tag};
use crate::store::sweep::{Id, Listing, NewTag, RepositoryWork, Step, StoreError, Work};

/// Pages in a row that bring nothing new, after which a list is taken for one that never ends.
const MOST_STALE_PAGES: usize = 20;

/// The most repositories of one registry, and tags of one repository, that are listed.
const MOST_NAMES: usize = 2_000_000;

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
        for (registry, prefix) in &self.sweeper.scope.registries {
            if let Some(halt) = self.list_registry(registry, prefix)? {
                return Ok(Some(halt));
            }
        }
        let left = self.sweeper.store.remaining(self.sweep())?;
        self.sweeper.progress.repositories(left.repositories);
        self.drain(Step::Repository, &|work| match work {
            Work::Repository(work) => self.list_tags(&work),
            Work::Tag(_) | Work::Layer(_) => Ok(()),
        })
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

    /// Lists the repositories of a registry.
    fn list_registry(&self, registry: &str, prefix: &str) -> Result<Option<Halt>, SweepError> {
        let store = self.sweeper.store;
        // Two prefixes of one registry are two lists.
        let key = if prefix.is_empty() { registry.to_owned() } else { format!("{registry}/{prefix}") };
        let mut listing = store.listing(self.sweep(), &key)?;
        let catalog = self.catalog(registry)?;
        let (mut seen, mut names, mut stale) = (HashSet::new(), HashSet::new(), 0);
        let mut refusals = 0;
        while !listing.done {
            if self.sweeper.interrupted.load(Ordering::Relaxed) {
                return Ok(Some(Halt::Interrupted));
            }
            self.hosts.pass(registry, self.sweeper.interrupted);
            let page = match catalog.repositories(listing.cursor.as_deref()) {
                Ok(page) => page,
                Err(error) if error.is_temporary() && refusals + 1 < self.sweeper.options.patience.attempts => {
                    let patience = &self.sweeper.options.patience;
                    let wait = if let SourceError::Busy { wait, .. } = &error { *wait } else { None };
                    refusals += u32::from(!matches!(error, SourceError::Busy { .. }));
                    let wait = self.hosts.refused(registry, wait, patience.first, patience.longest);
                    if jiff::SignedDuration::try_from(wait).is_ok_and(|wait| wait > patience.longest_block) {
                        let until = jiff::Timestamp::now() + wait;
                        return Ok(Some(Halt::Blocked(until)));
                    }
                    self.sweeper.progress.retried();
                    continue;
                }
                Err(error) => {
                    listing = Listing { done: true, failure: Some(error.to_string()), ..listing };
                    store.add_repositories(self.sweep(), &key, &[], &listing)?;
                    break;
                }
            };
            self.hosts.answered(registry);
            refusals = 0;
            let before = names.len();
            names.extend(page.items.iter().map(Digest::of));
            stale = if names.len() == before { stale + 1 } else { 0 };
            let wanted: Vec<_> = page.items.into_iter().filter(|name| self.is_wanted(prefix, name)).collect();
            listing.cursor = page.next;
            listing.done = listing.cursor.is_none();
            let again = listing.cursor.as_ref().is_some_and(|cursor| !seen.insert(cursor.clone()));
            if again || stale >= MOST_STALE_PAGES || names.len() > MOST_NAMES {
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

    /// Lists the tags of a repository.
    fn list_tags(&self, work: &RepositoryWork) -> Result<(), StoreError> {
        let RepositoryWork { pending, cursor } = work;
        let (store, filter) = (self.sweeper.store, &self.sweeper.scope.filter);
        let mut cursor = cursor.clone();
        let mut seen = HashSet::new();
        let (mut names, mut stale) = (HashSet::new(), 0);
        loop {
            self.hosts.pass(&pending.registry, self.sweeper.interrupted);
            if self.sweeper.interrupted.load(Ordering::Relaxed) {
                return Ok(());
            }
            let page = self
                .catalog(&pending.registry)
                .and_then(|catalog| catalog.tags(&pending.repository, cursor.as_deref()));
            let Some(Page { items, next }) = self.settled(pending, page)? else { return Ok(()) };
            let before = names.len();
            names.extend(items.iter().map(|tag| Digest::of(&tag.name)));
            stale = if names.len() == before { stale + 1 } else { 0 };
            let wanted = items.into_iter().filter(|tag| filter.tags.accepts(&tag.name));
            let wanted: Vec<_> = wanted.map(|Tag { name, digest, pushed }| NewTag { name, digest, pushed }).collect();
            if !store.add_tags(pending.ticket, &wanted, next.as_deref())? {
                return Ok(());
            }
            let again = next.as_ref().is_some_and(|next| !seen.insert(next.clone()));
            if again || stale >= MOST_STALE_PAGES || names.len() > MOST_NAMES {
                let what = format!("the list of tags of {}/{}", pending.registry, pending.repository);
                store.fail(pending.ticket, &endless(&what))?;
                return Ok(());
            }
            match next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        let (left_out, untold) = match filter.newest.is_some() || filter.pushed_since.is_some() {
            true => left_out(filter, store.tags_of(self.sweep(), pending.ticket.id)?),
            false => (Vec::new(), false),
        };
        if untold {
            *self.notes.lock().unwrap_or_else(PoisonError::into_inner).entry(pending.registry.clone()).or_default() +=
                1;
        }
        store.end_repository(pending.ticket, &left_out)?;
        self.sweeper.progress.listed();
        Ok(())
    }
}

fn endless(what: &str) -> String {
    format!(
        "{what} never ends: the registry says again and again that it goes on where it was; what came before is looked at"
    )
}
