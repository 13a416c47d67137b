//! The report of a sweep: every image of a registry, what it lacks, whom it belongs to, what it is built upon, and what changed. Plain data:
//! it knows no store, so that a test makes one by hand and a saved one is read again.
//!
//! A hundred thousand images are kept in about 30 MB, because what repeats (repositories, platforms, systems, findings) is shared.

mod base;
mod comparison;
mod counts;
mod csv;
mod html;
mod json;
mod summary;
mod text;

use std::io;
use std::sync::Arc;

use jiff::Timestamp;

pub use base::{Base, BaseTree, Built};
pub use comparison::{Change, ChangeKind, Known, Seen, compare};
pub use counts::{Counts, State};
pub use json::SCHEMA;
pub use summary::{Expiring, Group, Region, by_region, by_repository, by_team, expiring};
pub use text::write_difference;

use crate::bundle;
use crate::digest::Digest;
use crate::finding::Level;

/// A format: its name on the command line, and how it is written.
pub struct Format {
    /// As in `--report NAME`.
    pub name: &'static str,
    /// Writes a whole report.
    pub write: fn(&SweepReport, &mut dyn io::Write) -> io::Result<()>,
}

/// Every format of a sweep's report.
pub static FORMATS: &[&Format] = &[&text::FORMAT, &json::FORMAT, &csv::FORMAT, &html::FORMAT];

/// Everything that a sweep found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepReport {
    /// The day of judgement.
    pub at: Timestamp,
    /// What was looked through, and whether all of it was.
    pub scope: Scope,
    /// What bundles were compared with.
    pub reference: Reference,
    /// The sweep before this one; none where this is the first.
    pub previous: Option<Point>,
    /// Earlier sweeps and this one, the oldest first: what a burn-down is drawn from.
    pub history: Vec<Point>,
    /// What is another than in the sweep before.
    pub changes: Vec<Change>,
    /// Every image that was looked at, by name and platform.
    pub images: Vec<Image>,
    /// What images are built upon, the one whose repair mends most first.
    pub bases: Vec<Base>,
    /// What could not be looked at, and why.
    pub not_scanned: Vec<Missed>,
    /// Tags that are no image, or none for the platforms that are wanted: charts, signatures, attestations.
    pub not_images: u64,
    /// What was moved.
    pub bytes: Bytes,
}

/// What was looked through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Registries and prefixes as they were named, or where the list of images came from.
    pub registries: Vec<String>,
    /// Filters as they were given: `--tags 'v*'`.
    pub filters: Vec<String>,
    /// What else is to be known of how it was looked through, a sentence each without a full stop.
    pub notes: Vec<String>,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// Why not all was looked through: half a sentence; none where all was.
    pub incomplete: Option<String>,
}

/// The bundle that others were compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The day of its publication, as AWS's own name for it; none for a file that AWS never published.
    pub publication: Option<String>,
    /// SHA-256 of the file.
    pub sha256: Digest,
    /// How many authorities are in it.
    pub authorities: usize,
    /// `builtin`, or a file's name.
    pub source: String,
    /// Whether it was more than 90 days old, so that AWS may have replaced it.
    pub old: bool,
}

impl Reference {
    /// What of a reference a report tells.
    pub fn of(reference: &bundle::Reference, at: Timestamp) -> Self {
        Self {
            publication: reference.first_seen.clone(),
            sha256: reference.sha256,
            authorities: reference.count,
            source: reference.source.clone(),
            old: reference.is_old(at),
        }
    }

    /// For people: "the bundle of 2026-09-30 (111 authorities)".
    pub fn describe(&self) -> String {
        match &self.publication {
            Some(date) => format!("the bundle of {date} ({} authorities)", self.authorities),
            None => format!("{} ({} authorities)", self.source, self.authorities),
        }
    }
}

/// A sweep in one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// When it ended.
    pub at: Timestamp,
    /// What it counted.
    pub counts: Counts,
}

/// One image of one platform, under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Registry and repository: `registry.example.com/shop/orders`.
    pub repository: Arc<str>,
    /// Its tag; none where it was named by its digest.
    pub tag: Option<Box<str>>,
    /// Digest of its manifest.
    pub digest: Digest,
    /// `linux/amd64`.
    pub platform: Arc<str>,
    /// Its operating system for people: `Amazon Linux 2023`, `debian 12`; none where there is none or it could not be told.
    pub os: Option<Arc<str>>,
    /// `config.User` as written; empty means root.
    pub user: Arc<str>,
    /// Whether what runs in it can verify its database.
    pub state: State,
    /// The publication that its bundle equals, as a date; none where it has none or equals none.
    pub publication: Option<Arc<str>>,
    /// Regions of the reference whose databases it can't verify with the bundle it has.
    pub missing_regions: Arc<[Arc<str>]>,
    /// The authority of its bundle that expires next.
    pub expires: Option<Arc<Expiry>>,
    /// What is wrong and counts, in the order of the rules.
    pub findings: Arc<[Found]>,
    /// Whose it is; none where no team's pattern fits.
    pub team: Option<Arc<str>>,
    /// What it is built upon: index of [`SweepReport::bases`]. The nearest; what that is built upon is its [`Base::parent`].
    pub base: Option<u32>,
    /// When a sweep first saw this name point at this digest.
    pub first_seen: Timestamp,
    /// Size of its layers as stored, in bytes.
    pub compressed: u64,
}

impl Image {
    /// Its name: `registry.example.com/shop/orders:1.4`, or with its digest where it has no tag.
    pub fn name(&self) -> String {
        match &self.tag {
            Some(tag) => format!("{}:{tag}", self.repository),
            None => format!("{}@{}", self.repository, self.digest),
        }
    }
}

/// When an authority ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Expiry {
    /// Its last second.
    pub at: Timestamp,
    /// Its common name.
    pub authority: String,
}

/// A rule that found something.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Found {
    /// Its id.
    pub rule: Arc<str>,
    /// How bad.
    pub level: Level,
    /// Whether it could not be told.
    pub open: bool,
}

/// What could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// Registry and repository.
    pub repository: Arc<str>,
    /// As it was asked for: an image, perhaps with its platform in brackets, or the repository itself where that could not be listed.
    pub target: Box<str>,
    /// Whose it is.
    pub team: Option<Arc<str>>,
    /// Why, and what to do next.
    pub reason: Box<str>,
}

/// What was moved, in bytes as stored and in requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes {
    /// Bytes of layers that were read now.
    pub read: u64,
    /// Bytes of all layers, each counted once.
    pub unique: u64,
    /// Bytes of all layers, counted once for each image.
    pub total: u64,
    /// Requests to registries.
    pub requests: u64,
}

impl SweepReport {
    /// What it counts.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.images.iter().for_each(|image| counts.add(image.state));
        counts.not_scanned = self.not_scanned.len() as u64;
        counts
    }
}
