//! What a file is worth as an RDS CA bundle.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;

use super::catalog::{Authority, CURRENT_GENERATIONS, Catalog, Publication};
use super::contents::{Certificate, Contents, Problem};
use super::form::Form;
use super::reference::Reference;
use crate::digest::Digest;

/// The verdict, from the worst to the best; the worst that holds is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// No client can use it: not PEM, a block that can't be read, or no RDS authority in it.
    Invalid,
    /// It holds an authority that AWS never published: somebody else can impersonate the database.
    Foreign,
    /// It holds the name of an RDS authority under an unknown fingerprint: a new region, or a forgery.
    Lookalike,
    /// Every RDS authority in it has expired.
    Expired,
    /// It holds what one region (or GovCloud) needs, and not what the others need.
    Regional,
    /// It lacks authorities of the reference.
    Outdated,
    /// All of the reference, and roots of Amazon Trust Services besides, which RDS Proxy needs.
    Extended,
    /// The same authorities as the reference.
    Current,
}

impl Verdict {
    /// As in the report.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Invalid => "invalid",
            Verdict::Foreign => "foreign",
            Verdict::Lookalike => "lookalike",
            Verdict::Expired => "expired",
            Verdict::Regional => "regional",
            Verdict::Outdated => "outdated",
            Verdict::Extended => "extended",
            Verdict::Current => "current",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It is neither a PEM file with certificates nor a keystore.
    NotBundle(Form),
    /// A block that can't be read.
    Unreadable(Problem),
    /// It is a keystore, and Java passes over every certificate in it.
    PassedOver {
        /// How many there are.
        count: usize,
    },
    /// There are certificates, and none of them is an RDS authority.
    NoRdsAuthority {
        /// Whether roots of Amazon Trust Services are there: then it verifies RDS Proxy, and no instance.
        amazon_trust: bool,
    },
    /// An authority that AWS never published.
    Foreign(Certificate),
    /// The name of an RDS authority with an unknown fingerprint.
    Lookalike(Certificate),
    /// Every RDS authority has expired.
    Expired {
        /// When the last of them did.
        last: Timestamp,
    },
    /// It lacks authorities of the reference.
    Missing {
        /// How many.
        count: usize,
        /// The regions whose databases can't be verified for want of them.
        regions: Vec<String>,
    },
    /// A newer publication exists, of which only the hash is known.
    Newer {
        /// Its date.
        date: String,
        /// How many authorities it has more.
        more: usize,
    },
    /// There is a private key in it.
    PrivateKey,
}

impl fmt::Display for Flaw {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flaw::NotBundle(form) => write!(out, "it is {form}"),
            Flaw::Unreadable(problem) => write!(out, "{problem}"),
            Flaw::PassedOver { count } => write!(
                out,
                "none of the {count} certificates in the keystore is marked as trusted, and Java passes over those: \
                 `keytool -importcert` marks them, and `openssl pkcs12` does not"
            ),
            Flaw::NoRdsAuthority { amazon_trust: true } => {
                out.write_str("it holds no RDS authority: Amazon's public roots verify RDS Proxy, and no instance")
            }
            Flaw::NoRdsAuthority { amazon_trust: false } => out.write_str("it holds no RDS authority"),
            Flaw::Foreign(certificate) => {
                let name = crate::text::escape(&certificate.common_name);
                write!(
                    out,
                    "{name:?}{} was never published by AWS for RDS: whoever holds its key can impersonate the database",
                    line(certificate)
                )
            }
            Flaw::Lookalike(certificate) => {
                let name = crate::text::escape(&certificate.common_name);
                write!(
                    out,
                    "{name:?}{} has the name of an RDS authority and an unknown fingerprint: a new region, or a forgery",
                    line(certificate)
                )
            }
            Flaw::Expired { last } => write!(out, "every RDS authority in it has expired, the last on {}", day(*last)),
            Flaw::Missing { count, regions } if regions.is_empty() => {
                write!(out, "it lacks {count} {} of the reference", authorities(*count))
            }
            Flaw::Missing { count, regions } => {
                write!(
                    out,
                    "it lacks {count} {} of the reference; databases it can't verify are in {}",
                    authorities(*count),
                    regions.join(", ")
                )
            }
            Flaw::Newer { date, more } => {
                write!(
                    out,
                    "a newer publication of {date} has {more} more {}; which regions is not known here",
                    authorities(*more)
                )
            }
            Flaw::PrivateKey => out.write_str("there is a private key in it, for everybody to read"),
        }
    }
}

/// Where a certificate stands, in a file that has lines.
fn line(certificate: &Certificate) -> String {
    if certificate.line == 0 { String::new() } else { format!(" (line {})", certificate.line) }
}

