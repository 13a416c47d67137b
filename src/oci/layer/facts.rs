//! What is recorded of a layer: about the layer alone, never a verdict about an image.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::oci::compression::Compression;
use crate::text;
use crate::tree::{Attributes, TreePath};

use super::{Unwatched, Watch};

/// What a layer holds, as far as its watch set goes. `C` is what is kept of a file with certificates.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LayerFacts<C> {
    /// Digest of the layer as stored.
    pub digest: Digest,
    /// Digest of its uncompressed bytes, where it was computed.
    pub diff_id: Option<Digest>,
    /// Number of its uncompressed bytes.
    pub uncompressed: u64,
    /// How it is compressed, by its bytes.
    pub compression: Compression,
    /// Whether bytes that are no gzip follow the gzip stream.
    pub trailing_bytes: bool,
    /// Whether an entry carries an attribute of overlayfs that is not understood here (`redirect`, `metacopy`), and that some runtimes
    /// restore.
    pub overlay_attributes: bool,
    /// Whether every entry lies in a directory that stands in the archive before it: nothing of such a layer is written through a
    /// link of a lower one. Builds make such layers.
    pub self_contained: bool,
    /// What was recorded and what was not.
    pub watch: Watch,
    /// The entries that concern the watch set, in the order of the archive.
    pub entries: Vec<Entry<C>>,
    /// Files elsewhere of which something was kept: with certificates or private keys.
    pub strays: Vec<Stray<C>>,
    /// Whether that is all of them: there is a bound.
    pub strays_complete: bool,
    /// What was noted of texts elsewhere, in the order of the archive.
    pub notes: Vec<Note>,
    /// Whether that is all of it: there is a bound.
    pub notes_complete: bool,
    /// Links from elsewhere to or above what is watched: other names for it.
    pub aliases: Vec<Alias>,
    /// All other entries.
    pub unwatched: Unwatched,
}

impl<C> LayerFacts<C> {
    /// Those of a layer with nothing in it, before its bytes are hashed.
    pub fn empty(watch: Watch) -> Self {
        Self {
            digest: Digest::from_bytes([0; 32]),
            diff_id: None,
            uncompressed: 0,
            compression: Compression::None,
            trailing_bytes: false,
            overlay_attributes: false,
            self_contained: true,
            watch,
            entries: Vec::new(),
            strays: Vec::new(),
            strays_complete: true,
            notes: Vec::new(),
            notes_complete: true,
            aliases: Vec::new(),
            unwatched: Unwatched::default(),
        }
    }
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Entry<C> {
    /// Its name, cleaned; of a whiteout the name of what it removes, of an opaque marker the directory's.
    pub path: TreePath,
    /// What it is.
    pub kind: Kind<C>,
    /// Its mode and owner.
    pub attributes: Attributes,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub enum Kind<C> {
    /// A regular file.
    File(FileFacts<C>),
    /// A directory.
    Directory {
        /// Whether it carries `trusted.overlay.opaque` or `user.overlay.opaque`, which some runtimes restore and others drop.
        overlay_opaque: bool,
    },
    /// A symbolic link and its target, as written.
    Symlink(#[serde(with = "text::latin1")] Vec<u8>),
    /// Another name for what is at this path.
    HardLink(TreePath),
    /// A character device with the numbers 0 and 0, which overlayfs takes for a whiteout.
    WhiteoutDevice,
    /// Any other device.
    Device,
    /// A named pipe.
    Fifo,
    /// Removes what lower layers have at the path.
    Whiteout,
    /// Removes what lower layers have below the path.
    Opaque,
    /// A directory above an entry that is not recorded: an unpacker makes it where it is missing, and so replaces what is no
    /// directory in the layers below. Its attributes mean nothing.
    Implied {
        /// Whether the entry is a whiteout, for which a directory is made only where the layer is unpacked alone.
        by_removal: bool,
    },
}

/// What a regular file holds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FileFacts<C> {
    /// Digest of its bytes, holes of sparse files included.
    pub sha256: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// What `inspect` kept of it.
    pub contents: Option<C>,
    /// Its bytes, where the watch set keeps texts.
    #[serde(with = "text::latin1::option")]
    pub text: Option<Vec<u8>>,
}

/// A file that nobody asked for, with certificates or private keys.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Stray<C> {
    /// Its name, cleaned.
    pub path: TreePath,
    /// Its mode and owner.
    pub attributes: Attributes,
    /// What it holds.
    pub file: FileFacts<C>,
}

/// What was noted of a text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Its name, cleaned.
    pub path: TreePath,
    /// In the words of whoever noted it, who alone knows what they mean.
    pub text: String,
}

/// A symbolic link to or above something that is watched.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Alias {
    /// The link.
    pub path: TreePath,
    /// Where it leads, as its words say.
    pub target: TreePath,
}
