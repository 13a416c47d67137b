//! Whether a bundle can verify the databases of RDS on a given day.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::digest::Digest;

use super::catalog::{Authority, Catalog, Generation, Publication, PublicationKind, g1_regions};
use super::certificate::Certificate;
use super::contents::{Contents, Form, ProblemKind};
use super::flaw::{Flaw, Named};
use super::reference::Reference;

/// How good a bundle is, in one word. Where several apply, the first of this order is said, and the rest is among the flaws:
///
/// 1. *Unknown*: a keystore that was not opened.
/// 2. *Invalid*: it is not PEM, or no certificate in it can be read: nothing can be verified, and nobody is trusted.
/// 3. *Foreign*: somebody else than AWS can pose as the database. This stands before whatever else is wrong, because some
///    clients (Go's, for one) skip what they cannot read and trust the rest.
/// 4. *Lookalike*: perhaps the same.
/// 5. *Invalid*: OpenSSL refuses the file or overlooks a part; or a private key, or no RDS authority is in it.
/// 6. *Expired*: all its RDS authorities have.
/// 7. *Current* and *Extended*: it lacks nothing of the reference.
/// 8. *Outdated*: it holds an older global publication (or authorities of generations past).
/// 9. *Regional*: it holds only some regions of any publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Everything that the reference has, and nothing else.
    Current,
    /// Everything that the reference has, and other authorities of AWS.
    Extended,
    /// An older publication. Which regions break is in [`Judgement::missing_regions`]; none where only the number of new
    /// authorities is known ([`Judgement::newer`]).
    Outdated,
    /// Only some regions.
    Regional,
    /// All its RDS authorities have expired.
    Expired,
    /// Not a bundle that clients can use.
    Invalid,
    /// An authority with a name of AWS's and an unknown fingerprint: of a new region, or forged.
    Lookalike,
    /// An authority that AWS never published.
    Foreign,
    /// It could not be told.
    Unknown,
}

impl Verdict {
    /// As in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Extended => "extended",
            Self::Outdated => "outdated",
            Self::Regional => "regional",
            Self::Expired => "expired",
            Self::Invalid => "invalid",
            Self::Lookalike => "lookalike",
            Self::Foreign => "foreign",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// A newer publication of which only the number of authorities is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Newer {
    /// Its day.
    pub date: Option<Date>,
    /// How many authorities it has more than the newest publication whose authorities are known.
    pub more: usize,
}

impl fmt::Display for Newer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a newer publication")?;
        if let Some(date) = self.date {
            write!(out, " of {date}")?;
        }
        let noun = if self.more == 1 { "authority" } else { "authorities" };
        write!(out, " has {} more {noun}; which regions is not known here", self.more)
    }
}

/// Whether a bundle verifies the instances of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// All of them.
    Full,
    /// Those of some generations.
    Partial,
    /// None.
    Missing,
    /// The region is not known here.
    NotKnown,
}

/// What is to be said about a bundle.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// In one word.
    pub verdict: Verdict,
    /// The publication that it is: the same file, or the same set of authorities.
    pub publication: Option<&'static Publication>,
    /// The newest global publication that is wholly in it, but for authorities of generations past and of no region.
    pub includes: Option<&'static Publication>,
    /// How many different certificates are in it.
    pub authorities: usize,
    /// Authorities of the reference that are not in it, or not valid on that day.
    pub missing: Vec<Authority>,
    /// Regions of the reference where no instance can be verified.
    pub missing_regions: Vec<String>,
    /// Regions where instances can be verified, and those of which generations.
    pub regions: BTreeMap<String, BTreeSet<Generation>>,
    /// A newer publication of which only the number of authorities is known; none where the bundle is that publication.
    pub newer: Option<Newer>,
    /// Authorities of AWS that are in it and not in the reference.
    pub extra: Vec<Authority>,
    /// The RDS authority among those still valid that expires first.
    pub expires_first: Option<Authority>,
    /// Everything else that is wrong.
    pub flaws: Vec<Flaw>,
}

impl Judgement {
    /// Whether instances of `region` can be verified.
    pub fn coverage(&self, region: &str) -> Coverage {
        let partial = |flaw: &Flaw| matches!(flaw, Flaw::PartialRegion { region: name, .. } if name == region);
        if self.flaws.iter().any(partial) {
            Coverage::Partial
        } else if self.regions.contains_key(region) {
            Coverage::Full
        } else if self.missing_regions.iter().any(|name| name == region) || Catalog::builtin().is_region(region) {
            Coverage::Missing
        } else {
            Coverage::NotKnown
        }
    }

