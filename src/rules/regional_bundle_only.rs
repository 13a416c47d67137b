//! The only bundle is that of one region, or of another partition of AWS.

use std::collections::BTreeSet;
use std::fmt;

use super::{Check, Rule, Settings, vendored};
use crate::bundle::Verdict;
use crate::bundle::url::{self, UrlClass};
use crate::dockerfile::facts::{Facts, Presence};
use crate::dockerfile::region_of_bundle_name;
use crate::finding::{Finding, Level, Location};
use crate::shell::{Part, Source};

pub static RULE: Rule = Rule {
    id: "regional-bundle-only",
    level: Level::Warning,
    summary: "the only bundle is that of one region or partition: databases elsewhere can't be verified",
    page: include_str!("../../docs/rules/regional-bundle-only.md"),
    check: Check::Dockerfile(check),
};

/// What a bundle is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    Region(String),
    /// Of a region that a variable names.
    SomeRegion,
    GovCloud,
    China,
}

impl Scope {
    /// Whether it verifies the databases of a region; none where that is not known.
    fn covers(&self, region: &str) -> Option<bool> {
        match self {
            Scope::Region(own) => Some(own == region),
            Scope::SomeRegion => None,
            Scope::GovCloud => Some(region.starts_with("us-gov-")),
            Scope::China => Some(region.starts_with("cn-")),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::Region(region) => out.write_str(region),
            Scope::SomeRegion => out.write_str("the region that a variable names"),
            Scope::GovCloud => out.write_str("AWS GovCloud (US)"),
            Scope::China => out.write_str("the regions in China"),
        }
    }
}

fn check(facts: &Facts, settings: &Settings) -> Vec<Finding> {
    let Some(stage) = facts.shipped() else { return Vec::new() };
    let places = stage.materials();
    let mut scopes = BTreeSet::new();
    let vendored = vendored::of(stage, settings);
    for place in places {
        if vendored::is_judged(place) {
            continue;
        }
        for part in place.rds_parts() {
            // One that is for more, or nobody knows what for, and nothing can be said.
            let Some(scope) = scope(part) else { return Vec::new() };
            scopes.insert(scope);
        }
    }
    for vendored in vendored {
        if vendored.judgement.verdict != Verdict::Regional {
            return Vec::new();
        }
        scopes.extend(vendored.judgement.covered_regions.into_iter().map(Scope::Region));
    }
    let Some(place) = places.first().filter(|_| !scopes.is_empty()) else { return Vec::new() };
    let broken: Vec<_> = settings
        .rds_regions
        .iter()
        .filter(|region| scopes.iter().all(|scope| scope.covers(region) == Some(false)))
        .map(String::as_str)
        .collect();
    let covered = |region: &String| scopes.iter().any(|scope| scope.covers(region) == Some(true));
    if !settings.rds_regions.is_empty() && settings.rds_regions.iter().all(covered) {
        return Vec::new();
    }
    let names = scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let (level, rest) = match broken.as_slice() {
        [] => (RULE.level, "databases elsewhere can't be verified".to_owned()),
        broken => (Level::Error, format!("your databases in {} can't be verified", broken.join(", "))),
    };
    let finding = RULE.finding(location(place, facts), format!("the only bundle is that of {names}: {rest}"));
    let help = "fetch https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem";
    vec![Finding { level, ..finding }.help(help)]
}

/// What a download or a file that could not be read is for, by its address or name; none where it is for all, or not known.
fn scope(part: &Part) -> Option<Scope> {
    let by_name = |name: &str| region_of_bundle_name(name).map(Scope::Region);
    match &part.source {
        Source::Fetch(fetch) => match url::classify(&fetch.url) {
            Some(url) => match url.class {
                UrlClass::Regional(Some(region)) => Some(Scope::Region(region)),
                UrlClass::Regional(None) => Some(Scope::SomeRegion),
                UrlClass::GovCloud => Some(Scope::GovCloud),
                UrlClass::China => Some(Scope::China),
                UrlClass::Global | UrlClass::Retired | UrlClass::AmazonTrust => None,
            },
            None => by_name(fetch.url.split(['?', '#']).next().unwrap_or_default()),
        },
        Source::Named(path) => by_name(path),
        Source::Bytes { .. } | Source::Image { .. } => None,
    }
}

/// The download itself, or else the instruction that brings the file.
fn location(place: &Presence, facts: &Facts) -> Location {
    let fetch = place.rds_parts().find_map(|part| match &part.source {
        Source::Fetch(fetch) => Some(fetch.span),
        Source::Bytes { .. } | Source::Named(_) | Source::Image { .. } => None,
    });
    fetch.map_or_else(|| vendored::location(place, facts), |span| Location::Text(facts.place(span)))
}
