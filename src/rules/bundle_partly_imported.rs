//! Of a bundle of many authorities only the first went into the keystore.

use super::{Check, Rule, Settings};
use crate::bundle;
use crate::dockerfile::facts::{Facts, Home, Presence};
use crate::finding::{Finding, Level, Location};
use crate::shell::{Extent, Part, Source};

pub static RULE: Rule = Rule {
    id: "bundle-partly-imported",
    level: Level::Error,
    summary: "keytool or openssl takes only the first certificate out of the bundle",
    page: include_str!("../../docs/rules/bundle-partly-imported.md"),
    check: Check::Dockerfile(check),
};

fn check(facts: &Facts, _: &Settings) -> Vec<Finding> {
    let Some(stage) = facts.shipped() else { return Vec::new() };
    let places = stage.materials();
    let partly = places.iter().filter(|place| {
        let mut first = place.rds_parts().filter(|part| part.extent == Extent::First && holds_several(&part.source));
        first.any(|part| !rest_is_beside(place, places, part))
    });
    partly
        .map(|place| {
            let message = format!(
                "only the first certificate of the RDS CA bundle goes into {}: databases of other regions can't be verified",
                place.path
            );
            let help = match place.home {
                Home::Keystore => "split the bundle and import every piece under an alias of its own",
                Home::File | Home::SystemStore => "copy the bundle as it is: openssl x509 reads one certificate",
            };
            let location = place.by.map_or(Location::Whole, |by| Location::Text(facts.place(by)));
            RULE.finding(location, message).help(help)
        })
        .collect()
}

/// Whether another file has what this one lacks, as the pieces of a bundle that was split do. A keystore is read by itself.
fn rest_is_beside(place: &Presence, places: &[Presence], first: &Part) -> bool {
    place.home == Home::File
        && places
            .iter()
            .filter(|other| other.home == Home::File)
            .any(|other| other.rds_parts().any(|part| part.source == first.source && part.extent != Extent::First))
}

/// Whether a source holds more than one certificate: what is called a bundle does.
fn holds_several(source: &Source) -> bool {
    let named_bundle = |path: &str| path.rsplit('/').next().is_some_and(|name| name.contains("bundle"));
    match source {
        Source::Bytes { bytes, .. } => bundle::Contents::read(bytes).certificates.len() > 1,
        Source::Fetch(fetch) => named_bundle(fetch.url.split(['?', '#']).next().unwrap_or_default()),
        Source::Named(path) | Source::Image { path, .. } => named_bundle(path),
    }
}
