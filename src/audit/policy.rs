//! What counts: the one place where findings become an outcome. Levels are overridden, ignores applied and judged, the threshold asked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::baseline::Baseline;
use super::configuration::Configuration;
use crate::bundle;
use crate::config::{Override, Threshold};
use crate::dockerfile::facts::Facts;
use crate::finding::ignore::{self, Ignore, Subject, Use};
use crate::finding::{Finding, Kind, Level, Suppression, SuppressionKind};
use crate::report::{Report, Reported, SourceTarget, Suppressed, Target};
use crate::rules::{self, Check};

/// What counts.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The lowest level that fails a run.
    pub threshold: Threshold,
    /// Rules whose findings have another level, or are not wanted.
    pub overrides: BTreeMap<&'static str, Override>,
    /// The ignores of the configuration.
    pub ignores: Vec<Ignore>,
    /// The configuration's folder, without links: what paths in it are from. None where there is no configuration.
    pub folder: Option<PathBuf>,
    /// Whether all that lies in that folder was looked at, so that an ignore of it can be called unused.
    pub complete: bool,
    /// Findings of an earlier report, which do not count again.
    pub baseline: Option<Baseline>,
}

/// How a report ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All that is asked for was checked, and nothing counts.
    Clean,
    /// Something counts.
    Counts,
    /// Something could not be checked or told, and nothing counts.
    Incomplete,
}

/// An ignore, and the targets that it is written in: none for one of the configuration, several where a Dockerfile is built in
/// several ways.
struct Tried {
    ignore: Ignore,
    target: Option<usize>,
    was: Use,
}

impl Policy {
    /// What counts under a configuration.
    pub fn new(configuration: &Configuration) -> Self {
        let config = &configuration.config;
        Self {
            threshold: config.fail_on.unwrap_or(Threshold::Error),
            overrides: config.overrides.clone(),
            ignores: config.ignores.clone(),
            folder: configuration.folder.clone(),
            complete: false,
            baseline: None,
        }
    }

    /// Of the findings about one Dockerfile those that nobody decided not to hear about.
    pub fn wanted(&self, facts: &Facts, findings: Vec<Finding>, day: Date) -> Vec<Finding> {
        let path = self.path(facts.file.name());
        let subject = Subject::File { path: &path, text: &facts.file };
        let inline = sound(facts);
        let ignores = || inline.iter().chain(&self.ignores).filter(|ignore| !ignore.is_expired(day));
        findings
            .into_iter()
            .filter_map(|mut finding| self.overridden(&mut finding).then_some(finding))
            .filter(|finding| !ignores().any(|ignore| ignore.covers(subject, finding)))
            .collect()
    }

    /// The same of findings about one image, by the name it goes by.
    pub fn wanted_of_image(&self, name: &str, findings: Vec<Finding>, day: Date) -> Vec<Finding> {
        let subject = Subject::Image { name };
        let ignores = || self.ignores.iter().filter(|ignore| !ignore.is_expired(day));
        findings
            .into_iter()
            .filter_map(|mut finding| self.overridden(&mut finding).then_some(finding))
            .filter(|finding| !ignores().any(|ignore| ignore.covers(subject, finding)))
            .collect()
    }

    /// Applies levels and ignores to a report, and says what became of the ignores.
    pub fn apply(&self, report: &mut Report) {
        let day = bundle::day(report.at);
        let paths: Vec<String> = report.targets.iter().map(|target| self.path(target.file())).collect();
        let mut tried = self.ignores(report, &paths, day);
        let mut baseline = self.baseline.clone();
        for mut reported in std::mem::take(&mut report.findings) {
            if !self.overridden(&mut reported.finding) {
                continue;
            }
            let subject =
                reported.target.and_then(|index| Some(subject(report.targets.get(index)?, paths.get(index)?)));
            let by = subject.and_then(|subject| {
                tried
                    .iter_mut()
                    .find(|tried| !tried.ignore.is_expired(day) && tried.ignore.covers(subject, &reported.finding))
            });
            let suppression = match (by, &mut baseline) {
                (Some(tried), _) => {
                    tried.was = Use::Used;
                    Some(suppression(&tried.ignore))
                }
                (None, Some(baseline)) => baseline.take(&report.fingerprint(&reported).hex(), &reported.finding),
                (None, None) => None,
            };
            match suppression {
                Some(suppression) => report.suppressed.push(Suppressed { reported, suppression }),
                None => report.findings.push(reported),
            }
        }
        self.judge(&tried, report);
    }

    /// Gives a finding the level that its rule has here; false where it is not wanted.
    fn overridden(&self, finding: &mut Finding) -> bool {
        match self.overrides.get(finding.rule) {
            None => true,
            Some(Override::Off) => false,
            Some(Override::Level(level)) => {
                finding.level = *level;
                true
            }
        }
    }

