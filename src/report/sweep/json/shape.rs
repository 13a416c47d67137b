//! The shape of `rdsca.sweep/1`, part by part, and how each part comes of what the program knows.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

use super::super::{Base, Bytes, Change, ChangeKind, Counts, Image, Missed, Point, Reference, Scope, State};
use crate::digest::Digest;
use crate::finding::{Kind, Level};

#[derive(Serialize, Deserialize)]
pub struct JsonScope<'a> {
    #[serde(borrow)]
    pub registries: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    pub filters: Vec<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub notes: Vec<Cow<'a, str>>,
    pub started: Timestamp,
    pub ended: Timestamp,
    pub complete: bool,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<Cow<'a, str>>,
}

#[derive(Serialize, Deserialize)]
pub struct JsonReference<'a> {
    #[serde(borrow)]
    pub publication: Option<Cow<'a, str>>,
    #[serde(with = "hex")]
    pub sha256: Digest,
    pub authorities: usize,
    #[serde(borrow)]
    pub source: Cow<'a, str>,
    pub old: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JsonCounts {
    pub images: u64,
    pub ok: u64,
    pub outdated: u64,
    pub missing: u64,
    pub unreadable: u64,
    pub unknown: u64,
    pub not_required: u64,
    pub not_scanned: u64,
}

#[derive(Serialize, Deserialize)]
pub struct JsonPoint {
    pub at: Timestamp,
    pub counts: JsonCounts,
}

#[derive(Serialize, Deserialize)]
pub struct JsonChange<'a> {
    pub change: JsonChangeKind,
    #[serde(borrow)]
    pub image: Cow<'a, str>,
    #[serde(borrow)]
    pub platform: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<JsonState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<JsonState>,
}

#[derive(Serialize, Deserialize)]
pub struct JsonBase<'a> {
    #[serde(borrow)]
    pub name: Option<Cow<'a, str>>,
    pub layer: Digest,
    pub layers: u32,
    #[serde(borrow)]
    pub platform: Cow<'a, str>,
    pub images: u64,
    pub repositories: u64,
    pub broken: u64,
    pub mends: u64,
    pub parent: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JsonImage<'a> {
    #[serde(borrow)]
    pub repository: Cow<'a, str>,
    #[serde(borrow)]
    pub tag: Option<Cow<'a, str>>,
    pub digest: Digest,
    #[serde(borrow)]
    pub platform: Cow<'a, str>,
    #[serde(borrow)]
    pub os: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub user: Cow<'a, str>,
    pub state: JsonState,
    #[serde(borrow)]
    pub publication: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub missing_regions: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    pub expires: Option<JsonExpiry<'a>>,
    #[serde(borrow)]
    pub findings: Vec<JsonFound<'a>>,
    #[serde(borrow)]
    pub team: Option<Cow<'a, str>>,
    pub base: Option<u32>,
    pub first_seen: Timestamp,
    pub compressed: u64,
}

#[derive(Serialize, Deserialize)]
pub struct JsonExpiry<'a> {
    pub at: Timestamp,
    #[serde(borrow)]
    pub authority: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
pub struct JsonFound<'a> {
    #[serde(borrow)]
    pub rule: Cow<'a, str>,
    pub kind: JsonKind,
    pub level: JsonLevel,
}

#[derive(Serialize, Deserialize)]
pub struct JsonMissed<'a> {
    #[serde(borrow)]
    pub repository: Cow<'a, str>,
    #[serde(borrow)]
    pub target: Cow<'a, str>,
    #[serde(borrow)]
    pub team: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub reason: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
pub struct JsonBytes {
    pub read: u64,
    pub unique: u64,
    pub total: u64,
    pub requests: u64,
}

/// A word of a fixed few, written and read as the program's own type says it.
macro_rules! word {
    ($json:ident, $of:ty, $read:expr) => {
        #[derive(Clone, Copy)]
        pub struct $json(pub $of);

        impl Serialize for $json {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.0.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $json {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = Cow::<'_, str>::deserialize(deserializer)?;
                let read: fn(&str) -> Option<$of> = $read;
                read(&name).map(Self).ok_or_else(|| serde::de::Error::custom(format!("{name:?} means nothing here")))
            }
        }
    };
}

word!(JsonState, State, State::from_name);
word!(JsonChangeKind, ChangeKind, ChangeKind::from_name);
word!(JsonLevel, Level, |name| [Level::Note, Level::Warning, Level::Error]
    .into_iter()
    .find(|level| level.as_str() == name));
word!(JsonKind, Kind, |name| [Kind::Fail, Kind::Open].into_iter().find(|kind| kind.as_str() == name));

fn borrowed(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}

fn perhaps<T: AsRef<str>>(text: &Option<T>) -> Option<Cow<'_, str>> {
    text.as_ref().map(|text| borrowed(text.as_ref()))
}

fn each<T: AsRef<str>>(texts: &[T]) -> Vec<Cow<'_, str>> {
    texts.iter().map(|text| borrowed(text.as_ref())).collect()
}

