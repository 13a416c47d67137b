//! The facts about one image of one platform, for rules to judge.

use std::collections::BTreeMap;

use super::programs::{Package, Program};
use crate::bundle::Contents;
use crate::digest::Digest;
use crate::tree::{Attributes, TreePath};

/// Everything known about one image.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Digest of its manifest.
    pub manifest: Digest,
    /// Operating system and architecture it is made for: `linux/amd64`, `linux/arm64/v8`.
    pub platform: String,
    /// Its layers, the lowest first.
    pub layers: Vec<Origin>,
    /// How many of the lowest layers were not read, because those above them settle what is at [`Facts::paths`]. Nothing else that
    /// is said here is said of what they hold.
    pub unread: usize,
    /// Whom its processes run as.
    pub user: User,
    /// The environment of its processes; of a variable that is set twice, the last.
    pub environment: BTreeMap<String, String>,
    /// The directory its processes begin in, as declared; empty means the root.
    pub working_directory: String,
    /// The instructions that run where it is built upon (`ONBUILD`).
    pub on_build: Vec<String>,
    /// The variables of its environment that name certificates, and what is there.
    pub ca_variables: Vec<CaVariable>,
    /// Programs that connect to databases, by path.
    pub programs: Vec<Program>,
    /// The drivers of databases that are installed, by name.
    pub packages: Vec<Package>,
    /// What is at the paths where those programs look for authorities.
    pub program_files: Vec<CaPlace>,
    /// The directory that keeps its user from what libpq looks for in his home, with mode and owner; none where none does.
    pub home_barrier: Option<(TreePath, Attributes)>,
    /// Its operating system, from the merged file system.
    pub os: Reading<OperatingSystem>,
    /// The paths asked for, in the order asked.
    pub paths: Vec<PathFacts>,
    /// Every file with certificates in the overlay view, by path without links, whether asked for or not.
    pub certificate_files: Vec<CertificateFile>,
    /// Whether [`Facts::certificate_files`] has all of them; there is a bound on how many are kept of one layer.
    pub certificate_files_complete: bool,
    /// Files with private keys in the overlay view, without links: those in places for certificates, and others as far as they
    /// are certain.
    pub private_key_files: Vec<File>,
    /// Keystores in the overlay view that could not be opened, without links.
    pub locked_keystores: Vec<File>,
    /// Links to the system's certificates that a directory hides.
    pub hidden_links: Vec<HiddenLink>,
    /// Why some runtimes refuse this image; empty for nearly every one.
    pub refusals: Vec<Refusal>,
}

/// Something that may be absent, and that may not be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading<T> {
    /// So it is.
    Known(T),
    /// There is none.
    Absent,
    /// Could not be told, and why.
    Unknown(String),
}

/// An operating system, from os-release(5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatingSystem {
    /// `ID`: `amzn`, `debian`; `linux` where the file does not say.
    pub id: String,
    /// `VERSION_ID`: `2023`, `12`.
    pub version: Option<String>,
}

impl OperatingSystem {
    /// Whether it is Amazon Linux.
    pub fn is_amazon(&self) -> bool {
        self.id == "amzn"
    }
}

/// Whom the image's processes run as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// `config.User` as written; empty means root.
    pub declared: String,
    /// The numbers, or why they could not be told (a name that `/etc/passwd` does not have: such a container does not start).
    pub identity: Result<Identity, String>,
}

/// User and groups by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// User.
    pub uid: u32,
    /// Primary group.
    pub gid: u32,
    /// Supplementary groups, from `/etc/group`.
    pub groups: Vec<u32>,
}

/// A layer as the image uses it, or where in an image something came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Index of the layer, the lowest is 0.
    pub index: usize,
    /// Digest of the layer as stored.
    pub layer: Digest,
    /// The instruction that made it, from the image's history (a stranger's words: escape them).
    pub created_by: Option<String>,
}

