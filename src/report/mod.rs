//! A report: what was looked at, what is wrong with it, and what could not be looked at; and the formats it is written in.

mod by_target;
mod connections;
mod csv;
pub mod difference;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod markdown;
mod markup;
mod page;
mod readable;
mod sarif;
pub mod saved;
pub mod sweep;
mod text;

use std::borrow::Cow;
use std::sync::Arc;
use std::{fmt, io};

use jiff::Timestamp;

pub use saved::Saved;

use crate::bundle::{Judgement, Reference};
use crate::client::{self, Connection};
use crate::digest::Digest;
use crate::dockerfile::facts::{BundleState, Facts};
use crate::finding::{Finding, Suppression};
use crate::image;
use crate::rules::Held;
use crate::text::SourceFile;
use crate::tree::TreePath;

/// A format: its name on the command line, and how it is written. A format writes what it is given; it neither filters nor judges.
pub struct Format {
    /// As in `--report NAME`.
    pub name: &'static str,
    /// Writes a whole report.
    pub write: fn(&Report, &mut dyn io::Write) -> io::Result<()>,
    /// Writes a report that was saved as JSON; none where more is needed than JSON says.
    pub rewrite: Option<Rewrite>,
}

/// Writes a report that was saved as JSON.
pub type Rewrite = fn(&Saved, &mut dyn io::Write) -> io::Result<()>;

/// Every format.
pub static FORMATS: &[&Format] = &[
    &text::FORMAT,
    &json::FORMAT,
    &sarif::FORMAT,
    &junit::FORMAT,
    &github::FORMAT,
    &gitlab::FORMAT,
    &markdown::FORMAT,
    &html::FORMAT,
    &csv::FORMAT,
];

/// Everything that a run found out.
pub struct Report {
    /// The day of judgement.
    pub at: Timestamp,
    /// What bundles were compared with.
    pub reference: Reference,
    /// What was looked at, in the order in which it was asked for.
    pub targets: Vec<Target>,
    /// Files that were read for connections to databases, those without any included.
    pub sources: usize,
    /// What is wrong, in the order of the targets.
    pub findings: Vec<Reported>,
    /// What is wrong and does not count, because somebody decided so.
    pub suppressed: Vec<Suppressed>,
    /// Whether the reader asked to see what is suppressed, where a format leaves it out.
    pub show_suppressed: bool,
    /// What was asked for and could not be looked at.
    pub not_scanned: Vec<NotScanned>,
    /// What stands beside images in their indexes and is none.
    pub artifacts: Vec<Artifact>,
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

/// Something in an index that is no image, and so was passed over: a signature, an attestation, an SBOM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// What was asked for, and leads to the index.
    pub target: String,
    /// Digest of its manifest.
    pub digest: Digest,
    /// What it is, in the index's words or its own: its artifact type, or `unknown/unknown` where only its platform says it.
    pub kind: String,
}

/// Something that was looked at.
pub enum Target {
    /// A Dockerfile.
    Dockerfile(Box<DockerfileTarget>),
    /// A file that connects to databases.
    Source(Box<SourceTarget>),
    /// An image of one platform.
    Image(Box<ImageTarget>),
}

impl Target {
    /// The name of the file that it is in, or of the image.
    pub fn file(&self) -> &str {
        match self {
            Target::Dockerfile(target) => target.built_as.written_in.as_deref().unwrap_or_else(|| self.name()),
            Target::Source(_) | Target::Image(_) => self.name(),
        }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        match self {
            Target::Dockerfile(target) => target.facts.file.name(),
            Target::Source(target) => target.file.name(),
            Target::Image(target) => &target.name,
        }
    }

    /// What tells its findings from those of others: its name, and the build where it is one of several of one Dockerfile.
    pub fn subject(&self) -> Cow<'_, str> {
        match self {
            Target::Dockerfile(target) if target.built_as.one_of_several => {
                Cow::Owned(format!("{} ({})", self.name(), target.built_as.named_by))
            }
            _ => Cow::Borrowed(self.name()),
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
    /// As which build it was looked at.
    pub built_as: BuiltAs,
}

/// As which build a Dockerfile was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuiltAs {
    /// The folder that is the context; none where only the Dockerfile is known.
    pub context: Option<String>,
    /// Whether nobody says that, and it is the folder where all is that the Dockerfile copies.
    pub inferred: bool,
    /// The compose and bake files that describe this build.
    pub named_by: NamedBy,
    /// The compose or bake file that the Dockerfile stands in; none where it is a file of its own.
    pub written_in: Option<String>,
    /// Whether the same Dockerfile was looked at as another build, too.
    pub one_of_several: bool,
}

/// Who describes a build: files, and the services or targets in each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedBy {
    files: Vec<(String, Vec<String>)>,
}

impl NamedBy {
    /// Adds a service or target of a file.
    pub fn add(&mut self, file: &str, name: &str) {
        match self.files.iter_mut().find(|(other, _)| other == file) {
            // A file that is read for itself and included by another one names its builds twice.
            Some((_, names)) if names.iter().any(|other| other == name) => {}
            Some((_, names)) => names.push(name.to_owned()),
            None => self.files.push((file.to_owned(), vec![name.to_owned()])),
        }
    }

    /// Whether nobody does.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Files with their services or targets.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.files.iter().map(|(file, names)| (file.as_str(), names.as_slice()))
    }
}

impl fmt::Display for NamedBy {
    /// `compose.yaml: api, worker; docker-bake.hcl: api`
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = self.files.iter().map(|(file, names)| format!("{file}: {}", names.join(", ")));
        out.write_str(&files.collect::<Vec<_>>().join("; "))
    }
}

/// A file that connects to databases.
pub struct SourceTarget {
    /// Its text.
    pub file: Arc<SourceFile>,
    /// What connects there, in its order.
    pub connections: Vec<JudgedConnection>,
}

/// A connection, and what it comes to where it is made.
pub struct JudgedConnection {
    /// The connection.
    pub connection: Connection,
    /// What it comes to.
    pub judgement: client::Judgement,
    /// The file of the image that it stands in; none in a source tree, and for the image's environment.
    pub path: Option<TreePath>,
}

/// An image that was looked at.
pub struct ImageTarget {
    /// As the user named it.
    pub name: String,
    /// Its facts.
    pub facts: image::Facts,
    /// What the files at the declared paths are worth, in the order of [`image::Facts::paths`]; none where there is no file.
    pub judgements: Vec<Option<Judgement>>,
    /// RDS authorities in a store, where no declared path leads to a file.
    pub held: Option<Held>,
    /// What connects to databases in it.
    pub connections: Vec<JudgedConnection>,
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
            sources: 0,
            findings: Vec::new(),
            suppressed: Vec::new(),
            show_suppressed: false,
            not_scanned: Vec::new(),
            artifacts: Vec::new(),
        }
    }

    /// Names the same finding in two runs.
    pub fn fingerprint(&self, reported: &Reported) -> Digest {
        let target = reported.target.and_then(|target| self.targets.get(target));
        reported.finding.fingerprint(&target.map(Target::subject).unwrap_or_default())
    }

    /// Adds a target with what is wrong with it.
    pub fn add(&mut self, target: Target, findings: Vec<Finding>) {
        let index = self.targets.len();
        self.targets.push(target);
        self.findings.extend(findings.into_iter().map(|finding| Reported { target: Some(index), finding }));
    }
}
