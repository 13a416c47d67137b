//! What AWS has published: authorities and publications, from `catalog.tsv` (made and refreshed by `tools/catalog.py`).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::digest::Digest;

/// The data, compiled in.
const DATA: &str = include_str!("catalog.tsv");

/// Hex digits of a fingerprint by which a publication names its authorities; as in `tools/catalog.py`.
const PREFIX: usize = 8;

/// A CA certificate that AWS has published, or that a reference bundle holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// SHA-256 of its DER.
    pub fingerprint: Digest,
    /// Its common name.
    pub common_name: String,
    /// The region whose databases it signs for. None for roots above several regions, for Amazon Trust Services, and for the
    /// beta and preview regions of AWS, to which no customer can connect.
    pub region: Option<String>,
    /// Its generation.
    pub generation: Generation,
    /// The first second at which it is valid.
    pub not_before: Timestamp,
    /// The last second at which it is valid.
    pub not_after: Timestamp,
    /// Whether it is a root.
    pub self_signed: bool,
}

impl Authority {
    /// Whether it is valid on that day.
    pub fn is_valid(&self, at: Timestamp) -> bool {
        self.not_before <= at && at <= self.not_after
    }
}

/// The generations of RDS authorities, as in the CA identifiers of RDS (`rds-ca-rsa2048-g1`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Generation {
    /// The first root, of 2010.
    Rds2010,
    /// `rds-ca-2015`.
    Rds2015,
    /// GovCloud's, of 2017.
    GovCloud2017,
    /// `rds-ca-2019`.
    Rds2019,
    /// `rds-ca-rsa2048-g1`, the default of RDS.
    Rsa2048G1,
    /// `rds-ca-rsa4096-g1`.
    Rsa4096G1,
    /// `rds-ca-ecc384-g1`.
    Ecc384G1,
    /// Amazon Trust Services (Amazon Root CA 1 to 4 and Starfield's G2), which RDS Proxy and Aurora Serverless v1 use. They are
    /// no RDS authorities.
    AmazonTrust,
    /// Of a reference that the user gives, and not known to be anything above.
    Other,
}

impl Generation {
    /// All, oldest first.
    pub const ALL: &[Generation] = &[
        Self::Rds2010,
        Self::Rds2015,
        Self::GovCloud2017,
        Self::Rds2019,
        Self::Rsa2048G1,
        Self::Rsa4096G1,
        Self::Ecc384G1,
        Self::AmazonTrust,
        Self::Other,
    ];

    /// As in the CA identifiers of RDS.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rds2010 => "rds-ca-2010",
            Self::Rds2015 => "rds-ca-2015",
            Self::GovCloud2017 => "rds-govcloud-2017",
            Self::Rds2019 => "rds-ca-2019",
            Self::Rsa2048G1 => "rds-ca-rsa2048-g1",
            Self::Rsa4096G1 => "rds-ca-rsa4096-g1",
            Self::Ecc384G1 => "rds-ca-ecc384-g1",
            Self::AmazonTrust => "amazon-trust-services",
            Self::Other => "other",
        }
    }

    /// Whether its authorities sign for database instances today.
    pub const fn is_g1(self) -> bool {
        matches!(self, Self::Rsa2048G1 | Self::Rsa4096G1 | Self::Ecc384G1)
    }

    /// Whether its authorities are of RDS.
    pub const fn is_rds(self) -> bool {
        !matches!(self, Self::AmazonTrust | Self::Other)
    }

    /// The generation and region that a common name of a generation-1 root states: `Amazon RDS eu-west-1 Root CA RSA2048 G1`.
    pub fn of_common_name(name: &str) -> Option<(Self, &str)> {
        let (region, algorithm) = name.strip_prefix("Amazon RDS ")?.split_once(" Root CA ")?;
        let generation = match algorithm {
            "RSA2048 G1" => Self::Rsa2048G1,
            "RSA4096 G1" => Self::Rsa4096G1,
            "ECC384 G1" => Self::Ecc384G1,
            _ => return None,
        };
        Some((generation, region))
    }

    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "2010" => Self::Rds2010,
            "2015" => Self::Rds2015,
            "2017" => Self::GovCloud2017,
            "2019" => Self::Rds2019,
            "rsa2048-g1" => Self::Rsa2048G1,
            "rsa4096-g1" => Self::Rsa4096G1,
            "ecc384-g1" => Self::Ecc384G1,
            "amazon-trust" => Self::AmazonTrust,
            _ => return None,
        })
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// One dated version of a bundle that AWS has published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// The day on which it was first seen in public, which is not before AWS published it. None where that is not known.
    pub first_seen: Option<Date>,
    /// Which bundle it is a version of.
    pub kind: PublicationKind,
    /// The region, where it is for one only.
    pub region: Option<String>,
    /// SHA-256 of the file.
    pub sha256: Digest,
    /// Size of the file in bytes, where known.
    pub size: Option<u64>,
    /// How many authorities are in it, where known.
    pub count: Option<usize>,
    /// The fingerprints of its authorities; none where its bytes were never seen.
    pub authorities: Option<BTreeSet<Digest>>,
}

