//! The layers of one image: read side by side, and no more of them than the answer needs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::ahead;
use super::images::Scanner;
use super::pool::{self, Hands};
use crate::digest::Digest;
use crate::image::{self, LayerFacts};
use crate::oci::layer::{Expected, Watch};
use crate::oci::manifest::{Config, Descriptor, Manifest};
use crate::oci::source::{Source, SourceError};

/// The topmost layers up to so many bytes are read before any other: they are quick to read, and may settle the answer.
const FIRST: u64 = 4 << 20;

/// What is wanted of which image.
pub struct Pull<'a> {
    /// Who knows layers, and reads them.
    pub scanner: &'a Scanner<'a>,
    /// Where they come from.
    pub source: &'a dyn Source,
    /// The image.
    pub manifest: &'a Manifest,
    /// Its config.
    pub config: &'a Config,
    /// What is recorded.
    pub watch: &'a Watch,
    /// Whether all layers are wanted, needed or not.
    pub whole: bool,
}

/// What was read.
pub struct Pulled {
    /// The facts of each layer, the lowest first.
    pub layers: Vec<Arc<LayerFacts>>,
    /// How many of the lowest stand for layers that are not needed. Which those are depends on the image alone, never on what was known
    /// or read besides.
    pub unread: usize,
    /// Bytes read now, of layers as stored.
    pub bytes: u64,
}

/// A layer to be read, with its index in the image.
type Wanted<'a> = (usize, &'a Descriptor, Digest);

impl Pull<'_> {
    /// Reads what is needed and not known yet.
    ///
    /// # Errors
    /// Why a layer that is needed could not be read, in one sentence that names it.
    pub fn run(&self) -> Result<Pulled, String> {
        let mut wanted: Vec<Wanted<'_>> = self.numbered().collect();
        // A layer that stands in an image twice is read once.
        wanted.sort_by_key(|(index, layer, _)| (layer.digest, std::cmp::Reverse(*index)));
        wanted.dedup_by_key(|(_, layer, _)| layer.digest);
        self.remember(&wanted);
        wanted.retain(|(_, layer, _)| self.known(layer).is_none());
        if self.whole {
            // The largest first, so that none is left alone in the end.
            wanted.sort_by_key(|(index, layer, _)| std::cmp::Reverse((layer.size, *index)));
        } else {
            wanted.sort_by_key(|(index, ..)| std::cmp::Reverse(*index));
        }
        let settled = AtomicBool::new(self.needed().is_some());
        let bytes = AtomicU64::new(0);
        let (first, rest) = wanted.split_at(if self.whole { 0 } else { small(&wanted) });
        let mut outcomes = Vec::new();
        for part in [first, rest] {
            outcomes.extend(pool::map_with_hands(part, self.scanner.jobs, |layer, hands| {
                if settled.load(Ordering::Relaxed) {
                    return Ok(());
                }
                self.scanner.progress.expect(layer.1.size);
                self.read(layer, hands)?;
                bytes.fetch_add(layer.1.size, Ordering::Relaxed);
                if self.needed().is_some() {
                    settled.store(true, Ordering::Relaxed);
                }
                Ok(())
            }));
        }
        let count = self.manifest.layers.len();
        let needed = self.needed();
        if needed.is_none() {
            outcomes.into_iter().collect::<Result<Vec<_>, String>>()?;
        }
        // What went wrong with a layer that is not needed is no part of the answer.
        let unread = count - needed.unwrap_or(count);
        let layers = self.numbered().map(|layer| match layer.0 < unread {
            true => Ok(Arc::new(image::not_read(layer.1, self.watch))),
            false => self.checked(layer),
        });
        Ok(Pulled { layers: layers.collect::<Result<_, String>>()?, unread, bytes: bytes.into_inner() })
    }

    fn numbered(&self) -> impl DoubleEndedIterator<Item = Wanted<'_>> {
        let layers = self.manifest.layers.iter().zip(&self.config.diff_ids).enumerate();
        layers.map(|(index, (layer, diff_id))| (index, layer, *diff_id)).collect::<Vec<_>>().into_iter()
    }

    fn known(&self, layer: &Descriptor) -> Option<Arc<LayerFacts>> {
        self.scanner.known(&layer.digest, self.watch)
    }

    /// Looks for layers in the cache.
    fn remember(&self, wanted: &[Wanted<'_>]) {
        let Some(cache) = self.scanner.cache else { return };
        pool::map(wanted, self.scanner.jobs, |(_, layer, _)| {
            if self.known(layer).is_none() {
                // What was locked for somebody without these passwords need not be now.
                let facts = cache.get(&layer.digest, self.watch);
                let has_given = self.scanner.passwords.has_given();
                facts
                    .filter(|facts| !(has_given && image::wants_password(facts)))
                    .map(|facts| self.scanner.keep(facts));
            }
        });
    }

    /// How many of the topmost layers settle the answer, as far as that is known.
    fn needed(&self) -> Option<usize> {
        if self.whole {
            return None;
        }
        let top: Vec<_> = self.numbered().rev().map_while(|layer| self.checked(layer).ok()).collect();
        image::settling(&top, self.config, &self.scanner.settings.bundle_paths)
            .filter(|needed| *needed < self.manifest.layers.len())
    }

    /// The facts of a layer that is known, if it is the one that the config means.
    fn checked(&self, (index, layer, diff_id): Wanted<'_>) -> Result<Arc<LayerFacts>, String> {
        let facts = self.known(layer).ok_or_else(|| self.named(index, layer, "it was not read"))?;
        match facts.diff_id {
            Some(found) if found == diff_id => Ok(facts),
            Some(found) => {
                let why = format!("its contents have the digest {found}, and the image's config says {diff_id}");
                Err(self.named(index, layer, &why))
            }
            None => Err(self.named(index, layer, "the digest of its contents was not computed")),
        }
    }

    fn read(&self, (index, layer, diff_id): &Wanted<'_>, hands: &Hands) -> Result<(), String> {
        let named = |error: String| self.named(*index, layer, &error);
        let blob = self.source.blob(layer).map_err(|error: SourceError| named(error.to_string()))?;
        let expected = Expected { size: layer.size, digest: Some(layer.digest), diff_id: Some(*diff_id) };
        let blob = self.scanner.progress.count(blob);
        let passwords = &self.scanner.passwords;
        let facts = ahead::read_layer(blob, expected, self.watch, passwords, hands);
        let facts = facts.map_err(|error| named(error.to_string()))?;
        // A cache that cannot be written costs time at the next run, and nothing now. What a password opened is kept from those who
        // do not have it.
        let cache = self.scanner.cache.filter(|_| !image::tells_secrets(&facts));
        let _ = cache.map(|cache| cache.put(&facts));
        self.scanner.keep(facts);
        Ok(())
    }

    fn named(&self, index: usize, layer: &Descriptor, error: &str) -> String {
        format!("layer {} of {} ({}): {error}", index + 1, self.manifest.layers.len(), layer.digest)
    }
}

/// How many of the topmost layers are read before the others.
fn small(wanted: &[Wanted<'_>]) -> usize {
    let mut bytes = 0;
    wanted
        .iter()
        .take_while(|(_, layer, _)| {
            bytes += layer.size;
            bytes <= FIRST
        })
        .count()
}
