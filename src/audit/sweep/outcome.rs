//! The last step: the report, and what it comes to.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use jiff::Timestamp;

use super::documents::Kept;
use super::past::{Past, counts_text};
use super::{Halt, Misnamed, Run, SweepError};
use crate::audit::policy::Outcome;
use crate::bundle;
use crate::config::Threshold;
use crate::digest::Digest;
use crate::finding::{Finding, Kind, Level, Location};
use crate::report::sweep::{self, BaseTree, Built, Bytes, Expiry, Found, Missed, Point, Reference, State, SweepReport};
use crate::rules;
use crate::store::sweep::{Ended, Sighting, StoreError, TagImage, TagRow, Unread, Verdict};

/// Tags that are read from the store at once.
const BATCH: usize = 1_000;

/// Weighs a report, as [`super::super::policy::decide`] does for others.
pub fn decide(report: &SweepReport, threshold: Threshold) -> Outcome {
    let mut findings = report.images.iter().flat_map(|image| image.findings.iter());
    if findings.any(|found| !found.open && threshold.reached(found.level)) {
        return Outcome::Counts;
    }
    let open = report.images.iter().any(|image| image.findings.iter().any(|found| found.open));
    if open || !report.not_scanned.is_empty() || report.scope.incomplete.is_some() {
        Outcome::Incomplete
    } else {
        Outcome::Clean
    }
}

impl Run<'_> {
    /// Puts the report together from what the store knows, and ends the sweep.
    pub(super) fn report(&self, halt: Option<&Halt>) -> Result<SweepReport, SweepError> {
        let store = self.sweeper.store;
        let scope = self.sweeper.scope;
        let past = Past::complete(store, &scope.name())?;
        let left = store.remaining(self.sweep())?;
        let is_left = left.repositories_left + left.tags_left + left.layers_left > 0;
        let incomplete = match halt {
            Some(halt) => Some(halt.reason()),
            None if is_left => Some("the sweep that it judges again was not finished".to_owned()),
            None => None,
        };
        let mut rows = Rows::new(self, incomplete.as_deref());
        rows.add_unlisted()?;
        let mut after = 0;
        loop {
            let tags = store.tags(self.sweep(), after, BATCH)?;
            let Some(last) = tags.last() else { break };
            after = last.id;
            let sightings: Vec<_> = tags.into_iter().flat_map(|tag| rows.add(tag)).collect();
            store.see(self.sweep(), &sightings)?;
        }
        let mut report = rows.finish(self.scope(incomplete.clone()));
        report.bytes.read = self.begun.bytes + self.moved.load(Ordering::SeqCst);
        report.bytes.requests = self.hosts.requests();
        report.history = past.iter().map(|past| past.point).collect();
        report.previous = report.history.last().copied();
        report.history.push(Point { at: report.scope.ended, counts: report.counts() });
        let seen = report.seen();
        if let Some(before) = past.last() {
            report.changes = sweep::compare(&before.seen(store)?, &seen);
        }
        // What was not come to will be; what could not be looked at is remembered.
        let missed = seen.missed.into_iter().filter(|(_, reason)| incomplete.as_deref() != Some(reason));
        let missed = missed.map(|(target, reason)| Unread { target: target.into(), reason: reason.into() });
        store.miss(self.sweep(), &missed.collect::<Vec<_>>())?;
        let counts = counts_text(&report.counts());
        store.end(self.sweep(), &Ended { at: report.scope.ended, complete: seen.complete, counts })?;
        Ok(report)
    }

    /// What could not be listed or looked up.
    pub(super) fn not_looked_up(&self) -> Result<Vec<Unread>, SweepError> {
        let mut rows = Rows::new(self, None);
        rows.add_unlisted()?;
        let mut after = 0;
        loop {
            let tags = self.sweeper.store.tags(self.sweep(), after, BATCH)?;
            let Some(last) = tags.last() else { break };
            after = last.id;
            for tag in tags.iter().filter(|tag| tag.failure.is_some()) {
                rows.miss_tag(tag);
            }
        }
        let missed = |missed: Missed| Unread { target: missed.target.into(), reason: missed.reason.into() };
        Ok(rows.not_scanned.into_iter().map(missed).collect())
    }

    fn scope(&self, incomplete: Option<String>) -> sweep::Scope {
        let scope = self.sweeper.scope;
        let ageless = self.ageless.lock().unwrap_or_else(PoisonError::into_inner);
        let means = match (scope.filter.newest.is_some(), scope.filter.pushed_since.is_some()) {
            (true, true) => "nothing is left out for its age, and the newest are those of the highest version",
            (true, false) => "the newest are those of the highest version",
            (false, _) => "nothing is left out for its age",
        };
        let note = |registry| format!("{registry} does not tell when tags were pushed: {means}");
        sweep::Scope {
            registries: scope.targets.clone(),
            filters: scope.filters.clone(),
            notes: ageless.iter().map(note).collect(),
            started: self.begun.at,
            ended: Timestamp::now(),
            incomplete,
        }
    }
}

