//! What is put into a store and what comes out of it.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::oci::layer::Watch;

/// A row of any table.
pub type Id = i64;

/// A sweep that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Its id.
    pub sweep: Id,
    /// When it first began.
    pub at: Timestamp,
    /// Whether it goes on with one that was not finished.
    pub resumed: bool,
    /// Bytes of layers that it has moved before.
    pub bytes: u64,
}

/// How a sweep ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// Whether all was done. One that is not complete is gone on with.
    pub complete: bool,
    /// What it counted, as JSON.
    pub counts: String,
}

/// A sweep, whatever became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepRow {
    /// Its id.
    pub id: Id,
    /// Its scope, as it was begun with.
    pub scope: String,
    /// When it first began.
    pub began: Timestamp,
    /// When it ended; none while it is under way, or where it was killed and is not gone on with yet.
    pub ended: Option<Timestamp>,
    /// Whether all was done.
    pub complete: bool,
    /// What it counted, as JSON; none where it never came to a report.
    pub counts: Option<String>,
}

/// How far the list of a registry's repositories has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Where it goes on; none at the beginning.
    pub cursor: Option<String>,
    /// Whether it is at its end.
    pub done: bool,
    /// Why it cannot be had, or not all of it.
    pub failure: Option<String>,
}

/// Work that the store knows the state of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// To list the tags of a repository.
    Repository,
    /// To find out what a tag points at.
    Tag,
    /// To read a layer.
    Layer,
}

/// How long a claim holds, and what may be claimed.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    /// Now.
    pub now: Timestamp,
    /// When it ends.
    pub until: Timestamp,
    /// The largest layer that may be claimed, in bytes.
    pub largest: u64,
    /// How many pieces of work may be claimed.
    pub most: usize,
}

/// What a claim came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim {
    /// Something to do, at least one piece of it and at most as many as were asked for.
    Work(Vec<Work>),
    /// Nothing before this time: all is claimed, postponed, or on a host that is blocked.
    Wait(Timestamp),
    /// Nothing but layers that are too large for what is left of the budget.
    TooLarge,
    /// Nothing more.
    Nothing,
    /// Somebody wants the sweep to stop.
    Stopping,
}

/// What became of a claimed tag of which it was said where it points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointed {
    /// It points there.
    There,
    /// What is there has to be read: nobody has looked it through with this filter of platforms, or something was wrong with it.
    Unknown,
    /// Its claim has ended; whoever has it now says so.
    Lost,
}

/// A right to a piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The sweep.
    pub sweep: Id,
    /// What kind of work.
    pub step: Step,
    /// Which row.
    pub id: Id,
    /// Grows with every claim of that row.
    pub fence: i64,
}

/// A piece of work.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// To list the tags of a repository.
    Repository(RepositoryWork),
    /// To find out what a tag points at.
    Tag(TagWork),
    /// To read a layer.
    Layer(LayerWork),
}

impl Work {
    /// What it has in common with others.
    pub fn pending(&self) -> &Pending {
        match self {
            Work::Repository(work) => &work.pending,
            Work::Tag(work) => &work.pending,
            Work::Layer(work) => &work.pending,
        }
    }
}

/// What all pieces of work have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The right to it.
    pub ticket: Ticket,
    /// How often it has failed.
    pub attempts: u32,
    /// The registry.
    pub registry: String,
    /// The repository.
    pub repository: String,
}

/// A repository whose tags are to be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryWork {
    /// The work.
    pub pending: Pending,
    /// Where the list goes on.
    pub cursor: Option<String>,
}

/// That the list of a claimed repository has come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListEnd {
    /// The right to say so.
    pub ticket: Ticket,
    /// Its last tags.
    pub last: Vec<NewTag>,
    /// Tags of it that the sweep leaves out.
    pub dropped: Vec<Id>,
}

/// A tag to look up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagWork {
    /// The work.
    pub pending: Pending,
    /// Its name; or a digest, for an image that was named by it.
    pub name: String,
    /// What the list says that it points at.
    pub listed: Option<Digest>,
    /// What it pointed at when it was looked up before.
    pub known: Option<Digest>,
}

/// A layer to read.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerWork {
    /// The work.
    pub pending: Pending,
    /// Its digest.
    pub digest: Digest,
    /// Its size as stored, in bytes.
    pub size: u64,
    /// The digest of its uncompressed bytes, as the config says of the image that it was first seen in.
    pub diff_id: Digest,
    /// What is to be recorded of it.
    pub watch: Watch,
}

/// A tag as a list has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTag {
    /// Its name.
    pub name: String,
    /// What it points at, where the list says so.
    pub digest: Option<Digest>,
    /// When it was pushed, where the list says so.
    pub pushed: Option<Timestamp>,
}

