//! `-`: what `docker save` and its like write, from standard input.

use super::{Kind, Opener, Sources};
use crate::oci::source::SourceError;

/// The kind.
pub(super) const KIND: Kind =
    Kind { prefix: "-", form: "-", summary: "the output of docker save, from standard input", open };

fn open(_: &str, _: &Opener) -> Result<Sources, SourceError> {
    Err(SourceError::Unsupported("standard input is not read yet; write the stream to a file and name that".to_owned()))
}