/// The images of a report, as they come from the store. What repeats is shared.
struct Rows<'a> {
    run: &'a Run<'a>,
    incomplete: Option<&'a str>,
    judged_by: String,
    images: Vec<Row>,
    not_scanned: Vec<Missed>,
    not_images: u64,
    texts: HashMap<Box<str>, Arc<str>>,
    regions: HashMap<Vec<String>, Arc<[Arc<str>]>>,
    expiries: HashMap<(i64, String), Arc<Expiry>>,
    findings: HashMap<Vec<Found>, Arc<[Found]>>,
    /// Every layer, and its number by its digest.
    layers: Vec<Digest>,
    numbers: HashMap<Digest, u32>,
    bytes: Bytes,
}

/// An image, and what its base is told from.
struct Row {
    image: sweep::Image,
    /// Numbers of its layers, the lowest first.
    layers: Box<[u32]>,
    decided_by: Option<u32>,
}

impl Row {
    /// Where it stands in a report.
    fn order(&self) -> (&str, Option<&str>, &Digest, &str) {
        let sweep::Image { repository, tag, digest, platform, .. } = &self.image;
        (repository, tag.as_deref(), digest, platform)
    }
}

impl<'a> Rows<'a> {
    fn new(run: &'a Run<'a>, incomplete: Option<&'a str>) -> Self {
        Self {
            run,
            incomplete,
            judged_by: run.judged_by(),
            images: Vec::new(),
            not_scanned: Vec::new(),
            not_images: 0,
            texts: HashMap::new(),
            regions: HashMap::new(),
            expiries: HashMap::new(),
            findings: HashMap::new(),
            layers: Vec::new(),
            numbers: HashMap::new(),
            bytes: Bytes::default(),
        }
    }

    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = Arc::from(text);
        self.texts.insert(text.into(), Arc::clone(&shared));
        shared
    }

    fn team(&self, repository: &str) -> Option<Arc<str>> {
        self.run.sweeper.config.team_of(repository).map(Arc::clone)
    }

    fn miss(&mut self, repository: &str, target: String, reason: &str) {
        let missed = Missed {
            repository: self.text(repository),
            target: target.into_boxed_str(),
            team: self.team(repository),
            reason: reason.into(),
        };
        self.not_scanned.push(missed);
    }

    /// Adds registries and repositories that could not be listed, and names that are none.
    fn add_unlisted(&mut self) -> Result<(), StoreError> {
        for (registry, name, reason) in self.run.sweeper.store.unlisted(self.run.sweep())? {
            let target = if name.is_empty() { registry } else { format!("{registry}/{name}") };
            self.miss(&target.clone(), target, &reason);
        }
        for Misnamed { name, reason } in &self.run.sweeper.scope.misnamed {
            self.miss(name, name.clone(), reason);
        }
        Ok(())
    }

    fn miss_tag(&mut self, tag: &TagRow) {
        let (repository, name) = names(tag);
        let why = tag.failure.as_deref().or(self.incomplete).unwrap_or("it was not looked up");
        self.miss(&repository, name, why);
    }

    /// Adds what a tag points at, and says what was seen.
    fn add(&mut self, tag: TagRow) -> Vec<Sighting> {
        if !tag.resolved {
            self.miss_tag(&tag);
            return Vec::new();
        }
        let (repository, name) = names(&tag);
        self.not_images += u64::from(tag.images.is_empty());
        let several = tag.images.len() > 1;
        let mut sightings = Vec::new();
        for image in &tag.images {
            let current = image.verdict.as_ref().filter(|(_, by)| **by == self.judged_by && image.failure.is_none());
            match current {
                Some((verdict, _)) => {
                    let state = self.add_image(&repository, &tag, &name, image, verdict);
                    sightings.push(Sighting { tag: tag.id, image: image.id, state: state.as_str().to_owned() });
                }
                None => {
                    let why = image.failure.as_deref().or(self.incomplete);
                    let why = why.unwrap_or("not enough is known of its layers: sweep it again, without --rejudge");
                    let target = if several { format!("{name} ({})", image.platform) } else { name.clone() };
                    self.miss(&repository, target, why);
                }
            }
        }
        sightings
    }

    fn add_image(&mut self, repository: &str, tag: &TagRow, name: &str, image: &TagImage, verdict: &Verdict) -> State {
        let sweeper = self.run.sweeper;
        let findings: Vec<_> = verdict.findings.iter().filter_map(finding).collect();
        let findings = sweeper.policy.wanted_of_image(name, findings, bundle::day(sweeper.settings.at));
        let state = State::of(&findings, verdict.has_bundle);
        let user = Kept::read(&image.settings).map(Kept::into_user).unwrap_or_default();
        let (repository, platform) = (self.text(repository), self.text(&image.platform));
        let mut compressed = 0;
        let mut layers = Vec::with_capacity(image.layers.len());
        for (digest, size) in &image.layers {
            compressed += size;
            // Four thousand million layers fit in no sweep.
            let next = u32::try_from(self.layers.len()).unwrap_or(u32::MAX);
            let number = *self.numbers.entry(*digest).or_insert(next);
            if number == next {
                self.layers.push(*digest);
                self.bytes.unique += size;
            }
            layers.push(number);
        }
        self.bytes.total += compressed;
        let row = sweep::Image {
            tag: (!tag.name.contains(':')).then(|| tag.name.as_str().into()),
            digest: image.digest,
            os: verdict.os.as_deref().map(|os| self.text(os)),
            user: self.text(&user),
            state,
            publication: verdict.publication.as_deref().map(|date| self.text(date)),
            missing_regions: self.regions(&verdict.missing_regions),
            expires: self.expiry(verdict),
            findings: self.found(&findings),
            team: self.team(&repository),
            base: None,
            first_seen: image.first_seen.unwrap_or(self.run.begun.at),
            compressed,
            repository,
            platform,
        };
        self.images.push(Row { image: row, layers: layers.into(), decided_by: verdict.decided_by });
        state
    }

    fn regions(&mut self, regions: &[String]) -> Arc<[Arc<str>]> {
        if let Some(known) = self.regions.get(regions) {
            return Arc::clone(known);
        }
        let shared: Arc<[Arc<str>]> = regions.iter().map(|region| self.text(region)).collect();
        self.regions.insert(regions.to_vec(), Arc::clone(&shared));
        shared
    }

    fn expiry(&mut self, verdict: &Verdict) -> Option<Arc<Expiry>> {
        let expires = verdict.expires.as_ref()?;
        let at = Timestamp::from_second(expires.at).ok()?;
        let shared = self
            .expiries
            .entry((expires.at, expires.authority.clone()))
            .or_insert_with(|| Arc::new(Expiry { at, authority: expires.authority.clone() }));
        Some(Arc::clone(shared))
    }

    fn found(&mut self, findings: &[Finding]) -> Arc<[Found]> {
        let found: Vec<_> = findings
            .iter()
            .map(|finding| Found {
                rule: self.text(finding.rule),
                level: finding.level,
                open: finding.kind == Kind::Open,
            })
            .collect();
        Arc::clone(self.findings.entry(found).or_insert_with_key(|found| found.as_slice().into()))
    }

    fn finish(mut self, scope: sweep::Scope) -> SweepReport {
        // By name, and not as they came: the same images make the same report.
        self.images.sort_by(|one, other| one.order().cmp(&other.order()));
        let mut tree = BaseTree::default();
        for Row { image, layers, decided_by } in &self.images {
            let layers: Vec<_> =
                layers.iter().filter_map(|number| self.layers.get(*number as usize).copied()).collect();
            tree.add(Built {
                name: &image.name(),
                repository: &image.repository,
                platform: &image.platform,
                layers: &layers,
                broken: image.state.is_broken(),
                decided_by: decided_by.map(|layer| layer as usize),
            });
        }
        let (bases, of) = tree.finish();
        let images = self.images.into_iter().zip(of).map(|(row, base)| sweep::Image { base, ..row.image }).collect();
        self.not_scanned.sort_by(|one, other| one.target.cmp(&other.target));
        let settings = self.run.sweeper.settings;
        SweepReport {
            at: settings.at,
            scope,
            reference: Reference::of(&settings.reference, settings.at),
            previous: None,
            history: Vec::new(),
            changes: Vec::new(),
            images,
            bases,
            not_scanned: self.not_scanned,
            not_images: self.not_images,
            bytes: self.bytes,
        }
    }
}

/// The names of a tag's repository and of the tag itself.
fn names(tag: &TagRow) -> (String, String) {
    let repository = format!("{}/{}", tag.registry, tag.repository);
    let separator = if tag.name.contains(':') { '@' } else { ':' };
    let name = format!("{repository}{separator}{}", tag.name);
    (repository, name)
}

/// A stored finding, as policy knows findings.
fn finding(stored: &crate::store::sweep::VerdictFinding) -> Option<Finding> {
    let rule = rules::find(&stored.rule)?;
    let level = [Level::Note, Level::Warning, Level::Error].into_iter().find(|level| level.as_str() == stored.level)?;
    let finding = Finding::new(rule.id, level, Location::Whole, String::new());
    Some(if stored.open { finding.open() } else { finding })
}