/// A manifest or index that a tag points at.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRoot {
    /// Its digest.
    pub digest: Digest,
    /// The platforms that were looked for in it.
    pub platforms: String,
    /// The images behind it. None in what is no image: a chart, a signature.
    pub images: Vec<NewImage>,
}

/// An image of one platform.
#[derive(Clone, Debug, PartialEq)]
pub struct NewImage {
    /// Digest of its manifest.
    pub digest: Digest,
    /// `linux/amd64`.
    pub platform: String,
    /// What its config says and judgement needs, as JSON.
    pub settings: String,
    /// What has to be known of its layers.
    pub watch: Watch,
    /// Its layers, the lowest first.
    pub layers: Vec<NewLayer>,
    /// Why it cannot be judged, whatever its layers hold.
    pub failure: Option<String>,
}

/// A layer as an image has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLayer {
    /// Its digest.
    pub digest: Digest,
    /// Its size as stored, in bytes.
    pub size: u64,
    /// What it is said to be.
    pub media_type: String,
    /// The digest of its uncompressed bytes, as the image's config says.
    pub diff_id: Digest,
    /// The instruction that made it.
    pub instruction: Option<String>,
}

/// An image, to be judged.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageRow {
    /// Its id.
    pub id: Id,
    /// Digest of its manifest.
    pub digest: Digest,
    /// As in [`NewImage::settings`].
    pub settings: String,
    /// As in [`NewImage::watch`], or larger.
    pub watch: Arc<Watch>,
    /// Its layers, the lowest first.
    pub layers: Vec<LayerRow>,
    /// As in [`NewImage::failure`].
    pub failure: Option<String>,
}

/// A layer of an image, to be judged.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerRow {
    /// Its id.
    pub id: Id,
    /// As in [`NewLayer`].
    pub layer: NewLayer,
    /// What its facts go over; none where there are none.
    pub watch: Option<Arc<Watch>>,
}

/// What rules say of an image. It has no names, so that many images share one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Verdict {
    /// Whether there is a file where the bundle should be.
    pub has_bundle: bool,
    /// Its operating system, for people.
    pub os: Option<String>,
    /// The publication that its bundle equals, as a date.
    pub publication: Option<String>,
    /// Regions whose databases its bundle does not verify.
    pub missing_regions: Vec<String>,
    /// The authority of its bundle that expires next.
    pub expires: Option<VerdictExpiry>,
    /// What is wrong, in the order of the rules.
    pub findings: Vec<VerdictFinding>,
    /// The layer, counted from 0, that put there or removed what is wrong.
    pub decided_by: Option<u32>,
}

/// When an authority ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerdictExpiry {
    /// Its last second, since 1970.
    pub at: i64,
    /// Its common name.
    pub authority: String,
}

/// A finding of a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerdictFinding {
    /// The rule.
    pub rule: String,
    /// `error`, `warning` or `note`.
    pub level: String,
    /// Whether it could not be told.
    pub open: bool,
}

/// A tag, for the report.
#[derive(Clone, Debug, PartialEq)]
pub struct TagRow {
    /// Its id.
    pub id: Id,
    /// The registry.
    pub registry: String,
    /// The repository.
    pub repository: String,
    /// Its name; or a digest.
    pub name: String,
    /// Why it could not be looked up; none where it could, or where that is still to be done.
    pub failure: Option<String>,
    /// Whether it was looked up.
    pub resolved: bool,
    /// The images behind it.
    pub images: Vec<TagImage>,
}

/// An image behind a tag, for the report.
#[derive(Clone, Debug, PartialEq)]
pub struct TagImage {
    /// Its id.
    pub id: Id,
    /// Digest of its manifest.
    pub digest: Digest,
    /// `linux/amd64`.
    pub platform: Arc<str>,
    /// As in [`NewImage::settings`].
    pub settings: Arc<str>,
    /// Its layers, the lowest first, with their sizes as stored.
    pub layers: Vec<(Digest, u64)>,
    /// When a sweep first saw the tag point at it.
    pub first_seen: Option<Timestamp>,
    /// What rules say of it, and by what that was reached.
    pub verdict: Option<(Arc<Verdict>, Arc<str>)>,
    /// Why there is no verdict, where that is known.
    pub failure: Option<String>,
}

/// That a tag points at an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The tag.
    pub tag: Id,
    /// The image.
    pub image: Id,
    /// What came of it.
    pub state: String,
}

/// What could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// An image, a repository or a registry, as reports name it.
    pub target: String,
    /// Why.
    pub reason: String,
}

/// What is left to do in a sweep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remaining {
    /// Repositories of the sweep.
    pub repositories: u64,
    /// Repositories to list.
    pub repositories_left: u64,
    /// Tags of the sweep.
    pub tags: u64,
    /// Tags to look up.
    pub tags_left: u64,
    /// Layers to read.
    pub layers_left: u64,
    /// Bytes of those layers as stored.
    pub bytes_left: u64,
}