impl fmt::Display for Publication {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.region, self.kind) {
            (Some(region), _) => write!(out, "the {region} bundle")?,
            (None, kind) => out.write_str(kind.as_str())?,
        }
        self.first_seen.map_or(Ok(()), |date| write!(out, " of {date}"))
    }
}

/// The bundles of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PublicationKind {
    /// `global-bundle.pem`: every commercial region.
    Global,
    /// `REGION-bundle.pem`.
    Regional,
    /// The `global-bundle.pem` of AWS GovCloud (US).
    GovCloud,
    /// The `global-bundle.pem` of AWS China.
    China,
    /// The retired `rds-combined-ca-bundle.pem`, of all commercial regions or of GovCloud.
    Combined,
    /// The retired `rds-ca-20XX-root.pem`: one root.
    Root,
}

impl PublicationKind {
    /// As said in a sentence.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Global => "the global bundle",
            Self::Regional => "a regional bundle",
            Self::GovCloud => "the GovCloud bundle",
            Self::China => "the China bundle",
            Self::Combined => "the retired combined bundle",
            Self::Root => "a retired single root",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "global" => Self::Global,
            "regional" => Self::Regional,
            "govcloud" => Self::GovCloud,
            "china" => Self::China,
            "combined" => Self::Combined,
            "root" => Self::Root,
            _ => return None,
        })
    }
}

/// Every authority and publication known.
#[derive(Debug, Default)]
pub struct Catalog {
    authorities: Vec<Arc<Authority>>,
    publications: Vec<Publication>,
    by_fingerprint: HashMap<Digest, Arc<Authority>>,
    by_common_name: HashMap<String, Vec<Arc<Authority>>>,
}

/// Why a line of the data is not one.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("catalog.tsv, line {line}: {what} cannot be read")]
pub struct CatalogError {
    /// The line, from 1.
    pub line: usize,
    /// The column that is wrong.
    pub what: &'static str,
}

impl Catalog {
    /// The catalog compiled in, read when first asked for.
    pub fn builtin() -> &'static Self {
        // A test proves that the data reads without an error, so the empty catalog is never seen.
        static BUILTIN: LazyLock<Catalog> = LazyLock::new(|| Catalog::parse(DATA).unwrap_or_default());
        &BUILTIN
    }

    /// Reads the data.
    fn parse(data: &str) -> Result<Self, CatalogError> {
        let mut catalog = Self::default();
        let mut by_prefix = HashMap::new();
        for (index, line) in data.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
            let mut columns = Columns { line: index + 1, rest: line.split('\t') };
            match columns.next("the kind of line")? {
                "authority" => {
                    let authority = Arc::new(columns.authority()?);
                    let hex = authority.fingerprint.hex();
                    let prefix = hex.get(..PREFIX).ok_or(columns.wrong("fingerprint"))?.to_owned();
                    if by_prefix.insert(prefix, authority.fingerprint).is_some() {
                        return Err(columns.wrong("a prefix that two authorities share"));
                    }
                    catalog.by_fingerprint.insert(authority.fingerprint, Arc::clone(&authority));
                    catalog
                        .by_common_name
                        .entry(authority.common_name.clone())
                        .or_default()
                        .push(Arc::clone(&authority));
                    catalog.authorities.push(authority);
                }
                "publication" => catalog.publications.push(columns.publication(&by_prefix)?),
                _ => return Err(columns.wrong("the kind of line")),
            }
        }
        Ok(catalog)
    }

    /// All authorities.
    pub fn authorities(&self) -> impl Iterator<Item = &Authority> {
        self.authorities.iter().map(Arc::as_ref)
    }

    /// All publications.
    pub fn publications(&self) -> &[Publication] {
        &self.publications
    }

    /// The authority with that fingerprint.
    pub fn authority(&self, fingerprint: &Digest) -> Option<&Authority> {
        self.by_fingerprint.get(fingerprint).map(Arc::as_ref)
    }

    /// The authorities with that common name.
    pub fn named(&self, common_name: &str) -> impl Iterator<Item = &Authority> {
        self.by_common_name.get(common_name).into_iter().flatten().map(Arc::as_ref)
    }

    /// The publication whose file has that hash.
    pub fn publication(&self, sha256: &Digest) -> Option<&Publication> {
        self.publications.iter().find(|publication| publication.sha256 == *sha256)
    }

    /// The publication with exactly these authorities; of several, the newest.
    pub fn publication_of(&self, fingerprints: &BTreeSet<Digest>) -> Option<&Publication> {
        let same = |publication: &&Publication| publication.authorities.as_ref() == Some(fingerprints);
        self.publications.iter().filter(same).max_by_key(|publication| publication.first_seen)
    }

    /// The newest publication of a kind; with `known_authorities`, the newest one whose authorities are known.
    pub fn newest(&self, kind: PublicationKind, known_authorities: bool) -> Option<&Publication> {
        self.publications
            .iter()
            .filter(|publication| publication.kind == kind && (!known_authorities || publication.authorities.is_some()))
            .max_by_key(|publication| publication.first_seen)
    }

    /// Whether a database may stand in that region, as far as is known here.
    pub fn is_region(&self, region: &str) -> bool {
        self.authorities().any(|authority| authority.region.as_deref() == Some(region))
    }
}