fn authorities(count: usize) -> &'static str {
    if count == 1 { "authority" } else { "authorities" }
}

/// The day of a time, in UTC.
pub fn day(time: Timestamp) -> jiff::civil::Date {
    jiff::tz::TimeZone::UTC.to_datetime(time).date()
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The publication it equals: by its bytes, or by its set of certificates.
    pub publication: Option<&'static Publication>,
    /// Whether its very bytes are those of the publication.
    pub same_bytes: bool,
    /// Whether its text is that of the publication, whatever its line ends.
    same_text: bool,
    /// Its RDS authorities, in the order of the catalog.
    pub authorities: Vec<&'static Authority>,
    /// Its roots of Amazon Trust Services.
    pub amazon_trust: usize,
    /// Regions whose databases of today can all be verified with it, in alphabetical order.
    pub covered_regions: Vec<String>,
    /// Regions of the reference whose databases can't all be verified with it, in alphabetical order.
    pub missing_regions: Vec<String>,
    /// Everything that is wrong, the worst first.
    pub flaws: Vec<Flaw>,
    /// The authority of a public region that expires next after the day of judgement.
    pub expires_next: Option<&'static Authority>,
}

impl Judgement {
    /// Whether a region's databases can be verified; none where the catalog does not know the region.
    pub fn covers(&self, region: &str) -> Option<bool> {
        let needed: Vec<_> = Catalog::builtin()
            .authorities()
            .iter()
            .filter(|authority| authority.is_current() && authority.public_region() == Some(region))
            .collect();
        if needed.is_empty() {
            return None;
        }
        Some(needed.iter().all(|authority| self.authorities.contains(authority)))
    }
}

/// Judges a file as on the day `at`, against `reference`. What it is told by is the set of fingerprints: neither order nor line
/// ends nor comments matter.
pub fn judge(contents: &Contents, reference: &Reference, at: Timestamp) -> Judgement {
    let catalog = Catalog::builtin();
    let fingerprints = contents.fingerprints();
    let by_bytes = catalog.publication(&contents.sha256);
    let by_text = by_bytes.or_else(|| catalog.publication(&contents.text_sha256));
    let publication = by_text.or_else(|| catalog.publication_of(&fingerprints));
    let known: Vec<&'static Authority> =
        catalog.authorities().iter().filter(|authority| fingerprints.contains(&authority.fingerprint)).collect();
    let (trust, rds): (Vec<_>, Vec<_>) = known.into_iter().partition(|authority| authority.is_amazon_trust());
    let mut judgement = Judgement {
        verdict: Verdict::Current,
        publication,
        same_bytes: by_bytes.is_some(),
        same_text: by_text.is_some(),
        covered_regions: covered_regions(&rds),
        missing_regions: Vec::new(),
        flaws: Vec::new(),
        expires_next: rds
            .iter()
            .filter(|authority| authority.not_after > at && authority.public_region().is_some())
            .min_by_key(|authority| authority.not_after)
            .copied(),
        authorities: rds,
        amazon_trust: trust.len(),
    };
    judgement.form(contents);
    judgement.strangers(contents, reference, catalog);
    judgement.expiry(at);
    judgement.compare(&fingerprints, reference, [contents.sha256, contents.text_sha256]);
    if contents.private_keys > 0 {
        judgement.flaw(Verdict::Invalid, Flaw::PrivateKey);
    }
    judgement
}

impl Judgement {
    fn flaw(&mut self, verdict: Verdict, flaw: Flaw) {
        self.verdict = self.verdict.min(verdict);
        self.flaws.push(flaw);
    }

    /// What no client can read.
    fn form(&mut self, contents: &Contents) {
        if let Some(keystore) = contents.keystore.filter(|_| contents.locked().is_none()) {
            if contents.certificates.is_empty() && keystore.passed_over > 0 {
                self.flaw(Verdict::Invalid, Flaw::PassedOver { count: keystore.passed_over });
            }
            return;
        }
        if contents.form != Form::Pem {
            self.flaw(Verdict::Invalid, Flaw::NotBundle(contents.form));
            return;
        }
        for problem in &contents.problems {
            self.flaw(Verdict::Invalid, Flaw::Unreadable(problem.clone()));
        }
    }

