//! A bundle, and the difference between two, as text for people. Pure: from facts and judgement to a string.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::Timestamp;

use crate::bundle::catalog::Authority;
use crate::bundle::{BUILTIN_PEM, Catalog, Contents, Difference, Flaw, Judgement, Publication, Reference, Scope, day};
use crate::digest::Digest;
use crate::text::escape;

/// Lines are broken here, so that the list of regions stays readable; a word that is longer stays whole.
const WIDTH: usize = 100;

/// Where the values of [`Page::field`] begin.
const INDENT: usize = 17;

/// Lines of a name and a value.
#[derive(Default)]
struct Page(String);

impl Page {
    /// Adds a line that stands on its own.
    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// Adds `name` and `value`; a long value goes on below its own beginning.
    fn field(&mut self, name: &str, value: &str) {
        let mut line = format!("  {name:<width$}", width = INDENT - 2);
        let mut empty = true;
        for word in value.split(' ') {
            if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.line(&line);
                line = " ".repeat(INDENT);
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        self.line(&line);
    }
}

/// All that is to be said of a file as a bundle, as on the day `at`.
pub fn describe(
    name: &str,
    contents: &Contents,
    judgement: &Judgement,
    reference: &Reference,
    at: Timestamp,
) -> String {
    let mut page = Page::default();
    page.line(&format!("{name}: {}", judgement.verdict));
    page.field("File", &format!("{} bytes, {}", contents.size, contents.form));
    page.field("Digest", &contents.sha256.to_string());
    page.field("Publication", &publication(judgement));
    let old = if reference.is_old(at) { ", more than 90 days old: AWS may have published a newer one" } else { "" };
    page.field("Compared with", &format!("{}{old}", reference.describe()));
    if !contents.certificates.is_empty() {
        page.field("Certificates", &certificates(contents, judgement));
    }
    if !judgement.authorities.is_empty() {
        page.field("Generations", &generations(&judgement.authorities));
        page.field("Covers", &regions_named(&judgement.covered_regions));
        page.field("Lacks", &regions_named(&judgement.missing_regions));
        page.field("Expiry", &expiry(judgement, at));
    }
    for (number, flaw) in judgement.flaws.iter().enumerate() {
        let sentence = match flaw {
            // The regions stand above, in "Lacks".
            Flaw::Missing { count, .. } => Flaw::Missing { count: *count, regions: Vec::new() }.to_string(),
            flaw => flaw.to_string(),
        };
        page.field(if number == 0 { "Wrong" } else { "" }, &sentence);
    }
    page.0
}

/// Which publication it equals, and how exactly.
fn publication(judgement: &Judgement) -> String {
    match judgement.publication {
        Some(known) if judgement.same_bytes => format!("{}, byte for byte", publication_name(known)),
        Some(known) => format!("{}, the same authorities in other bytes", publication_name(known)),
        None => "none that is known".to_owned(),
    }
}

fn publication_name(publication: &Publication) -> String {
    let what = match &publication.scope {
        Scope::Retired => "retired bundle or root".to_owned(),
        scope => format!("{scope} bundle"),
    };
    format!("{what}, first seen {}", publication.date())
}

/// How many certificates there are, and whose.
fn certificates(contents: &Contents, judgement: &Judgement) -> String {
    let distinct = contents.fingerprints();
    let repeated = contents.certificates.len() - distinct.len();
    let unknown = distinct.iter().filter(|fingerprint| Catalog::builtin().authority(fingerprint).is_none()).count();
    let mut parts = vec![format!("{} of RDS", judgement.authorities.len())];
    for (count, what) in [
        (judgement.amazon_trust, "of Amazon Trust Services (RDS Proxy needs them)"),
        (unknown, "not in the catalog"),
        (repeated, "repeated"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    parts.join(", ")
}

/// The generations of RDS authorities with their numbers, in the order of the catalog.
fn generations(authorities: &[&Authority]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for authority in authorities {
        match counts.iter_mut().find(|(generation, _)| *generation == authority.generation) {
            Some((_, count)) => *count += 1,
            None => counts.push((&authority.generation, 1)),
        }
    }
    let parts: Vec<_> = counts.iter().map(|(generation, count)| format!("{count} {generation}")).collect();
    parts.join(", ")
}

/// Regions with their number; none of them is "no region".
fn regions_named(names: &[String]) -> String {
    match names {
        [] => "no region that this version knows".to_owned(),
        [one] => format!("1 region: {one}"),
        _ => format!("{} regions: {}", names.len(), names.join(", ")),
    }
}

/// What has expired, and what does so next.
fn expiry(judgement: &Judgement, at: Timestamp) -> String {
    let expired = judgement.authorities.iter().filter(|authority| authority.not_after < at).count();
    let next =
        judgement.expires_next.map(|next| format!("the next on {}, {:?}", day(next.not_after), next.common_name));
    match (expired, next) {
        (0, Some(next)) => format!("none has expired; {next}"),
        (count, Some(next)) => format!("{count} of {} expired; {next}", judgement.authorities.len()),
        (count, None) => format!("all {count} expired"),
    }
}

/// What only one of two bundles has.
pub fn describe_difference(first: &str, second: &str, difference: &Difference<'_>) -> String {
    let mut out = String::new();
    for (name, lone, other) in [
        (first, &difference.only_first, &difference.only_second),
        (second, &difference.only_second, &difference.only_first),
    ] {
        let distinct: BTreeSet<Digest> = lone.iter().map(|lone| lone.certificate.fingerprint).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(out, "only in {name}: {}", distinct.len());
        let mut seen = BTreeSet::new();
        for lone in lone.iter().filter(|lone| seen.insert(lone.certificate.fingerprint)) {
            let certificate = lone.certificate;
            let unknown = match lone.authority {
                Some(_) => String::new(),
                None => format!(", not in the catalog: {}", certificate.fingerprint),
            };
            let until = day(certificate.not_after);
            let _ = writeln!(out, "  {} (until {until}{unknown})", escape(&certificate.common_name));
        }
        let other = regions(other.iter().filter_map(|lone| lone.authority));
        let own = regions(lone.iter().filter_map(|lone| lone.authority));
        let own: Vec<&str> = own.difference(&other).copied().collect();
        if !own.is_empty() {
            let _ = writeln!(out, "  regions: {}", own.join(", "));
        }
    }
    let _ = writeln!(out, "in both: {}", difference.both);
    out
}

/// The regions whose databases of today some authorities sign.
fn regions<'a>(authorities: impl Iterator<Item = &'a Authority>) -> BTreeSet<&'a str> {
    authorities.filter(|authority| authority.is_current()).filter_map(Authority::public_region).collect()
}

/// What `bundle write` has written, and that it is not the newest where that is known.
pub fn describe_written(file: &str) -> String {
    let catalog = Catalog::builtin();
    let digest = Digest::of(BUILTIN_PEM);
    let written = catalog.publication(&digest).map_or_else(|| digest.to_string(), publication_name);
    match catalog.newest() {
        Some(newest) if newest.sha256 != digest => {
            format!(
                "{file}: {written}; AWS published a newer one (first seen {}), which this version knows by its hash only",
                newest.date()
            )
        }
        _ => format!("{file}: {written}"),
    }
}
