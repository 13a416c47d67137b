//! The names of whiteouts (OCI image specification, "Whiteouts"), and those of AUFS's own files, where they come from.

use super::LayerError;
use super::facts::Kind;
use crate::tree::TreePath;

/// The prefix of the names of whiteouts.
const WHITEOUT: &[u8] = b".wh.";

/// The name of an opaque marker.
const OPAQUE: &[u8] = b".wh..wh..opq";

/// The prefix of the names of AUFS's own files, which runtimes pass over in the root directory.
const AUFS: &[u8] = b".wh..wh.";

/// Where AUFS keeps the targets of hard links: passed over as well, but for the links that lead there.
const AUFS_LINKS: &[u8] = b".wh..wh.plnk";

/// Whether runtimes pass over a file.
pub fn is_passed_over(name: &TreePath) -> bool {
    let name = name.as_bytes();
    name.starts_with(AUFS) && name != OPAQUE && !name.starts_with(AUFS_LINKS)
}

/// What a whiteout's name removes. Its type, its size and its body do not matter.
pub fn removed<C>(name: &TreePath) -> Result<Option<(TreePath, Kind<C>)>, LayerError> {
    // Names in and of AUFS's directory of links are not whiteouts.
    let (Some(last), Some(parent), false) = (name.file_name(), name.parent(), name.as_bytes().starts_with(AUFS_LINKS))
    else {
        return Ok(None);
    };
    if last == OPAQUE {
        return Ok(Some((parent, Kind::Opaque)));
    }
    match last.strip_prefix(WHITEOUT) {
        None => Ok(None),
        Some(b"" | b"." | b"..") => Err(LayerError::Whiteout { path: name.to_string() }),
        Some(removed) => Ok(Some((parent.join(removed), Kind::Whiteout))),
    }
}