    /// Authorities that nobody published; each once.
    fn strangers(&mut self, contents: &Contents, reference: &Reference, catalog: &Catalog) {
        // The bytes are AWS's own, so that everything in them is, though the catalog may know them by their hash alone.
        if self.same_text {
            return;
        }
        let mut seen = BTreeSet::new();
        for certificate in &contents.certificates {
            let known = catalog.authority(&certificate.fingerprint).is_some()
                || reference.fingerprints.contains(&certificate.fingerprint);
            // Others are trusted through what may sign; and what is self-signed is an anchor for OpenSSL, whatever it may do. A
            // server's own certificate that somebody else signed is neither.
            if known || !(certificate.is_ca || certificate.self_signed) || !seen.insert(certificate.fingerprint) {
                continue;
            }
            if is_rds_name(&certificate.common_name) {
                self.flaw(Verdict::Lookalike, Flaw::Lookalike(certificate.clone()));
            } else {
                self.flaw(Verdict::Foreign, Flaw::Foreign(certificate.clone()));
            }
        }
        let from_reference =
            contents.certificates.iter().any(|certificate| reference.fingerprints.contains(&certificate.fingerprint));
        let holds_certificates =
            contents.form == Form::Pem || contents.keystore.is_some() && contents.locked().is_none();
        if holds_certificates && self.authorities.is_empty() && !from_reference && self.verdict != Verdict::Lookalike {
            self.flaw(Verdict::Invalid, Flaw::NoRdsAuthority { amazon_trust: self.amazon_trust > 0 });
        }
    }

    fn expiry(&mut self, at: Timestamp) {
        let last = self.authorities.iter().map(|authority| authority.not_after).max();
        if let Some(last) = last.filter(|last| *last < at) {
            self.flaw(Verdict::Expired, Flaw::Expired { last });
        }
    }

    fn compare(&mut self, fingerprints: &BTreeSet<Digest>, reference: &Reference, digests: [Digest; 2]) {
        if self.authorities.is_empty() && !self.same_text || digests.contains(&reference.sha256) {
            return;
        }
        let missing: Vec<_> = reference.fingerprints.difference(fingerprints).collect();
        if missing.is_empty() {
            if self.amazon_trust > 0 {
                self.verdict = self.verdict.min(Verdict::Extended);
            }
            if let Some(newer) = reference.newer {
                let more = newer.count.unwrap_or_default().saturating_sub(reference.fingerprints.len());
                let flaw = Flaw::Newer { date: newer.date().to_owned(), more };
                // With Amazon's roots in it, it is somebody's careful work: that says more than its age does.
                self.flaw(if self.amazon_trust > 0 { Verdict::Extended } else { Verdict::Outdated }, flaw);
            }
            return;
        }
        let regions =
            missing.iter().filter_map(|fingerprint| Catalog::builtin().authority(fingerprint)?.public_region());
        self.missing_regions = regions.map(ToOwned::to_owned).collect::<BTreeSet<_>>().into_iter().collect();
        let of_one_region = self.covered_regions.len() == 1 || self.publication.is_some_and(is_regional);
        let verdict = if of_one_region || self.covered_regions.iter().any(|region| region.starts_with("us-gov-")) {
            Verdict::Regional
        } else {
            Verdict::Outdated
        };
        self.flaw(verdict, Flaw::Missing { count: missing.len(), regions: self.missing_regions.clone() });
    }
}

fn is_regional(publication: &Publication) -> bool {
    use super::catalog::Scope;
    matches!(publication.scope, Scope::Regional(_) | Scope::GovCloud | Scope::China)
}

/// What of a store with the public's authorities is to be judged: RDS's own, those of Amazon Trust Services, and those that pass
/// for one.
pub fn of_rds(contents: &Contents, reference: &Reference) -> Contents {
    let concerns = |certificate: &&Certificate| {
        Catalog::builtin().authority(&certificate.fingerprint).is_some()
            || reference.fingerprints.contains(&certificate.fingerprint)
            || is_rds_name(&certificate.common_name)
    };
    let certificates = contents.certificates.iter().filter(concerns).cloned().collect();
    Contents { certificates, ..contents.clone() }
}

/// Whether a common name is one that RDS gives to its authorities ("Amazon RDS eu-west-1 Root CA RSA2048 G1").
fn is_rds_name(name: &str) -> bool {
    name.starts_with("Amazon RDS ")
        || Catalog::builtin()
            .authorities()
            .iter()
            .any(|authority| !authority.is_amazon_trust() && authority.common_name == name)
}

/// Regions for which authorities of every current generation are there.
fn covered_regions(authorities: &[&Authority]) -> Vec<String> {
    let mut regions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for authority in authorities.iter().filter(|authority| authority.is_current()) {
        if let Some(region) = authority.public_region() {
            regions.entry(region).or_default().insert(&authority.generation);
        }
    }
    let covered = regions.into_iter().filter(|(_, generations)| generations.len() == CURRENT_GENERATIONS.len());
    covered.map(|(region, _)| region.to_owned()).collect()
}
