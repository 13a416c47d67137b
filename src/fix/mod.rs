//! Repairs of a Dockerfile: data that says what to write where, proposed for each rule and tried on the facts before anybody sees it.
//!
//! A repair is taken only if the Dockerfile that comes of it builds as before, the finding is gone, none as grave has come, and every
//! bundle that was there is still where it was.

mod address;
mod command;
mod comparison;
mod diff;
mod edit;
mod frontend;
mod import;
mod permission;
mod pin;
mod placement;
mod stage;
mod transport;
mod wish;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::dockerfile::context::{Context, Entry, Named};
use crate::dockerfile::facts::{BundleState, Facts, Stage};
use crate::dockerfile::foundation::Foundation;
use crate::dockerfile::{self, Options};
use crate::finding::{Finding, Kind, Level, Location};
use crate::text::SourceFile;
use crate::tree::TreePath;

use self::frontend::Frontend;

pub use diff::{diff, new_file};
pub use edit::{Edit, apply};
pub use pin::{Pin, pins};
pub use placement::{VENDORED, vendored};
pub use wish::{Style, Wish, WishError};

/// What a rule's findings are repaired with.
pub struct Fix {
    /// The rule.
    pub rule: &'static str,
    /// What could be done, the best first.
    propose: fn(&Site<'_>) -> Vec<Candidate>,
}

/// Every fix, in the order of the rules.
pub static ALL: &[Fix] = &[
    Fix { rule: "bundle-never-fetched", propose: placement::bring_in },
    Fix { rule: "bundle-left-in-builder", propose: left_in_builder },
    Fix { rule: "bundle-removed", propose: removed },
    Fix { rule: "bundle-unreadable", propose: unreadable },
    Fix { rule: "bundle-partly-imported", propose: import::take_all },
    Fix { rule: "system-certificates-hidden", propose: without_link },
    Fix { rule: "fetch-not-verified", propose: transport::verify },
    Fix { rule: "fetch-saves-error-page", propose: transport::notice_failure },
    Fix { rule: "retired-bundle-url", propose: address::renew },
    Fix { rule: "regional-bundle-only", propose: widened },
    Fix { rule: "fetch-not-pinned", propose: comparison::pin_mirrored },
];

/// Repairs of one Dockerfile: more than that no real one needs.
const MAX_REPAIRS: usize = 64;

/// What a fix sees.
struct Site<'s> {
    facts: &'s Facts,
    finding: &'s Finding,
    wish: &'s Wish,
    context: &'s dyn Context,
    can_vendor: bool,
}

/// One way to repair a finding.
#[derive(Clone, Debug)]
struct Candidate {
    edits: Vec<Edit>,
    /// What it does, and what the user has to know of it.
    what: String,
    /// The frontend that its instructions need.
    frontend: Option<Frontend>,
    /// Whether it needs the vendored file in the build context.
    vendor: bool,
}

impl Candidate {
    /// Says that clients have to look elsewhere, where they have.
    fn instead_of(mut self, path: &TreePath, wish: &Wish) -> Self {
        if *path != wish.path {
            self.what = format!("{}; what reads {path} has to read {} instead", self.what, wish.path);
        }
        self
    }

    fn new(what: impl Into<String>) -> Self {
        Self { edits: Vec::new(), what: what.into(), frontend: None, vendor: false }
    }
}

/// What a Dockerfile is read and judged with.
pub struct Bench<'b> {
    /// Its build context.
    pub context: &'b dyn Context,
    /// Whether a build would see [`VENDORED`] in it, were it put there.
    pub can_vendor: bool,
    /// Its build.
    pub options: &'b Options,
    /// What is wanted.
    pub wish: &'b Wish,
    /// What is wrong with it.
    pub check: &'b dyn Fn(&Facts) -> Vec<Finding>,
}

/// A repair that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// The rule whose finding it repaired.
    pub rule: &'static str,
    /// What it does, in one sentence without a full stop.
    pub what: String,
    /// What it needs of the builder, where that is not the plainest.
    pub needs: Option<&'static str>,
}

