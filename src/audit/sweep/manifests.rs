//! The second step: what each tag points at. A tag whose digest is known costs one request, and none where the list has told it.

use super::documents::{Kept, instruction};
use super::hosts::Hosts;
use super::work::SLICE;
use super::{Halt, Run, SweepError};
use crate::audit::documents as search;
use crate::digest::Digest;
use crate::image;
use crate::oci::layer::Watch;
use crate::oci::manifest::{Config, Descriptor, Document};
use crate::oci::source::{KnownTag, Source, SourceError};
use crate::store::sweep::{NewImage, NewLayer, NewRoot, Pointed, Step, StoreError, TagWork, Work};
use std::io::Read;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

impl Run<'_> {
    /// Looks every tag up.
    pub(super) fn look_up(&self) -> Result<Option<Halt>, SweepError> {
        let left = self.sweeper.store.remaining(self.sweep())?;
        self.sweeper.progress.images(left.tags, left.tags_left);
        self.drain(Step::Tag, left.tags_left, &|works| self.look_up_tags(works))
    }

    /// Looks up what these tags point at, and writes down together what is known already: nearly all, in most sweeps.
    fn look_up_tags(&self, works: &[Work]) -> Result<(), StoreError> {
        let tags = works.iter().filter_map(|work| if let Work::Tag(tag) = work { Some(tag) } else { None });
        let (mut told, mut known, mut unread) = (Vec::new(), Vec::new(), Vec::new());
        for tag in tags {
            match (tag.name.parse().ok().or(tag.listed), tag.known) {
                (Some(digest), _) => told.push((tag, digest)),
                (None, Some(digest)) => known.push((tag, digest)),
                // A tag that nothing is known of has to be read in any case.
                (None, None) => unread.push(tag),
            }
        }
        unread.extend(self.point(told)?);
        let of_registries = known.chunk_by(|one, other| one.0.pending.registry == other.0.pending.registry);
        for (index, known) in of_registries.enumerate() {
            unread.extend(self.look_up_known(known, index == 0)?);
        }
        self.each(unread, |tag| &tag.pending, |tag| self.read_tag(tag))
    }

    /// Looks up tags of a registry that pointed there before, slice by slice; gives back those of which it has to be read where they point.
    /// `first` says whether they are the first of their handful, which is done in any case, as in [`Run::each`].
    fn look_up_known<'t>(
        &self,
        known: &[(&'t TagWork, Digest)],
        mut first: bool,
    ) -> Result<Vec<&'t TagWork>, StoreError> {
        let (mut rest, mut unread) = (known, Vec::new());
        while let [(next, _), behind @ ..] = rest {
            if !first && self.given_back(&next.pending)? {
                rest = behind;
                continue;
            }
            first = false;
            let answers = self.ask(&next.pending.registry, rest);
            let (asked, behind) = rest.split_at(answers.len().clamp(1, rest.len()));
            rest = behind;
            let mut told = Vec::new();
            for ((tag, _), answer) in asked.iter().zip(answers) {
                match self.settled(&tag.pending, answer)? {
                    Some(Some(digest)) => told.push((*tag, digest)),
                    // The registry has no such request.
                    Some(None) => unread.push(*tag),
                    None => {}
                }
            }
            unread.extend(self.point(told)?);
        }
        Ok(unread)
    }

    /// Writes down what tags point at; gives back those of which it has to be read.
    fn point<'t>(&self, told: Vec<(&'t TagWork, Digest)>) -> Result<Vec<&'t TagWork>, StoreError> {
        if told.is_empty() {
            return Ok(Vec::new());
        }
        let digests: Vec<_> = told.iter().map(|(tag, digest)| (tag.pending.ticket, *digest)).collect();
        let answers = self.sweeper.store.point(&digests, &self.platforms())?;
        let mut unread = Vec::new();
        for ((tag, _), answer) in told.into_iter().zip(answers) {
            match answer {
                Pointed::There => self.sweeper.progress.looked_up(),
                Pointed::Unknown => unread.push(tag),
                Pointed::Lost => {}
            }
        }
        Ok(unread)
    }

    /// Asks where tags of a registry point that pointed there before: for the first of them, and others as far as a slice of time goes. Where
    /// each request has to wait for its turn a handful is one tag.
    fn ask(&self, registry: &str, tags: &[(&TagWork, Digest)]) -> Vec<Result<Option<Digest>, SourceError>> {
        let passed = self.hosts.pass(registry, self.sweeper.interrupted).and_then(|()| self.catalog(registry));
        let catalog = match passed {
            Ok(catalog) => catalog,
            Err(error) => return vec![Err(error)],
        };
        let known: Vec<_> = tags
            .iter()
            .map(|(TagWork { pending, name, .. }, digest)| KnownTag {
                repository: &pending.repository,
                name,
                digest: *digest,
            })
            .collect();
        let answers = catalog.digests(&known, Instant::now() + SLICE);
        self.hosts.followed(answers.len().saturating_sub(1));
        answers
    }

    /// Reads what a tag points at, with as few requests as can be.
    fn read_tag(&self, tag: &TagWork) -> Result<(), StoreError> {
        let TagWork { pending, name, .. } = tag;
        let store = self.sweeper.store;
        let source = self.catalog(&pending.registry).and_then(|catalog| catalog.image(&pending.repository, name));
        let source = source.map(|inner| Asked {
            inner,
            hosts: &self.hosts,
            host: &pending.registry,
            interrupted: self.sweeper.interrupted,
        });
        let found = source.and_then(|source| {
            let (descriptor, bytes) = (&source as &dyn Source).verified_root()?;
            Ok((source, descriptor, bytes))
        });
        let Some((source, descriptor, bytes)) = self.settled(pending, found)? else { return Ok(()) };
        // It may be that others have read it under another name.
        if store.point(&[(pending.ticket, descriptor.digest)], &self.platforms())? == [Pointed::Unknown] {
            let root = self.read_root(&source, &descriptor, &bytes);
            let Some(root) = self.settled(pending, root)? else { return Ok(()) };
            store.resolve(pending.ticket, &root)?;
        }
        self.sweeper.progress.looked_up();
        Ok(())
    }

    /// The platforms that are looked for, as one word.
    fn platforms(&self) -> String {
        self.sweeper.scope.platforms.join(",")
    }

    fn read_root(&self, source: &dyn Source, descriptor: &Descriptor, bytes: &[u8]) -> Result<NewRoot, SourceError> {
        let mut root = NewRoot { digest: descriptor.digest, platforms: self.platforms(), images: Vec::new() };
        if let Ok(Document::Artifact { .. }) = Document::read(bytes, &descriptor.media_type) {
            return Ok(root);
        }
        for found in search::find(source, &self.sweeper.scope.platforms, descriptor, bytes)? {
            root.images.extend(self.read_image(source, &found)?);
        }
        Ok(root)
    }

    /// An image; none where it is made for a platform that is not wanted.
    fn read_image(&self, source: &dyn Source, found: &search::Found) -> Result<Option<NewImage>, SourceError> {
        let search::Found { digest, manifest, platform } = found;
        let config = match source.verified_config(&manifest.config) {
            Ok(bytes) => Config::read(&bytes, manifest.layers.len()).map_err(|error| error.to_string()),
            Err(error) if error.is_temporary() => return Err(error),
            Err(error) => Err(error.to_string()),
        };
        let mut watch = Watch::new(self.sweeper.settings.bundle_paths.iter().cloned());
        let (config, failure) = match config {
            Ok(config) => (config, None),
            Err(why) => (Config::default(), Some(why)),
        };
        let own = config.platform.to_string();
        if failure.is_none() && platform.is_none() && !search::is_wanted(&self.sweeper.scope.platforms, &own) {
            return Ok(None);
        }
        for path in image::ca_paths(&config) {
            watch.add_single(path);
        }
        let instructions = config.instructions().into_iter().chain(std::iter::repeat(None));
        let layers = manifest.layers.iter().zip(&config.diff_ids).zip(instructions);
        Ok(Some(NewImage {
            digest: *digest,
            platform: match failure {
                None => own,
                Some(_) => platform.clone().unwrap_or_default(),
            },
            settings: Kept::text(&config),
            watch,
            layers: layers
                .map(|((layer, diff_id), created_by)| NewLayer {
                    digest: layer.digest,
                    size: layer.size,
                    media_type: layer.media_type.clone(),
                    diff_id: *diff_id,
                    instruction: created_by.map(|text| instruction(&text)),
                })
                .collect(),
            failure,
        }))
    }
}

/// A source whose every request has its turn.
pub(super) struct Asked<'a> {
    pub(super) inner: Box<dyn Source>,
    pub(super) hosts: &'a Hosts,
    pub(super) host: &'a str,
    pub(super) interrupted: &'a AtomicBool,
}

impl Asked<'_> {
    fn pass(&self) -> Result<(), SourceError> {
        self.hosts.pass(self.host, self.interrupted)
    }
}

impl Source for Asked<'_> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn root(&self) -> Result<(Descriptor, Vec<u8>), SourceError> {
        self.pass()?;
        self.inner.root()
    }

    fn manifest(&self, descriptor: &Descriptor) -> Result<Vec<u8>, SourceError> {
        self.pass()?;
        self.inner.manifest(descriptor)
    }

    fn blob(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send + '_>, SourceError> {
        self.pass()?;
        self.inner.blob(descriptor)
    }
}
