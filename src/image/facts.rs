//! The facts about one image of one platform. Facts say what is; the rules say what is wrong.

use std::sync::Arc;

use crate::bundle::Contents;
use crate::digest::Digest;
use crate::oci::manifest::{Config, Platform};
use crate::tree::{Attributes, TreePath};

/// Everything known about one image.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Operating system and architecture it is made for.
    pub platform: Platform,
    /// Its configuration: user, environment, labels.
    pub config: Config,
    /// Whom its processes run as.
    pub user: User,
    /// The operating system as `os-release` in the merged tree tells it.
    pub os: Os,
    /// Its layers, the lowest first.
    pub layers: Vec<Arc<Layer>>,
    /// The answers for the paths asked for, in the order they were asked.
    pub paths: Vec<PathFacts>,
    /// Every file with at least one certificate anywhere in the merged overlay view, in the order of their paths; the ones
    /// at the paths asked for too.
    pub certificates: Vec<File>,
    /// Why some runtimes refuse to unpack it; empty for an image that every runtime takes.
    pub refusals: Vec<String>,
    /// Layers that could not be read, each with the reason: nothing is *absent* while there is one.
    pub unread: Vec<(Digest, String)>,
}

/// A layer of the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The digest of its blob, as the manifest names it.
    pub digest: Digest,
    /// Size of its blob in bytes.
    pub size: u64,
    /// The instruction that made it, where the image's history tells (`created_by`).
    pub created_by: Option<String>,
}

/// The user of the configuration, resolved in the merged tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// As the configuration has it (`1000`, `app:staff`); empty means root.
    pub name: String,
    /// Its numbers; none where the name is not in `/etc/passwd` or that could not be read.
    pub ids: Option<Ids>,
}

/// Numbers of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ids {
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// Supplementary groups from `/etc/group`.
    pub groups: Vec<u32>,
}

/// The operating system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Os {
    /// What `os-release` says.
    Known {
        /// `ID`, such as `amzn`.
        id: String,
        /// `VERSION_ID`, such as `2023`.
        version: Option<String>,
    },
    /// There is no `os-release`.
    Absent,
    /// It could not be read.
    Unknown,
}

impl Os {
    /// Whether it is Amazon Linux.
    pub fn is_amazon(&self) -> bool {
        matches!(self, Os::Known { id, .. } if id == "amzn")
    }
}

/// What is at one path.
#[derive(Clone, Debug)]
pub struct PathFacts {
    /// The path asked for.
    pub path: TreePath,
    /// As the kernel's overlayfs merges the layers: what nearly every node runs, and so *the* answer.
    pub overlay: Answer,
    /// As runtimes see it that unpack one layer on top of the other.
    pub applied: Answer,
    /// Whether runtimes see different things here.
    pub runtime_dependent: bool,
    /// Whether every runtime takes the layers (see [`Facts::refusals`]).
    pub portable: bool,
}

/// What one view has at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A regular file.
    Present(Box<File>),
    /// It was there until a layer removed it, or a directory above it.
    Removed {
        /// The layer that removed it.
        by: Arc<Layer>,
    },
    /// Nothing is there.
    Absent,
    /// Something that cannot be read as a file.
    Unusable {
        /// What it is.
        what: Unusable,
        /// The layer that put it there; none for a loop or a dangling link that no single layer made.
        by: Option<Arc<Layer>>,
    },
    /// It could not be told; never *absent*.
    Unknown {
        /// Why, in half a sentence.
        because: String,
    },
}

impl Answer {
    /// The file, where there is one.
    pub fn file(&self) -> Option<&File> {
        match self {
            Answer::Present(file) => Some(file),
            _ => None,
        }
    }
}

/// Something at a path that cannot be read as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// A symbolic link to nothing, with its target as written.
    DanglingLink {
        /// The target.
        target: TreePath,
    },
    /// Links that lead in a circle, or more than the kernel follows.
    LinkLoop,
    /// A directory.
    Directory,
    /// A character or block device.
    Device,
    /// A named pipe.
    Fifo,
}

/// A regular file of the merged tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The path asked for, or the path itself where nobody asked.
    pub path: TreePath,
    /// The path without links.
    pub resolved: TreePath,
    /// Mode and owner.
    pub attributes: Attributes,
    /// Size in bytes.
    pub size: u64,
    /// Digest of its bytes.
    pub sha256: Digest,
    /// The layer it comes from.
    pub layer: Arc<Layer>,
    /// What it holds, where it was read for certificates; none for a file without any, or too large.
    pub contents: Option<Arc<Contents>>,
    /// Whether the image's user can read it, through every directory on the way; none where it cannot be told.
    pub readable: Option<bool>,
    /// What stops the user, where `readable` is false: the file itself, or a directory without the right to search it.
    pub barrier: Option<TreePath>,
}