    /// Every ignore there is: those beside what they are about first.
    fn ignores(&self, report: &Report, paths: &[String], day: Date) -> Vec<Tried> {
        let mut all = Vec::new();
        for (index, target) in report.targets.iter().enumerate() {
            let ignores = match target {
                Target::Dockerfile(dockerfile) => sound(&dockerfile.facts),
                Target::Source(source) => in_source(source),
                Target::Image(_) => continue,
            };
            all.extend(ignores.into_iter().map(|ignore| {
                let was = if ignore.is_expired(day) { Use::Expired } else { Use::Unused };
                Tried { ignore, target: Some(index), was }
            }));
        }
        let configured = self.ignores.iter().cloned();
        all.extend(configured.map(|ignore| {
            let was = self.outlook(&ignore, report, paths, day);
            Tried { ignore, target: None, was }
        }));
        all
    }

    /// What an ignore of the configuration is when nothing is found that it is about.
    fn outlook(&self, ignore: &Ignore, report: &Report, paths: &[String], day: Date) -> Use {
        let about_images = rules::find(&ignore.rule).is_some_and(|rule| matches!(rule.check, Check::Image(_)));
        let of_its_kind = |target: &Target| matches!(target, Target::Image(_)) == about_images;
        let mut concerned = report.targets.iter().zip(paths).filter(|(target, _)| of_its_kind(target));
        let met = concerned.any(|(target, path)| ignore.concerns(subject(target, path)));
        // Which images there are, no run can know.
        let all_seen = self.complete && !about_images && report.not_scanned.is_empty();
        match ignore.is_expired(day) {
            true if met || all_seen => Use::Expired,
            false if all_seen || met && ignore.scope.names_one() => Use::Unused,
            _ => Use::Unseen,
        }
    }

    /// Says what is wrong with the ignores themselves.
    fn judge(&self, tried: &[Tried], report: &mut Report) {
        // A Dockerfile that is built in two ways has its ignores twice: one use is enough.
        let key = |tried: &Tried| {
            let place = &tried.ignore.place;
            (place.file.name().to_owned(), place.span)
        };
        let used: BTreeSet<_> = tried.iter().filter(|tried| tried.was == Use::Used).map(key).collect();
        let mut said = BTreeSet::new();
        for tried in tried {
            let was = if used.contains(&key(tried)) { Use::Used } else { tried.was };
            if !said.insert(key(tried)) {
                continue;
            }
            for finding in rules::check_ignore(&tried.ignore, was) {
                let mut reported = Reported { target: tried.target, finding };
                if self.overridden(&mut reported.finding) {
                    report.findings.push(reported);
                }
            }
        }
        report.findings.sort_by_key(|reported| (reported.target.is_none(), reported.target));
    }

    /// The path of a target from the configuration's folder; its name where it does not lie there.
    fn path(&self, name: &str) -> String {
        let below = self.folder.as_ref().and_then(|folder| {
            let path = Path::new(name).canonicalize().ok()?;
            let parts: Option<Vec<_>> = path.strip_prefix(folder).ok()?.iter().map(|part| part.to_str()).collect();
            Some(parts?.join("/"))
        });
        below.unwrap_or_else(|| name.to_owned())
    }
}

/// The ignores in a Dockerfile that are about a rule. What is wrong with the others, `ignore-malformed` says.
fn sound(facts: &Facts) -> Vec<Ignore> {
    let (ignores, _) = ignore::inline(facts);
    ignores.into_iter().filter(|ignore| rules::ignorable(&ignore.rule).is_ok()).collect()
}

/// The ignores in a source file that are about a rule.
fn in_source(source: &SourceTarget) -> Vec<Ignore> {
    let parts: Vec<_> = source.connections.iter().map(|judged| judged.connection.span).collect();
    let ignores = ignore::in_text(&source.file, &parts).into_iter();
    ignores.filter(|ignore| rules::ignorable(&ignore.rule).is_ok()).collect()
}

fn subject<'s>(target: &'s Target, path: &'s str) -> Subject<'s> {
    match target {
        Target::Dockerfile(target) => Subject::File { path, text: &target.facts.file },
        Target::Source(target) => Subject::File { path, text: &target.file },
        Target::Image(target) => Subject::Image { name: &target.name },
    }
}

fn suppression(ignore: &Ignore) -> Suppression {
    let kind = if ignore.scope.is_inline() { SuppressionKind::InSource } else { SuppressionKind::External };
    Suppression { kind, justification: ignore.reason.clone(), place: ignore.place.clone() }
}

/// Weighs a report. "Could not tell" is never a pass, whatever the threshold.
pub fn decide(report: &Report, threshold: Threshold) -> Outcome {
    let counts = |kind: Kind, level: Level| kind == Kind::Fail && threshold.reached(level);
    if report.findings.iter().any(|found| counts(found.finding.kind, found.finding.level)) {
        return Outcome::Counts;
    }
    let open = report.findings.iter().any(|found| found.finding.kind == Kind::Open);
    if open || !report.not_scanned.is_empty() { Outcome::Incomplete } else { Outcome::Clean }
}
