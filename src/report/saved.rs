//! A report as `rdsca.report/1` says it, read again. Formats for other programs are written from this, so that a report that was saved and one
//! that was just made give the same bytes.

use std::io;

use serde::Deserialize;

use super::{Report, json, readable};

pub use super::json::SCHEMA;

/// A saved report; what no format asks for is not read.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Saved {
    schema: String,
    /// The day of judgement, as RFC 3339 has it.
    pub at: String,
    /// What bundles were compared with.
    pub reference: Reference,
    /// What was looked at.
    pub targets: Vec<Target>,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What is wrong and does not count.
    pub suppressed: Vec<Suppressed>,
    /// What was asked for and could not be looked at.
    pub not_scanned: Vec<NotScanned>,
    /// What stands beside images in their indexes and is none. Not in the first reports of this schema.
    #[serde(default)]
    pub artifacts: Vec<Artifact>,
}

/// What bundles were compared with.
#[derive(Clone, Debug, Deserialize)]
pub struct Reference {
    /// The day of its publication.
    pub publication: Option<String>,
    /// How many authorities it has.
    pub authorities: usize,
    /// `builtin`, or a file's name.
    pub source: String,
}

impl Reference {
    /// For people: "the bundle of 2026-09-30 (111 authorities)".
    pub fn describe(&self) -> String {
        match &self.publication {
            Some(date) => format!("the bundle of {date} ({} authorities)", self.authorities),
            None => format!("{} ({} authorities)", self.source, self.authorities),
        }
    }
}

/// Something that was looked at.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// `dockerfile`, `image`, …
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The platform of an image.
    pub platform: Option<String>,
    /// The operating system, where it is known.
    pub os: Option<Os>,
    /// What is known of the bundle; none for a source file.
    pub bundle: Option<Bundle>,
}

/// An operating system, as os-release names it.
#[derive(Clone, Debug, Deserialize)]
pub struct Os {
    /// `amzn`, …
    pub id: String,
    /// `2023`, …
    pub version: Option<String>,
}

/// What is known of a bundle.
#[derive(Clone, Debug, Deserialize)]
pub struct Bundle {
    /// `present`, `absent`, …
    pub state: String,
    /// Where it is, or should be.
    pub path: Option<String>,
    /// What it is worth.
    pub verdict: Option<String>,
    /// The publication that it is.
    pub publication: Option<String>,
    /// Whether the user can read it.
    pub readable: Option<bool>,
}

impl Target {
    /// Its name, and the platform where it has one.
    pub fn title(&self) -> String {
        match &self.platform {
            Some(platform) => format!("{} ({platform})", self.name),
            None => self.name.clone(),
        }
    }
}

/// What is wrong.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The rule's id.
    pub rule: String,
    /// `fail`, or `open` where it could not be told.
    pub kind: String,
    /// `error`, `warning` or `note`.
    pub level: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Index of the target.
    pub target: Option<usize>,
    /// Where.
    pub location: Option<Location>,
    /// The same for the same finding in another run.
    pub fingerprint: String,
}

impl Finding {
    /// Whether it could not be told.
    pub fn is_open(&self) -> bool {
        self.kind == "open"
    }
}

/// Where: a part of a text, or a path in an image.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// The file, or the path in the image.
    pub path: Option<String>,
    /// Line, from 1; none in an image.
    pub start_line: Option<usize>,
    /// Column in characters, from 1.
    pub start_column: Option<usize>,
    /// The last line.
    pub end_line: Option<usize>,
    /// The column behind the last character.
    pub end_column: Option<usize>,
}

/// A finding that does not count, and why.
#[derive(Clone, Debug, Deserialize)]
pub struct Suppressed {
    /// The finding.
    #[serde(flatten)]
    pub finding: Finding,
    /// Why.
    pub suppression: Suppression,
}

/// Why a finding does not count.
#[derive(Clone, Debug, Deserialize)]
pub struct Suppression {
    /// `inSource` or `external`.
    pub kind: String,
    /// The reason that was given.
    pub justification: String,
}

/// What could not be looked at.
#[derive(Clone, Debug, Deserialize)]
pub struct NotScanned {
    /// What was asked for.
    pub target: String,
    /// Why.
    pub reason: String,
}

/// Something in an index that is no image, and so was passed over.
#[derive(Clone, Debug, Deserialize)]
pub struct Artifact {
    /// What it is, in the index's words or its own.
    pub kind: String,
}

/// Why a text is no saved report.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// It is no JSON, or lacks something.
    #[error("{0}")]
    Malformed(#[from] serde_json::Error),
    /// It is of another kind.
    #[error("it is a report of the kind {0:?}, and {SCHEMA:?} is read here")]
    Schema(String),
}

impl Saved {
    /// What the JSON report of a run says.
    pub(super) fn of(report: &Report) -> io::Result<Self> {
        json::value(report).and_then(serde_json::from_value).map_err(io::Error::other)
    }

    /// Reads a report that was saved as JSON.
    ///
    /// # Errors
    /// It is none; with the line and the column.
    pub fn read(text: &[u8]) -> Result<Self, SavedError> {
        let saved: Self = serde_json::from_slice(text)?;
        if saved.schema == SCHEMA { Ok(saved) } else { Err(SavedError::Schema(saved.schema)) }
    }

    /// The day of judgement.
    pub fn day(&self) -> &str {
        self.at.split('T').next().unwrap_or_default()
    }

    /// How many artifacts were passed over; none where there were none. In words of others.
    pub fn passed_over(&self) -> Option<String> {
        readable::passed_over(self.artifacts.iter().map(|artifact| artifact.kind.as_str()))
    }

    /// The target of a finding.
    pub fn target(&self, finding: &Finding) -> Option<&Target> {
        self.targets.get(finding.target?)
    }

    /// The file that a finding points into, with its place; else the name of what it is about.
    pub fn file<'s>(&'s self, finding: &'s Finding) -> (&'s str, Option<&'s Location>) {
        let whole = || self.target(finding).map_or(".rdsca.yaml", |target| target.name.as_str());
        match &finding.location {
            Some(location) if location.start_line.is_some() => {
                (location.path.as_deref().unwrap_or_else(&whole), Some(location))
            }
            _ => (whole(), None),
        }
    }
}
