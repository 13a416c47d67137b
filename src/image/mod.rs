//! What is true of an image: the answer for each path in both merged views, its user, its system, and the certificates in it.

mod access;
mod account;
mod answer;
mod assemble;
mod ca_variable;
mod facts;
mod hidden_link;
mod os_release;
mod settled;
mod unpack;
mod view;

use std::io::Read;

use crate::bundle::contents;
use crate::digest::Hashing;
use crate::oci::layer::{self, Expected, Hashers, Interest, LayerError, Watch};

pub use crate::bundle::Contents;

pub use assemble::{Assembled, Image, MOST_ROUNDS, assemble};
pub use ca_variable::ca_paths;
pub use facts::{
    Access, Answer, CaPlace, CaVariable, CertificateFile, Facts, File, HiddenLink, Identity, Obstacle, OperatingSystem,
    Origin, PathFacts, Reading, Refusal, User, Wanted,
};

pub use settled::{may_settle, not_read, settling};

/// What a layer holds, with the certificates in its files.
pub type LayerFacts = layer::LayerFacts<Contents>;

/// Reads a layer with an eye for certificates; see [`layer::read`].
///
/// # Errors
/// As [`layer::read`].
pub fn read_layer(reader: impl Read, expected: Expected, watch: &Watch) -> Result<LayerFacts, LayerError> {
    layer::read(reader, expected, watch, &inspect)
}

/// As [`read_layer`], with the hashing left to others; see [`layer::read_hashed`].
///
/// # Errors
/// As [`layer::read`].
pub fn read_layer_hashed<H: Hashing>(
    reader: impl Read,
    expected: Expected,
    watch: &Watch,
    hashers: Hashers<H>,
) -> Result<LayerFacts, LayerError> {
    layer::read_hashed(reader, expected, watch, &inspect, hashers)
}

/// What is kept of a file: of a watched one whatever it is, an error page under the name of a bundle too.
fn inspect(body: &[u8], interest: Interest) -> Option<Contents> {
    match interest {
        Interest::Watched => Some(Contents::read(body)),
        Interest::Stray if contents::may_hold_certificates(body) => {
            Some(Contents::read(body)).filter(|contents| !contents.certificates.is_empty() || contents.private_keys > 0)
        }
        Interest::Stray => None,
    }
}
