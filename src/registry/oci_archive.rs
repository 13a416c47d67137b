//! `oci-archive:`: an OCI image layout in a tar archive.

use std::path::Path;

use super::{Kind, Opener, Passing, Sources, archive, input};
use crate::oci::source::SourceError;

/// The kind.
pub(super) const KIND: Kind = Kind {
    prefix: "oci-archive:",
    form: "oci-archive:PATH[:TAG|@DIGEST]",
    summary: "an OCI image layout in a tar archive",
    open,
};

fn open(rest: &str, _: &Opener, _: &mut Passing<'_>) -> Result<Sources, SourceError> {
    let (path, tag) = input::split_reference(rest);
    archive::open(Path::new(path), &format!("oci-archive:{rest}"), tag)
}
