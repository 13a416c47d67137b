//! `json`: the stable report of a sweep, `rdsca.sweep/1`, described by `docs/sweep.schema.json`; and how a saved one is read again. It is written
//! from types of its own, so that no change inside the program changes it.

mod shape;
mod shared;

use std::io;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use self::shape::{
    JsonBase, JsonBytes, JsonChange, JsonCounts, JsonImage, JsonMissed, JsonPoint, JsonReference, JsonScope,
};
use self::shared::Shared;
use super::{Base, Change, Format, Image, Missed, Point, SweepReport};

pub static FORMAT: Format = Format { name: "json", write };

/// What the report calls itself.
pub const SCHEMA: &str = "rdsca.sweep/1";

fn write(report: &SweepReport, out: &mut dyn io::Write) -> io::Result<()> {
    let written = Written {
        schema: SCHEMA,
        tool: Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
        at: report.at,
        scope: JsonScope::from(&report.scope),
        reference: JsonReference::from(&report.reference),
        counts: JsonCounts::from(report.counts()),
        previous: report.previous.map(JsonPoint::from),
        history: report.history.iter().copied().map(JsonPoint::from).collect(),
        changes: Each(&report.changes),
        bases: Each(&report.bases),
        images: Each(&report.images),
        not_scanned: Each(&report.not_scanned),
        not_images: report.not_images,
        bytes: JsonBytes::from(report.bytes),
    };
    serde_json::to_writer(&mut *out, &written)?;
    writeln!(out)
}

impl SweepReport {
    /// Reads a report that this format wrote.
    ///
    /// # Errors
    /// It is no such report; with the line and the column.
    pub fn from_json(text: &[u8]) -> Result<Self, serde_json::Error> {
        let read: Read<'_> = serde_json::from_slice(text)?;
        let mut shared = Shared::default();
        Ok(Self {
            at: read.at,
            scope: read.scope.into(),
            reference: read.reference.into(),
            previous: read.previous.map(Point::from),
            history: read.history.into_iter().map(Point::from).collect(),
            changes: read.changes.into_iter().map(|change| shared.change(change)).collect(),
            bases: read.bases.into_iter().map(|base| shared.base(base)).collect(),
            images: read.images.into_iter().map(|image| shared.image(image)).collect(),
            not_scanned: read.not_scanned.into_iter().map(|missed| shared.missed(missed)).collect(),
            not_images: read.not_images,
            bytes: read.bytes.into(),
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    schema: &'static str,
    tool: Tool,
    at: Timestamp,
    scope: JsonScope<'a>,
    reference: JsonReference<'a>,
    counts: JsonCounts,
    previous: Option<JsonPoint>,
    history: Vec<JsonPoint>,
    changes: Each<'a, Change>,
    bases: Each<'a, Base>,
    images: Each<'a, Image>,
    not_scanned: Each<'a, Missed>,
    not_images: u64,
    bytes: JsonBytes,
}

/// What is read: what is counted from the rest is not read but counted again.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read<'a> {
    #[serde(rename = "schema")]
    _schema: Schema,
    at: Timestamp,
    #[serde(borrow)]
    scope: JsonScope<'a>,
    #[serde(borrow)]
    reference: JsonReference<'a>,
    previous: Option<JsonPoint>,
    history: Vec<JsonPoint>,
    #[serde(borrow)]
    changes: Vec<JsonChange<'a>>,
    #[serde(borrow)]
    bases: Vec<JsonBase<'a>>,
    #[serde(borrow)]
    images: Vec<JsonImage<'a>>,
    #[serde(borrow)]
    not_scanned: Vec<JsonMissed<'a>>,
    #[serde(default)]
    not_images: u64,
    bytes: JsonBytes,
}

/// What a report calls itself, read only to be sure.
struct Schema;

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        if name == SCHEMA {
            return Ok(Self);
        }
        Err(serde::de::Error::custom(format!("this is a report of the kind {name:?}, and {SCHEMA:?} is read here")))
    }
}

/// Rows that are written one by one, never all of them side by side.
struct Each<'a, T>(&'a [T]);

macro_rules! each {
    ($($row:ty => $json:ty),*) => {$(
        impl Serialize for Each<'_, $row> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.0.iter().map(<$json>::from))
            }
        }
    )*};
}

each!(Change => JsonChange, Base => JsonBase, Image => JsonImage, Missed => JsonMissed);

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}