    /// Whether it verifies every region that is known: current, extended, or outdated only by a publication of which nothing but the
    /// number of authorities is known.
    pub fn is_good(&self) -> bool {
        let complete = match self.verdict {
            Verdict::Current | Verdict::Extended => true,
            Verdict::Outdated => self.missing.is_empty() && self.missing_regions.is_empty(),
            _ => false,
        };
        complete && self.flaws.iter().all(Flaw::is_harmless)
    }
}

/// Judges what a file holds against a reference, on a day. Pure, and the same for the same three.
pub fn judge(contents: &Contents, reference: &Reference, at: Timestamp) -> Judgement {
    let catalog = Catalog::builtin();
    let sorted = Sorted::new(contents, reference, catalog);
    let publication = catalog
        .publication(&contents.sha256)
        .or_else(|| catalog.publication(&contents.text_sha256))
        .or_else(|| catalog.publication_of(&sorted.fingerprints));
    let is_reference = contents.sha256 == reference.sha256 || contents.text_sha256 == reference.sha256;

    let valid: Vec<&Authority> = sorted.known.iter().filter(|authority| authority.is_valid(at)).copied().collect();
    let mut held: BTreeSet<Digest> = valid.iter().map(|authority| authority.fingerprint).collect();
    if is_reference {
        // Where the reference is known by its hash only, its authorities that are not known are in it for certain.
        held.extend(
            reference.known().filter(|authority| authority.is_valid(at)).map(|authority| authority.fingerprint),
        );
    }
    let missing: Vec<Authority> =
        reference.known().filter(|authority| !held.contains(&authority.fingerprint)).cloned().collect();
    let regions = g1_regions(valid.iter().copied());
    let reference_regions = g1_regions(reference.known());
    let missing_regions: Vec<String> =
        reference_regions.keys().filter(|region| !regions.contains_key(*region)).cloned().collect();
    let partial = reference_regions.iter().filter_map(|(region, all)| {
        let missing: Vec<Generation> = all.difference(regions.get(region)?).copied().collect();
        (!missing.is_empty()).then(|| Flaw::PartialRegion { region: region.clone(), missing })
    });

    let mut flaws = sorted.flaws(contents, publication, at);
    flaws.extend(partial);
    let lacks_nothing = missing.iter().all(|authority| authority.region.is_none());
    let includes = newest_within(catalog, &sorted.fingerprints);
    let extra: Vec<Authority> = sorted
        .known
        .iter()
        .filter(|authority| reference.authority(&authority.fingerprint).is_none())
        .map(|authority| (*authority).clone())
        .collect();
    let newer = (!reference.is_complete() && !is_reference)
        .then(|| Newer { date: reference.date, more: reference.authorities.saturating_sub(reference.known().count()) });

    let verdict = defect(&flaws).unwrap_or(if lacks_nothing && newer.is_none() {
        if extra.is_empty() { Verdict::Current } else { Verdict::Extended }
    } else if lacks_nothing || includes.is_some() || flaws.contains(&Flaw::OnlySuperseded) {
        Verdict::Outdated
    } else {
        Verdict::Regional
    });
    Judgement {
        verdict,
        publication,
        includes,
        authorities: sorted.fingerprints.len(),
        missing,
        missing_regions,
        regions,
        newer,
        extra,
        expires_first: valid
            .iter()
            .filter(|authority| authority.generation.is_rds())
            .min_by_key(|authority| authority.not_after)
            .map(|authority| (*authority).clone()),
        flaws,
    }
}

/// The verdict that flaws alone lead to, in the order of [`Verdict`]'s description.
fn defect(flaws: &[Flaw]) -> Option<Verdict> {
    let any = |test: fn(&Flaw) -> bool| flaws.iter().any(test);
    if any(|flaw| matches!(flaw, Flaw::Keystore(_))) {
        Some(Verdict::Unknown)
    } else if any(|flaw| matches!(flaw, Flaw::Form(_) | Flaw::NoCertificate)) {
        Some(Verdict::Invalid)
    } else if any(|flaw| matches!(flaw, Flaw::Foreign(_))) {
        Some(Verdict::Foreign)
    } else if any(|flaw| matches!(flaw, Flaw::Lookalike(_))) {
        Some(Verdict::Lookalike)
    } else if any(|flaw| matches!(flaw, Flaw::Problem(_) | Flaw::NoRdsAuthority { .. } | Flaw::NotAuthority(_))) {
        Some(Verdict::Invalid)
    } else if any(|flaw| matches!(flaw, Flaw::Expired { all: true, .. })) {
        Some(Verdict::Expired)
    } else {
        None
    }
}