/// The answers for one path.
#[derive(Clone, Debug)]
pub struct PathFacts {
    /// The path as asked for.
    pub path: TreePath,
    /// As the kernel merges separately unpacked layers: what nearly every node runs.
    pub overlay: Answer,
    /// As unpacked one layer after another into one tree: umoci, native and vfs snapshotters, kaniko.
    pub applied: Answer,
    /// Whether the two differ in what is there: a file and which bytes, or nothing.
    pub runtime_dependent: bool,
    /// Whether every runtime takes the image; where not, [`Facts::refusals`] says why.
    pub portable: bool,
}

/// What is at a path.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A regular file.
    Present(Box<File>),
    /// It was there, or a directory on the way was, until a layer removed it.
    Removed {
        /// Who removed it.
        by: Origin,
    },
    /// Nothing, and nothing ever was.
    Absent,
    /// Something, but not a file that can be read.
    Unusable {
        /// What is in the way.
        obstacle: Obstacle,
        /// Where it is, without links.
        at: TreePath,
        /// Who put it there.
        origin: Option<Origin>,
    },
    /// Could not be told.
    Unknown {
        /// Why, in half a sentence.
        why: String,
    },
}

/// What can be in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Obstacle {
    /// A link on the way, or the path itself, leads to nothing.
    DanglingLink,
    /// Links lead in a circle, or through more than 40.
    LinkLoop,
    /// A directory.
    Directory,
    /// A character or block device.
    Device,
    /// A named pipe.
    Fifo,
}

impl Obstacle {
    /// The kind as reports name it: `symlink`, `directory`, `device` or `fifo`.
    pub const fn kind(self) -> &'static str {
        match self {
            Obstacle::DanglingLink | Obstacle::LinkLoop => "symlink",
            Obstacle::Directory => "directory",
            Obstacle::Device => "device",
            Obstacle::Fifo => "fifo",
        }
    }
}

/// A regular file.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// Its path without links.
    pub resolved: TreePath,
    /// Digest of its bytes.
    pub sha256: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Its mode and owner.
    pub attributes: Attributes,
    /// Who put it there.
    pub origin: Origin,
    /// What certificates it holds; none where it is larger than what is read for certificates, or shows no sign of any.
    pub contents: Option<Contents>,
    /// Whether the image's user can read it.
    pub access: Access,
}

/// Whether a user can read a file: the file's own bits and those of every directory on the way, links' ways included.
/// Capabilities and access control lists are not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Yes.
    Granted,
    /// No: this directory or file is closed to the user.
    Denied {
        /// What is closed.
        at: TreePath,
        /// Its mode and owner.
        attributes: Attributes,
    },
    /// Could not be told: the user's numbers are not known.
    Unknown,
}

/// A file that holds certificates.
#[derive(Clone, Debug, PartialEq)]
pub struct CertificateFile {
    /// The file.
    pub file: File,
    /// The certificates.
    pub contents: Contents,
}

/// A variable of the environment by which a program finds certificates.
#[derive(Clone, Debug)]
pub struct CaVariable {
    /// Its name.
    pub name: &'static str,
    /// Who reads it.
    pub read_by: &'static str,
    /// What it has to lead to.
    pub wanted: Wanted,
    /// What it says (a stranger's words: escape them).
    pub value: String,
    /// What is at the places it names, of which one has to be there; none where it can't be told what it means.
    pub places: Vec<CaPlace>,
}

/// What a variable has to lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// One or the other.
    Either,
}

/// A place that a variable names.
#[derive(Clone, Debug)]
pub struct CaPlace {
    /// What the image has there.
    pub facts: PathFacts,
    /// Where something else may be mounted over it when the image runs: a volume, or the usual place for secrets.
    pub mount: Option<TreePath>,
}

/// A link to the system's certificates that a layer has put a directory over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HiddenLink {
    /// Where the link was.
    pub path: TreePath,
    /// Where it led.
    pub target: TreePath,
    /// Who put the directory over it.
    pub by: Origin,
    /// How many files and links with certificates can't be found at the path any more.
    pub lost: usize,
    /// Whether it is so in the overlay view; if not, it is so in the applied one.
    pub in_overlay: bool,
}

/// Why some runtimes do not take an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The layer.
    pub origin: Origin,
    /// What is wrong with it, in half a sentence that names the path.
    pub why: String,
}
