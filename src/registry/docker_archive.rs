//! `docker-archive:`: a file that `docker save`, `podman save` or skopeo has written.

use std::path::Path;

use super::{Kind, Opener, Passing, Sources, archive, input};
use crate::oci::source::SourceError;

/// The kind.
pub(super) const KIND: Kind = Kind {
    prefix: "docker-archive:",
    form: "docker-archive:PATH[:REFERENCE]",
    summary: "a file written by docker save",
    open,
};

fn open(rest: &str, _: &Opener, _: &mut Passing<'_>) -> Result<Sources, SourceError> {
    let (path, reference) = input::split_reference(rest);
    archive::open(Path::new(path), &format!("docker-archive:{rest}"), reference)
}
