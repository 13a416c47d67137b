//! Digests in a Dockerfile that pin a publication of the bundle, and what they are to be today.

use std::sync::Arc;

use crate::bundle::{Catalog, Publication, Scope};
use crate::digest::Digest;
use crate::dockerfile::facts::Facts;
use crate::shell::Source;
use crate::text::Span;

use super::edit::Edit;

/// Hex digits of a SHA-256.
const DIGITS: usize = 64;

/// A digest that stands in a Dockerfile.
#[derive(Clone, Debug)]
pub struct Pin {
    /// Its hex digits.
    pub span: Span,
    /// What it pins.
    pub publication: &'static Publication,
    /// The newest publication for the same regions; none where AWS has retired them all, so that the address has to go.
    pub newest: Option<&'static Publication>,
    /// Whether the bytes that are compared with it come from the build context: they change with it, or not at all.
    pub vendored: bool,
}

impl Pin {
    /// Whether it pins what AWS serves today, as far as this version knows.
    pub fn is_current(&self) -> bool {
        self.newest.is_some_and(|newest| newest.sha256 == self.publication.sha256)
    }

    /// The edit that renews it; none where it is current, and where its file is in the context and has to be replaced first.
    pub fn renewal(&self) -> Option<Edit> {
        let newest = self.newest.filter(|_| !self.is_current() && !self.vendored)?;
        Some(Edit::replace(self.span, newest.sha256.hex()))
    }
}

/// Every pin of a known publication, in the order of the file. Comments are not instructions, and pin nothing.
pub fn pins(facts: &Facts) -> Vec<Pin> {
    let catalog = Catalog::builtin();
    let vendored: Vec<Digest> =
        facts.stages.iter().flat_map(|stage| stage.materials()).fold(Vec::new(), |mut all, presence| {
            let bytes = presence.contents.parts.iter().filter_map(|part| match &part.source {
                Source::Bytes { bytes, path: Some(_) } => Some(Arc::clone(bytes)),
                _ => None,
            });
            all.extend(bytes.map(Digest::of));
            all
        });
    let mut pins = Vec::new();
    for instruction in &facts.dockerfile.instructions {
        for (span, digest) in digests(facts.file.slice(instruction.span), instruction.span.start) {
            let commented = facts
                .dockerfile
                .comments
                .iter()
                .any(|comment| comment.span.start <= span.start && span.end <= comment.span.end);
            let Some(publication) = catalog.publication(&digest).filter(|_| !commented) else { continue };
            let same = |other: &&Publication| other.scope == publication.scope && publication.scope != Scope::Retired;
            let newest = catalog.publications().iter().rev().find(same);
            pins.push(Pin { span, publication, newest, vendored: vendored.contains(&digest) });
        }
    }
    pins
}

/// The SHA-256 digests in a text that stands at `start`: 64 hex digits in either case, and no more.
pub(super) fn digests(text: &str, start: usize) -> Vec<(Span, Digest)> {
    let mut found = Vec::new();
    let mut at = 0;
    for word in text.split_inclusive(|character: char| !character.is_ascii_alphanumeric()) {
        let bare = word.trim_end_matches(|character: char| !character.is_ascii_alphanumeric());
        if bare.len() == DIGITS
            && let Ok(digest) = Digest::from_hex(&bare.to_ascii_lowercase())
        {
            found.push((Span::new(start + at, start + at + DIGITS), digest));
        }
        at += word.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_words_of_64_hex_digits() {
        let hex = "0123456789abcdef".repeat(4);
        let text = format!("é sha256:{hex} \"{}\" {hex}0 x{hex}", hex.to_uppercase());
        let found = digests(&text, 10);
        assert_eq!(found.len(), 2);
        for (span, digest) in found {
            assert_eq!(text[span.start - 10..span.end - 10].to_lowercase(), hex);
            assert_eq!(digest.hex(), hex);
        }
    }
}