/// A Dockerfile and what was done about it.
pub struct Repaired {
    /// Its text.
    pub text: String,
    /// Its facts.
    pub facts: Facts,
    /// What was repaired, in order.
    pub repairs: Vec<Repair>,
    /// What is still wrong with it, or could not be told.
    pub left: Vec<Finding>,
    /// Whether [`VENDORED`] has to be put into the build context.
    pub vendors: bool,
    /// Whether so much was repaired that the rest was not tried.
    pub stopped: bool,
}

/// Repairs what can be repaired. A Dockerfile that does not build is left as it is.
pub fn repair(file: &Arc<SourceFile>, bench: &Bench<'_>) -> Repaired {
    let mut state = State::read(file.name(), file.text().to_owned(), false, bench);
    let mut repairs = Vec::new();
    // What nothing helps is not tried again after every other repair.
    let mut hopeless = BTreeSet::new();
    while repairs.len() < MAX_REPAIRS && state.facts.problems.is_empty() {
        let next = state.findings.iter().find_map(|finding| {
            let fingerprint = finding.fingerprint(file.name());
            let better = if hopeless.contains(&fingerprint) { None } else { state.without(finding, bench) };
            if better.is_none() {
                hopeless.insert(fingerprint);
            }
            better
        });
        let Some((better, repair)) = next else { break };
        state = better;
        repairs.push(repair);
    }
    let State { text, facts, findings, vendors } = state;
    let stopped = repairs.len() == MAX_REPAIRS && !findings.is_empty();
    Repaired { text, facts, repairs, left: findings, vendors, stopped }
}

/// A Dockerfile between two repairs.
struct State {
    text: String,
    facts: Facts,
    findings: Vec<Finding>,
    vendors: bool,
}

impl State {
    fn read(name: &str, text: String, vendors: bool, bench: &Bench<'_>) -> Self {
        let with = WithVendored { context: bench.context };
        let context: &dyn Context = if vendors { &with } else { bench.context };
        let facts = dockerfile::read(SourceFile::new(name, text.as_str()), context, bench.options);
        let findings = if facts.problems.is_empty() { (bench.check)(&facts) } else { Vec::new() };
        Self { text, facts, findings, vendors }
    }

    /// The Dockerfile without one of its findings, if something helps.
    fn without(&self, finding: &Finding, bench: &Bench<'_>) -> Option<(State, Repair)> {
        let fix = ALL.iter().find(|fix| fix.rule == finding.rule && finding.kind == Kind::Fail)?;
        let with = WithVendored { context: bench.context };
        let context: &dyn Context = if self.vendors { &with } else { bench.context };
        let site = Site { facts: &self.facts, finding, wish: bench.wish, context, can_vendor: bench.can_vendor };
        let mut best: Option<(usize, State, Repair)> = None;
        for candidate in (fix.propose)(&site) {
            let Some((state, repair)) = self.with(candidate, fix.rule, bench) else { continue };
            let Some(price) = state.price(self, finding) else { continue };
            if best.as_ref().is_none_or(|(lowest, ..)| price < *lowest) {
                best = Some((price, state, repair));
            }
            if price == 0 {
                break;
            }
        }
        best.map(|(_, state, repair)| (state, repair))
    }

    /// The Dockerfile with a candidate's edits made; none where they change nothing.
    fn with(&self, candidate: Candidate, rule: &'static str, bench: &Bench<'_>) -> Option<(State, Repair)> {
        let mut edits = candidate.edits;
        let frontend = candidate.frontend;
        edits.extend(frontend.and_then(|frontend| frontend::ask_for(&self.text, &self.facts.dockerfile, frontend)));
        let text = apply(&self.text, &edits).filter(|text| *text != self.text)?;
        let state = State::read(self.facts.file.name(), text, self.vendors || candidate.vendor, bench);
        let needs = frontend.map(|frontend| match frontend {
            Frontend::Chmod => "--chmod needs BuildKit (the default of Docker 23 and later)",
            Frontend::Checksum => {
                "--checksum needs BuildKit with the Dockerfile frontend 1.6 or later (docker/dockerfile:1)"
            }
        });
        Some((state, Repair { rule, what: candidate.what, needs }))
    }

