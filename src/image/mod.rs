//! What is true of an image: the answer for each path in both merged views, its user, its system, and the certificates in it.

mod access;
mod account;
mod answer;
mod assemble;
mod ca_variable;
mod facts;
mod found;
mod hidden_link;
mod os_release;
mod programs;
mod refusal;
mod settled;
mod unpack;
mod view;

use std::io::Read;

use crate::bundle::{Effort, Opening, contents};
use crate::digest::{Digest, Hasher, Hashing};
use crate::oci::layer::{self, Expected, Hashers, Here, Interest, LayerError, Place, Watch};

pub use crate::bundle::{Contents, Passwords};

pub use assemble::{Assembled, Image, MOST_ROUNDS, assemble};
pub use ca_variable::{ca_paths, is_ca_variable};
pub use facts::{
    Access, Answer, CaPlace, CaVariable, CertificateFile, Facts, File, HiddenLink, Identity, Obstacle, OperatingSystem,
    Origin, PathFacts, Reading, Refusal, User, Wanted,
};
pub use programs::{Package, Program, Whereabouts, ca_values};

pub use settled::{may_settle, not_read, settling};

/// What a layer holds, with the certificates in its files.
pub type LayerFacts = layer::LayerFacts<Contents>;

/// Reads a layer with an eye for certificates; see [`layer::read`]. Keystores are tried with the passwords that everybody knows.
///
/// # Errors
/// As [`layer::read`].
pub fn read_layer(reader: impl Read + Send, expected: Expected, watch: &Watch) -> Result<LayerFacts, LayerError> {
    let hashers = Hashers { stored: Hasher::default(), contents: Some(Hasher::default()) };
    read_layer_at(Here, reader, expected, watch, &Passwords::default(), hashers)
}

/// The same where keystores are tried with these passwords, too, and others help with the work; see [`layer::read_at`].
///
/// # Errors
/// As [`layer::read`].
pub fn read_layer_at<'a, H: Hashing<Output = Digest> + Send + 'a>(
    place: impl Place<'a>,
    reader: impl Read + Send + 'a,
    expected: Expected,
    watch: &Watch,
    passwords: &Passwords,
    hashers: Hashers<H>,
) -> Result<LayerFacts, LayerError> {
    let effort = Effort::default();
    let contents = |body: &[u8], interest| inspect(body, interest, passwords, &effort);
    let inspect = layer::Inspect { contents: &contents, note: &programs::note };
    layer::read_at(place, reader, expected, watch, inspect, hashers)
}

/// Whether there is a keystore in a layer that another password may open.
pub fn wants_password(layer: &LayerFacts) -> bool {
    openings(layer).any(|opening| matches!(opening, Opening::Locked(why) if why.wants_password()))
}

/// Whether something in a layer is known only to those who have the password to it.
pub fn tells_secrets(layer: &LayerFacts) -> bool {
    openings(layer).any(|opening| opening == Opening::Given)
}

fn openings(layer: &LayerFacts) -> impl Iterator<Item = Opening> {
    let named = layer.entries.iter().filter_map(|entry| match &entry.kind {
        layer::Kind::File(file) => file.contents.as_ref(),
        _ => None,
    });
    let strays = layer.strays.iter().filter_map(|stray| stray.file.contents.as_ref());
    named.chain(strays).filter_map(|contents| Some(contents.keystore?.opening))
}

/// What is kept of a file: of a watched one whatever it is, an error page under the name of a bundle too.
fn inspect(body: &[u8], interest: Interest, passwords: &Passwords, effort: &Effort) -> Option<Contents> {
    let read = || Contents::read_with(body, passwords, effort);
    match interest {
        Interest::Watched => Some(read()),
        Interest::Stray if contents::may_hold_certificates(body) => Some(read()).filter(|contents| {
            !contents.certificates.is_empty() || contents.private_keys > 0 || contents.locked().is_some()
        }),
        Interest::Stray => None,
    }
}
