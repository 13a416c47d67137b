//! The third step: what is in each layer. A layer is read once, however many images have it.

use std::io::{self, Read};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::manifests::Asked;
use super::{Halt, Run, SweepError};
use crate::digest::Hasher;
use crate::image::{self, Passwords};
use crate::oci::layer::{Expected, Hashers, Here, LayerError};
use crate::oci::manifest::Descriptor;
use crate::oci::source::{Source, SourceError};
use crate::store::sweep::{LayerWork, Step, StoreError, Ticket, Work};

/// How often a claim is renewed while its layer comes.
const RENEWAL: Duration = Duration::from_secs(60);

impl Run<'_> {
    /// Reads every layer that is wanted and not known.
    pub(super) fn read_layers(&self) -> Result<Option<Halt>, SweepError> {
        let left = self.sweeper.store.remaining(self.sweep())?;
        self.sweeper.progress.layers(left.bytes_left);
        // One at a time: while one is read, no other waits for the same thread.
        self.drain(Step::Layer, 0, &|works| {
            works.iter().try_for_each(|work| match work {
                Work::Layer(work) => self.read_layer(work),
                Work::Repository(_) | Work::Tag(_) => Ok(()),
            })
        })
    }

    fn read_layer(&self, work: &LayerWork) -> Result<(), StoreError> {
        let outcome = self.pull(work);
        if self.sweeper.options.budget.is_some() {
            self.under_way.fetch_sub(work.size, Ordering::SeqCst);
        }
        outcome
    }

    fn pull(&self, work: &LayerWork) -> Result<(), StoreError> {
        let LayerWork { pending, digest, size, diff_id, watch } = work;
        let store = self.sweeper.store;
        let image =
            self.catalog(&pending.registry).and_then(|catalog| catalog.image(&pending.repository, &digest.to_string()));
        let Some(inner) = self.settled(pending, image)? else { return Ok(()) };
        let source =
            Asked { inner, hosts: &self.hosts, host: &pending.registry, interrupted: self.sweeper.interrupted };
        let descriptor = Descriptor { media_type: String::new(), digest: *digest, size: *size };
        let blob = match source.blob(&descriptor) {
            Err(SourceError::NotFound(_) | SourceError::Denied(_)) if store.pull_from_elsewhere(pending.ticket)? => {
                return Ok(());
            }
            other => other.map_err(|error| named(&descriptor, error)),
        };
        let Some(blob) = self.settled(pending, blob)? else { return Ok(()) };
        let expected = Expected { size: *size, digest: Some(*digest), diff_id: Some(*diff_id) };
        let counted = Counted { inner: blob, run: self, ticket: pending.ticket, renewed: Instant::now(), bytes: 0 };
        let contents = self.sweeper.options.check_diff_ids.then(Hasher::default);
        let hashers = Hashers { stored: Hasher::default(), contents };
        match image::read_layer_at(Here, counted, expected, watch, &Passwords::default(), hashers) {
            Ok(facts) => {
                store.keep(pending.ticket, &facts)?;
                Ok(())
            }
            Err(error) => self.put_off(pending, &source_error(&descriptor, error)),
        }
    }
}

/// An error with the layer that it is about.
fn named(layer: &Descriptor, error: SourceError) -> SourceError {
    let digest = layer.digest.to_string();
    let name = |words: String| if words.contains(&digest) { words } else { format!("layer {digest}: {words}") };
    match error {
        SourceError::NotFound(words) => SourceError::NotFound(name(words)),
        SourceError::Denied(words) => SourceError::Denied(name(words)),
        SourceError::Invalid(words) => SourceError::Invalid(name(words)),
        SourceError::Unsupported(words) => SourceError::Unsupported(name(words)),
        other @ (SourceError::Busy { .. } | SourceError::Io { .. }) => other,
    }
}

/// What reading a layer failed by: the way to it, or what is in it.
fn source_error(layer: &Descriptor, error: LayerError) -> SourceError {
    let context = format!("layer {}", layer.digest);
    match error {
        LayerError::Io(error) => {
            let kind = error.kind();
            match error.into_inner().map(|inner| inner.downcast::<SourceError>()) {
                Some(Ok(error)) => named(layer, *error),
                Some(Err(other)) => SourceError::Io { context, source: io::Error::other(other) },
                None => SourceError::Io { context, source: kind.into() },
            }
        }
        other => SourceError::Invalid(format!("{context}: {other}")),
    }
}

/// Counts what is read, and keeps the claim.
struct Counted<'a, R> {
    inner: R,
    run: &'a Run<'a>,
    ticket: Ticket,
    renewed: Instant,
    bytes: u64,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read as u64;
        self.run.moved.fetch_add(read as u64, Ordering::SeqCst);
        self.run.sweeper.progress.moved(read as u64);
        if self.renewed.elapsed() >= RENEWAL {
            self.renewed = Instant::now();
            self.run.renew(self.ticket);
        }
        Ok(read)
    }
}