    /// What a repair of a finding costs: how many findings came that are less grave than it. None where it is no repair: the
    /// Dockerfile does not build, the finding stays, one as grave or an open one came, or a bundle went.
    fn price(&self, before: &State, repaired: &Finding) -> Option<usize> {
        let (now, then) = (count(&self.findings), count(&before.findings));
        let of = |counts: &Counts, key: &(&'static str, Kind, Level)| counts.get(key).copied().unwrap_or_default();
        let key = (repaired.rule, repaired.kind, repaired.level);
        if !self.facts.problems.is_empty() || of(&now, &key) >= of(&then, &key) || !self.keeps_places_of(before) {
            return None;
        }
        let mut price = 0;
        for (key, found) in &now {
            let more = found.saturating_sub(of(&then, key));
            let (_, kind, level) = key;
            if more > 0 && (*level >= repaired.level || *kind == Kind::Open) {
                return None;
            }
            price += more;
        }
        Some(price)
    }

    /// Whether every place where the image had RDS certificates before still has some, be it through another link.
    fn keeps_places_of(&self, before: &State) -> bool {
        let Some(stage) = self.facts.shipped() else { return false };
        let now = stage.materials();
        before.facts.shipped().map_or(&[][..], Stage::materials).iter().all(|presence| {
            let place = stage.tree.lookup(&presence.resolved).path;
            now.iter().any(|presence| presence.resolved == place)
        })
    }
}

/// How often each rule found something of a kind and level.
type Counts = BTreeMap<(&'static str, Kind, Level), usize>;

fn count(findings: &[Finding]) -> Counts {
    let mut counts = Counts::new();
    for finding in findings {
        *counts.entry((finding.rule, finding.kind, finding.level)).or_default() += 1;
    }
    counts
}

fn left_in_builder(site: &Site<'_>) -> Vec<Candidate> {
    placement::copy_on(site).into_iter().chain(placement::bring_in(site)).collect()
}

fn removed(site: &Site<'_>) -> Vec<Candidate> {
    let Some(BundleState::Removed { path, by }) = site.facts.shipped().map(Stage::bundle) else { return Vec::new() };
    let again = placement::bring_in_again(site, *by).into_iter().map(|candidate| candidate.instead_of(path, site.wish));
    placement::move_behind(site, *by).into_iter().chain(again).collect()
}

fn unreadable(site: &Site<'_>) -> Vec<Candidate> {
    let Some(BundleState::Present(presences)) = site.facts.shipped().map(Stage::bundle) else { return Vec::new() };
    let Some(presence) = presences.first() else { return Vec::new() };
    let other = placement::bring_in(site).into_iter().map(|candidate| candidate.instead_of(&presence.path, site.wish));
    permission::open(site, presence).into_iter().chain(other).collect()
}

fn widened(site: &Site<'_>) -> Vec<Candidate> {
    let Some(presence) = site.facts.shipped().and_then(|shipped| shipped.materials().first()) else {
        return Vec::new();
    };
    let other = placement::bring_in(site).into_iter().map(|candidate| candidate.instead_of(&presence.path, site.wish));
    address::widen(site).into_iter().chain(other).collect()
}

fn without_link(site: &Site<'_>) -> Vec<Candidate> {
    let Location::Text(place) = &site.finding.location else { return Vec::new() };
    let Some(instruction) = stage::instruction_at(site.facts, place.span) else { return Vec::new() };
    let text = site.facts.file.text();
    let links = instruction.flags.iter().filter(|flag| flag.name == "link");
    let edits = links.map(|flag| Edit::delete(command::with_space(text, flag.span))).collect();
    vec![Candidate { edits, ..Candidate::new("leaves the link to the system's certificates in place") }]
}

/// A build context in which the vendored file is.
struct WithVendored<'c> {
    context: &'c dyn Context,
}

impl Context for WithVendored<'_> {
    fn read(&self, path: &str) -> Entry {
        match self.context.read(path) {
            Entry::Missing if path == VENDORED => Entry::File { bytes: vendored().into(), mode: 0o644 },
            entry => entry,
        }
    }

    fn named(&self, name: &str) -> Option<Named> {
        self.context.named(name)
    }

    fn image(&self, reference: &str) -> Option<Result<Foundation, String>> {
        self.context.image(reference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fix_is_for_a_rule_of_its_own() {
        let mut rules: Vec<_> = ALL.iter().map(|fix| fix.rule).collect();
        rules.sort_unstable();
        rules.dedup();
        assert_eq!(rules.len(), ALL.len());
    }
}