impl<'a> From<&'a Scope> for JsonScope<'a> {
    fn from(scope: &'a Scope) -> Self {
        Self {
            registries: each(&scope.registries),
            filters: each(&scope.filters),
            notes: each(&scope.notes),
            started: scope.started,
            ended: scope.ended,
            complete: scope.incomplete.is_none(),
            incomplete: perhaps(&scope.incomplete),
        }
    }
}

impl From<JsonScope<'_>> for Scope {
    fn from(scope: JsonScope<'_>) -> Self {
        let owned = |texts: Vec<Cow<'_, str>>| texts.into_iter().map(Cow::into_owned).collect();
        let why = scope.incomplete.map(Cow::into_owned);
        Self {
            registries: owned(scope.registries),
            filters: owned(scope.filters),
            notes: owned(scope.notes),
            started: scope.started,
            ended: scope.ended,
            incomplete: if scope.complete { None } else { Some(why.unwrap_or_else(|| "nobody says why".to_owned())) },
        }
    }
}

impl<'a> From<&'a Reference> for JsonReference<'a> {
    fn from(reference: &'a Reference) -> Self {
        Self {
            publication: perhaps(&reference.publication),
            sha256: reference.sha256,
            authorities: reference.authorities,
            source: borrowed(&reference.source),
            old: reference.old,
        }
    }
}

impl From<JsonReference<'_>> for Reference {
    fn from(reference: JsonReference<'_>) -> Self {
        Self {
            publication: reference.publication.map(Cow::into_owned),
            sha256: reference.sha256,
            authorities: reference.authorities,
            source: reference.source.into_owned(),
            old: reference.old,
        }
    }
}

/// A digest without its algorithm, as every report writes those of bundles.
mod hex {
    use super::*;

    pub fn serialize<S: Serializer>(digest: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&digest.hex())
    }

    pub fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        Digest::from_hex(&Cow::<'_, str>::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl From<Counts> for JsonCounts {
    fn from(counts: Counts) -> Self {
        Self {
            images: counts.images(),
            ok: counts.ok,
            outdated: counts.outdated,
            missing: counts.missing,
            unreadable: counts.unreadable,
            unknown: counts.unknown,
            not_required: counts.not_required,
            not_scanned: counts.not_scanned,
        }
    }
}

impl From<JsonCounts> for Counts {
    fn from(counts: JsonCounts) -> Self {
        Self {
            ok: counts.ok,
            outdated: counts.outdated,
            missing: counts.missing,
            unreadable: counts.unreadable,
            unknown: counts.unknown,
            not_required: counts.not_required,
            not_scanned: counts.not_scanned,
        }
    }
}

impl From<Point> for JsonPoint {
    fn from(point: Point) -> Self {
        Self { at: point.at, counts: point.counts.into() }
    }
}

impl From<JsonPoint> for Point {
    fn from(point: JsonPoint) -> Self {
        Self { at: point.at, counts: point.counts.into() }
    }
}

impl From<Bytes> for JsonBytes {
    fn from(Bytes { read, unique, total, requests }: Bytes) -> Self {
        Self { read, unique, total, requests }
    }
}

impl From<JsonBytes> for Bytes {
    fn from(JsonBytes { read, unique, total, requests }: JsonBytes) -> Self {
        Self { read, unique, total, requests }
    }
}

impl<'a> From<&'a Change> for JsonChange<'a> {
    fn from(change: &'a Change) -> Self {
        Self {
            change: JsonChangeKind(change.kind),
            image: borrowed(&change.image),
            platform: borrowed(&change.platform),
            from: change.from.map(JsonState),
            to: change.to.map(JsonState),
        }
    }
}

impl<'a> From<&'a Base> for JsonBase<'a> {
    fn from(base: &'a Base) -> Self {
        Self {
            name: perhaps(&base.name),
            layer: base.layer,
            layers: base.layers,
            platform: borrowed(&base.platform),
            images: base.images,
            repositories: base.repositories,
            broken: base.broken,
            mends: base.mends,
            parent: base.parent,
        }
    }
}

impl<'a> From<&'a Image> for JsonImage<'a> {
    fn from(image: &'a Image) -> Self {
        Self {
            repository: borrowed(&image.repository),
            tag: perhaps(&image.tag),
            digest: image.digest,
            platform: borrowed(&image.platform),
            os: perhaps(&image.os),
            user: borrowed(&image.user),
            state: JsonState(image.state),
            publication: perhaps(&image.publication),
            missing_regions: each(&image.missing_regions),
            expires: image
                .expires
                .as_deref()
                .map(|expiry| JsonExpiry { at: expiry.at, authority: borrowed(&expiry.authority) }),
            findings: image
                .findings
                .iter()
                .map(|found| JsonFound {
                    rule: borrowed(&found.rule),
                    kind: JsonKind(if found.open { Kind::Open } else { Kind::Fail }),
                    level: JsonLevel(found.level),
                })
                .collect(),
            team: perhaps(&image.team),
            base: image.base,
            first_seen: image.first_seen,
            compressed: image.compressed,
        }
    }
}

impl<'a> From<&'a Missed> for JsonMissed<'a> {
    fn from(missed: &'a Missed) -> Self {
        Self {
            repository: borrowed(&missed.repository),
            target: borrowed(&missed.target),
            team: perhaps(&missed.team),
            reason: borrowed(&missed.reason),
        }
    }
}
