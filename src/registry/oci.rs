//! `oci:`: a folder that is an OCI image layout.

use std::path::Path;

use super::{Kind, Opener, Passing, Sources, files, input, layout};
use crate::oci::source::SourceError;
use crate::text;

/// The kind.
pub(super) const KIND: Kind =
    Kind { prefix: "oci:", form: "oci:PATH[:TAG|@DIGEST]", summary: "a folder that is an OCI image layout", open };

fn open(rest: &str, _: &Opener, _: &mut Passing<'_>) -> Result<Sources, SourceError> {
    let (name, tag) = input::split_reference(rest);
    let path = Path::new(name);
    let shown = text::escape(name);
    if !path.exists() {
        return Err(SourceError::NotFound(format!("{shown}: no such folder")));
    }
    if !path.is_dir() {
        return Err(SourceError::Invalid(format!("{shown} is not a folder; for an archive write oci-archive:{shown}")));
    }
    if !path.join("index.json").is_file() {
        return Err(SourceError::Invalid(format!("{shown} is not an OCI layout: it has no index.json")));
    }
    layout::open(files::Folder::shared(name, path), &format!("oci:{rest}"), tag)
}