/// The newest global publication whose authorities of generation 1 that have a region are all among `fingerprints`.
fn newest_within(catalog: &'static Catalog, fingerprints: &BTreeSet<Digest>) -> Option<&'static Publication> {
    let needed = |publication: &Publication| {
        let authorities = publication.authorities.iter().flatten();
        authorities
            .filter_map(|fingerprint| catalog.authority(fingerprint))
            .filter(|authority| authority.generation.is_g1() && authority.region.is_some())
            .map(|authority| authority.fingerprint)
            .collect::<BTreeSet<_>>()
    };
    catalog
        .publications()
        .iter()
        .filter(|publication| publication.kind == PublicationKind::Global)
        .filter(|publication| {
            let needed = needed(publication);
            !needed.is_empty() && needed.is_subset(fingerprints)
        })
        .max_by_key(|publication| publication.first_seen)
}

/// The different certificates of a file, by what is known of them.
struct Sorted<'a> {
    fingerprints: BTreeSet<Digest>,
    /// In the reference or in the catalog.
    known: Vec<&'a Authority>,
    unknown: Vec<&'a Certificate>,
    duplicates: usize,
}

impl<'a> Sorted<'a> {
    fn new(contents: &'a Contents, reference: &'a Reference, catalog: &'a Catalog) -> Self {
        let in_reference: BTreeMap<Digest, &Authority> =
            reference.known().map(|authority| (authority.fingerprint, authority)).collect();
        let mut sorted = Self { fingerprints: BTreeSet::new(), known: Vec::new(), unknown: Vec::new(), duplicates: 0 };
        for certificate in &contents.certificates {
            let fingerprint = certificate.fingerprint;
            if !sorted.fingerprints.insert(fingerprint) {
                sorted.duplicates += 1;
                continue;
            }
            match in_reference.get(&fingerprint).copied().or_else(|| catalog.authority(&fingerprint)) {
                Some(authority) => sorted.known.push(authority),
                None => sorted.unknown.push(certificate),
            }
        }
        sorted
    }

    fn flaws(&self, contents: &Contents, publication: Option<&Publication>, at: Timestamp) -> Vec<Flaw> {
        match contents.form {
            Form::Jks | Form::Pkcs12 => return vec![Flaw::Keystore(contents.form)],
            Form::Pem => {}
            form => return vec![Flaw::Form(form)],
        }
        let mut flaws: Vec<Flaw> = contents.problems.iter().cloned().map(Flaw::Problem).collect();
        if contents.certificates.is_empty() {
            flaws.push(Flaw::NoCertificate);
            return flaws;
        }
        // What AWS published is AWS's, also where only the file is known and not each authority in it.
        if publication.is_none_or(|publication| publication.authorities.is_some()) {
            flaws.extend(self.unknown.iter().map(|certificate| stranger(certificate)));
        }
        let rds: Vec<_> = self.known.iter().filter(|authority| authority.generation.is_rds()).collect();
        if rds.is_empty() && publication.is_none() {
            let amazon_trust = |authority: &&&Authority| authority.generation == Generation::AmazonTrust;
            flaws.push(Flaw::NoRdsAuthority { amazon_trust: self.known.iter().filter(amazon_trust).count() });
        }
        let expired = rds.iter().filter(|authority| authority.not_after < at);
        if let Some(since) = expired.clone().map(|authority| authority.not_after).max() {
            let count = expired.count();
            flaws.push(Flaw::Expired { count, since, all: count == rds.len() });
        }
        let not_yet_valid = rds.iter().filter(|authority| at < authority.not_before).count();
        if not_yet_valid > 0 {
            flaws.push(Flaw::NotYetValid { count: not_yet_valid });
        }
        if !rds.is_empty() && !rds.iter().any(|authority| authority.generation.is_g1()) {
            flaws.push(Flaw::OnlySuperseded);
        }
        if self.duplicates > 0 {
            flaws.push(Flaw::Duplicates { count: self.duplicates });
        }
        flaws
    }
}

/// What is wrong with a certificate that is neither in the reference nor in the catalog.
fn stranger(certificate: &Certificate) -> Flaw {
    let name = &certificate.common_name;
    let named = Named { common_name: name.clone(), fingerprint: certificate.fingerprint, line: certificate.line };
    if name.starts_with("Amazon RDS ") || Catalog::builtin().named(name).next().is_some() {
        Flaw::Lookalike(named)
    } else if certificate.is_ca {
        Flaw::Foreign(named)
    } else {
        Flaw::NotAuthority(named)
    }
}

impl Contents {
    /// Whether OpenSSL reads everything in it.
    pub fn is_read_whole(&self) -> bool {
        self.problems.iter().all(|problem| problem.kind == ProblemKind::PrivateKey)
    }
}
