//! A report: what was looked at, what is wrong with it, and what could not be looked at; and the formats it is written in.

mod json;
mod text;

use std::io;

use jiff::Timestamp;

use crate::bundle::{Judgement, Reference};
use crate::dockerfile::facts::{BundleState, Facts};
use crate::finding::{Finding, Suppression};
use crate::image;

/// A format: its name on the command line, and how it is written. A format writes what it is given; it neither filters nor judges.
pub struct Format {
    /// As in `--report NAME`.
    pub name: &'static str,
    /// Writes a whole report.
    pub write: fn(&Report, &mut dyn io::Write) -> io::Result<()>,
}

/// Every format.
pub static FORMATS: &[&Format] = &[&text::FORMAT, &json::FORMAT];

/// Everything that a run found out.
pub struct Report {
    /// The day of judgement.
    pub at: Timestamp,
    /// What bundles were compared with.
    pub reference: Reference,
    /// What was looked at, in the order in which it was asked for.
    pub targets: Vec<Target>,
    /// What is wrong, in the order of the targets.
    pub findings: Vec<Reported>,
    /// What is wrong and does not count, because somebody decided so.
    pub suppressed: Vec<Suppressed>,
    /// Whether the reader asked to see what is suppressed, where a format leaves it out.
    pub show_suppressed: bool,
    /// What was asked for and could not be looked at.
    pub not_scanned: Vec<NotScanned>,
}

/// A finding and the target it is about.
pub struct Reported {
    /// Index of the target; none for what is about the configuration.
    pub target: Option<usize>,
    /// The finding.
    pub finding: Finding,
}

/// A finding that does not count, and why.
pub struct Suppressed {
    /// The finding.
    pub reported: Reported,
    /// Why it does not count.
    pub suppression: Suppression,
}

/// Something that could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotScanned {
    /// What was asked for.
    pub target: String,
    /// Why it could not be, and what to do next.
    pub reason: String,
}

/// Something that was looked at.
pub enum Target {
    /// A Dockerfile.
    Dockerfile(Box<DockerfileTarget>),
    /// An image of one platform.
    Image(Box<ImageTarget>),
}

impl Target {
    /// What it is called.
    pub fn name(&self) -> &str {
        match self {
            Target::Dockerfile(target) => target.facts.file.name(),
            Target::Image(target) => &target.name,
        }
    }
}

/// A Dockerfile that was looked at.
pub struct DockerfileTarget {
    /// Its facts.
    pub facts: Facts,
    /// Whether the stage that ships has the bundle.
    pub bundle: BundleState,
    /// What the bundle is worth, where its bytes are known.
    pub judgement: Option<Judgement>,
}

/// An image that was looked at.
pub struct ImageTarget {
    /// As the user named it.
    pub name: String,
    /// Its facts.
    pub facts: image::Facts,
    /// What the files at the declared paths are worth, in the order of [`image::Facts::paths`]; none where there is no file.
    pub judgements: Vec<Option<Judgement>>,
    /// Size of its layers as stored, in bytes.
    pub compressed: u64,
    /// Bytes of layers that were read for it now: less where layers are shared with an image that was read before.
    pub read: u64,
}

impl Report {
    /// An empty report.
    pub fn new(reference: Reference, at: Timestamp) -> Self {
        Self {
            at,
            reference,
            targets: Vec::new(),
            findings: Vec::new(),
            suppressed: Vec::new(),
            show_suppressed: false,
            not_scanned: Vec::new(),
        }
    }

    /// Adds a target with what is wrong with it.
    pub fn add(&mut self, target: Target, findings: Vec<Finding>) {
        let index = self.targets.len();
        self.targets.push(target);
        self.findings.extend(findings.into_iter().map(|finding| Reported { target: Some(index), finding }));
    }
}