/// The regions whose generation-1 authorities are among `authorities`, and which generations each has.
pub fn g1_regions<'a>(authorities: impl IntoIterator<Item = &'a Authority>) -> BTreeMap<String, BTreeSet<Generation>> {
    let mut regions: BTreeMap<String, BTreeSet<Generation>> = BTreeMap::new();
    for authority in authorities {
        if let (Some(region), true) = (&authority.region, authority.generation.is_g1()) {
            regions.entry(region.clone()).or_default().insert(authority.generation);
        }
    }
    regions
}

/// The columns of one line.
struct Columns<'a> {
    line: usize,
    rest: std::str::Split<'a, char>,
}

impl<'a> Columns<'a> {
    const fn wrong(&self, what: &'static str) -> CatalogError {
        CatalogError { line: self.line, what }
    }

    fn next(&mut self, what: &'static str) -> Result<&'a str, CatalogError> {
        self.rest.next().filter(|text| !text.is_empty()).ok_or(self.wrong(what))
    }

    /// A column of which a dash means that there is nothing.
    fn optional<T>(
        &mut self,
        what: &'static str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<Option<T>, CatalogError> {
        match self.next(what)? {
            "-" => Ok(None),
            text => read(text).map(Some).ok_or(self.wrong(what)),
        }
    }

    fn read<T>(&mut self, what: &'static str, read: impl FnOnce(&'a str) -> Option<T>) -> Result<T, CatalogError> {
        read(self.next(what)?).ok_or(self.wrong(what))
    }

    fn authority(&mut self) -> Result<Authority, CatalogError> {
        Ok(Authority {
            fingerprint: self.read("fingerprint", |hex| Digest::from_hex(hex).ok())?,
            common_name: self.next("common name")?.to_owned(),
            region: self.optional("region", |text| Some(text.to_owned()))?,
            generation: self.read("generation", Generation::parse)?,
            not_before: self.read("not before", |text| text.parse().ok())?,
            not_after: self.read("not after", |text| text.parse().ok())?,
            self_signed: self.next("root or intermediate")? == "root",
        })
    }

    fn publication(&mut self, by_prefix: &HashMap<String, Digest>) -> Result<Publication, CatalogError> {
        Ok(Publication {
            first_seen: self.optional("first seen", |text| text.parse().ok())?,
            kind: self.read("kind", PublicationKind::parse)?,
            region: self.optional("region", |text| Some(text.to_owned()))?,
            sha256: self.read("hash", |hex| Digest::from_hex(hex).ok())?,
            size: self.optional("size", |text| text.parse().ok())?,
            count: self.optional("count", |text| text.parse().ok())?,
            authorities: self.optional("authorities", |list| {
                list.split(',').map(|prefix| by_prefix.get(prefix).copied()).collect()
            })?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_reads_and_is_whole() {
        let catalog = Catalog::parse(DATA).unwrap();
        assert_eq!(catalog.by_fingerprint.len(), catalog.authorities.len());
        for publication in catalog.publications() {
            if let (Some(count), Some(authorities)) = (publication.count, &publication.authorities) {
                assert_eq!(authorities.len(), count, "{publication}");
            }
        }
        let newest = catalog.newest(PublicationKind::Global, false).unwrap();
        assert_eq!(newest.first_seen, Some(jiff::civil::date(2026, 9, 30)));
    }

    #[test]
    fn names_of_generation_1_agree_with_the_data() {
        for authority in Catalog::builtin().authorities() {
            match Generation::of_common_name(&authority.common_name) {
                Some((generation, region)) => {
                    assert_eq!(generation, authority.generation);
                    assert!(authority.region.as_deref().is_none_or(|own| own == region), "{}", authority.common_name);
                }
                None => assert!(!authority.generation.is_g1(), "{}", authority.common_name),
            }
        }
    }

    #[test]
    fn a_wrong_line_is_named() {
        let wrong = |data| Catalog::parse(data).map(|_| ()).unwrap_err();
        assert_eq!(wrong("# c\nnothing\t"), CatalogError { line: 2, what: "the kind of line" });
        assert_eq!(wrong("authority\tabc\tName"), CatalogError { line: 1, what: "fingerprint" });
    }
}
