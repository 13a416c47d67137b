//! The images that one reference leads to, through indexes of indexes, within bounds, and what stands beside them there.

use std::collections::BTreeSet;

use crate::digest::Digest;
use crate::oci::manifest::{Child, Descriptor, Document, Index, MAX_DEPTH, Manifest};
use crate::oci::source::{Source, SourceError};

/// The most manifests and indexes that one reference leads to: twice what one index may name.
const MOST_DOCUMENTS: usize = 2_000;

/// The most bytes of them together; the largest real indexes come to some 100 KiB.
const MOST_BYTES: usize = 64 << 20;

/// An image.
pub struct Found {
    /// Digest of its manifest.
    pub digest: Digest,
    /// Its manifest.
    pub manifest: Manifest,
    /// The platform that an index gives it.
    pub platform: Option<String>,
}

/// Something in an index that is no image: a signature, an attestation, an SBOM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// Digest of its manifest.
    pub digest: Digest,
    /// What it is, in the index's words or its own.
    pub kind: String,
}

/// What one reference leads to.
#[derive(Default)]
pub struct Contents {
    /// The images of the platforms that are wanted.
    pub images: Vec<Found>,
    /// What is no image, for whatever platform.
    pub artifacts: Vec<Artifact>,
}

/// Finds the images of the platforms that are wanted; each once, however often it is named.
///
/// # Errors
/// As [`contents`].
pub fn find(
    source: &dyn Source,
    platforms: &[String],
    root: &Descriptor,
    bytes: &[u8],
) -> Result<Vec<Found>, SourceError> {
    contents(source, platforms, root, bytes).map(|contents| contents.images)
}

/// As [`find`], with what is no image.
///
/// # Errors
/// Those of the source, and [`SourceError::Invalid`] for what is no image, cannot be read, or leads to too much.
pub fn contents(
    source: &dyn Source,
    platforms: &[String],
    root: &Descriptor,
    bytes: &[u8],
) -> Result<Contents, SourceError> {
    let seen = BTreeSet::from([root.digest]);
    let mut search = Search { source, platforms, seen, bytes: 0, found: Contents::default() };
    search.document(root, bytes, None, 0)?;
    Ok(search.found)
}

/// Whether a platform is among those asked for. A platform without a variant stands for all its variants.
pub fn is_wanted(wanted: &[String], platform: &str) -> bool {
    wanted.is_empty()
        || wanted.iter().any(|wanted| {
            platform == wanted || platform.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.starts_with('/'))
        })
}

struct Search<'a> {
    source: &'a dyn Source,
    platforms: &'a [String],
    seen: BTreeSet<Digest>,
    bytes: usize,
    found: Contents,
}

impl Search<'_> {
    fn document(
        &mut self,
        descriptor: &Descriptor,
        bytes: &[u8],
        platform: Option<&str>,
        depth: usize,
    ) -> Result<(), SourceError> {
        self.bytes += bytes.len();
        if self.seen.len() > MOST_DOCUMENTS || self.bytes > MOST_BYTES {
            return Err(SourceError::Invalid(format!(
                "it leads to more than {MOST_DOCUMENTS} manifests or {} MiB of them; name one of its images by its digest",
                MOST_BYTES >> 20
            )));
        }
        let document = Document::read(bytes, &descriptor.media_type);
        match document.map_err(|error| SourceError::Invalid(error.to_string()))? {
            Document::Manifest(manifest) => {
                let platform = platform.map(ToOwned::to_owned);
                self.found.images.push(Found { digest: descriptor.digest, manifest, platform });
            }
            Document::Artifact { kind } if depth == 0 => {
                return Err(SourceError::Invalid(format!("it is no image but {kind}")));
            }
            Document::Artifact { kind } => self.found.artifacts.push(Artifact { digest: descriptor.digest, kind }),
            Document::Index(_) if depth >= MAX_DEPTH => {
                let why = format!("its indexes stand in each other more than {MAX_DEPTH} deep");
                return Err(SourceError::Invalid(why));
            }
            Document::Index(index) => self.index(&index, platform, depth)?,
        }
        Ok(())
    }

    fn index(&mut self, index: &Index, platform: Option<&str>, depth: usize) -> Result<(), SourceError> {
        for Child { descriptor, platform: named, artifact } in &index.children {
            let named = named.as_ref().map(ToString::to_string);
            let wanted = artifact.is_some() || named.as_ref().is_none_or(|named| is_wanted(self.platforms, named));
            if !wanted || !self.seen.insert(descriptor.digest) {
                continue;
            }
            if let Some(kind) = artifact {
                self.found.artifacts.push(Artifact { digest: descriptor.digest, kind: kind.clone() });
                continue;
            }
            let bytes = self.source.verified_manifest(descriptor)?;
            // The innermost index knows best.
            self.document(descriptor, &bytes, named.as_deref().or(platform), depth + 1)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_stands_for_its_variants() {
        let wanted = ["linux/arm64".to_owned()];
        assert!(is_wanted(&wanted, "linux/arm64/v8"));
        assert!(is_wanted(&wanted, "linux/arm64"));
        assert!(!is_wanted(&wanted, "linux/arm"));
        assert!(!is_wanted(&wanted, "linux/arm64be"));
        assert!(is_wanted(&[], "windows/amd64"));
    }
}
