//! Images: opened, their layers read side by side, put together, and checked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::ahead;
use super::documents::{self, Contents, Found};
use super::pool::Hands;
use super::progress::Progress;
use super::pull::{Pull, Pulled};
use crate::bundle::Judgement;
use crate::digest::Digest;
use crate::image::{self, Answer, Facts, Image, LayerFacts, MOST_ROUNDS, Passwords};
use crate::oci::layer::{self, Watch};
use crate::oci::manifest::{Config, Manifest};
use crate::oci::source::Source;
use crate::registry::{Expected, Opener};
use crate::report::{Artifact, ImageTarget, JudgedConnection, NotScanned, Report, Target};
use crate::rules::{self, ImageConnection, Settings};
use crate::store::layers::LayerCache;

/// How images are looked at.
pub struct Scanner<'a> {
    /// Opens inputs.
    pub opener: &'a Opener,
    /// What is expected.
    pub settings: &'a Settings,
    /// Platforms to look at, as `os/architecture[/variant]`; empty for all.
    pub platforms: &'a [String],
    /// Threads.
    pub jobs: usize,
    /// Whether what connects to databases is checked, too.
    pub clients: bool,
    /// Where progress is shown.
    pub progress: Progress,
    /// What runs before this one knew of layers.
    pub cache: Option<&'a LayerCache>,
    /// Whether layers are read that are not needed for the answer.
    pub read_all: bool,
    /// What keystores are tried with.
    pub(super) passwords: Passwords,
    /// What is known of layers, by digest: images of one run share them.
    layers: Mutex<BTreeMap<Digest, Arc<LayerFacts>>>,
}

/// What was found of one image, or why nothing was.
type Outcome = Result<(ImageTarget, Vec<crate::finding::Finding>), NotScanned>;

impl<'a> Scanner<'a> {
    /// A scanner that knows no layer yet, and reads all of them.
    pub fn new(
        opener: &'a Opener,
        settings: &'a Settings,
        platforms: &'a [String],
        jobs: usize,
        progress: Progress,
        cache: Option<&'a LayerCache>,
    ) -> Self {
        Self {
            opener,
            settings,
            platforms,
            jobs,
            clients: true,
            progress,
            cache,
            read_all: true,
            passwords: Passwords::default(),
            layers: Mutex::default(),
        }
    }

    /// Tries keystores with these passwords, too.
    pub fn with_passwords(self, passwords: Passwords) -> Self {
        Self { passwords, ..self }
    }

    /// Scans one input, which may be several images, and adds what was found to the report.
    pub fn scan(&self, input: &str, report: &mut Report) {
        let watch = self.watch();
        let sources = self.opener.open(input, &mut |expected, stream| self.pass(expected, stream, &watch));
        match sources {
            Ok(sources) => sources.iter().for_each(|source| self.scan_source(source.as_ref(), report)),
            Err(error) => {
                report.not_scanned.push(NotScanned { target: input.to_owned(), reason: error.to_string() });
            }
        }
    }

    /// The facts of one image in a registry, for one platform (any where it is made for no other).
    ///
    /// # Errors
    /// Why they could not be had, in one sentence.
    pub fn look(&self, reference: &str, platform: &str) -> Result<Facts, String> {
        let nothing_passes =
            &mut |_: Expected, _: &mut (dyn std::io::Read + Send)| Err("a registry is no stream".to_owned());
        let sources = self.opener.open(&format!("docker://{reference}"), nothing_passes);
        let sources = sources.map_err(|error| error.to_string())?;
        let source = sources.first().ok_or("there is no image of that name")?.as_ref();
        self.progress.begin(source.name());
        let (descriptor, bytes) = source.verified_root().map_err(|error| error.to_string())?;
        let found = documents::find(source, &[], &descriptor, &bytes).map_err(|error| error.to_string())?;
        let wanted = [platform.to_owned()];
        let fits = |found: &&Found| found.platform.as_deref().is_some_and(|named| documents::is_wanted(&wanted, named));
        let Found { digest, manifest, .. } = match (found.iter().find(fits), found.as_slice()) {
            (Some(image), _) | (None, [image]) => image,
            _ => return Err(format!("there is no image for {platform} in it")),
        };
        let config = source.verified_config(&manifest.config).map_err(|error| error.to_string())?;
        let config = Config::read(&config, manifest.layers.len()).map_err(|error| error.to_string())?;
        self.facts(source, *digest, manifest, &config, true).map(|(facts, _)| facts)
    }

    fn watch(&self) -> Watch {
        Watch::new(self.settings.bundle_paths.iter().cloned())
    }

    /// Reads a layer of a stream that does not come again.
    fn pass(
        &self,
        expected: Expected,
        stream: &mut (dyn std::io::Read + Send),
        watch: &Watch,
    ) -> Result<Digest, String> {
        self.progress.expect(expected.size);
        let expected = layer::Expected { size: expected.size, digest: expected.digest, diff_id: None };
        let hands = Hands::new(self.jobs, 1);
        let stream = self.progress.count(stream);
        let facts = ahead::read_layer(stream, expected, watch, &self.passwords, &hands);
        let facts = facts.map_err(|error| error.to_string())?;
        let digest = facts.digest;
        self.keep(facts);
        Ok(digest)
    }

    pub(super) fn keep(&self, facts: LayerFacts) -> Arc<LayerFacts> {
        let facts = Arc::new(facts);
        self.layers.lock().unwrap_or_else(PoisonError::into_inner).insert(facts.digest, Arc::clone(&facts));
        facts
    }

    pub(super) fn known(&self, digest: &Digest, watch: &Watch) -> Option<Arc<LayerFacts>> {
        let layers = self.layers.lock().unwrap_or_else(PoisonError::into_inner);
        layers.get(digest).filter(|facts| facts.watch.includes(watch)).cloned()
    }

    fn scan_source(&self, source: &dyn Source, report: &mut Report) {
        let name = source.name();
        self.progress.begin(name);
        let found = source
            .verified_root()
            .and_then(|(descriptor, bytes)| documents::contents(source, self.platforms, &descriptor, &bytes));
        let Contents { images, artifacts } = match found {
            Ok(found) => found,
            Err(error) => {
                report.not_scanned.push(NotScanned { target: name.to_owned(), reason: error.to_string() });
                return;
            }
        };
        let of_it = |artifact: documents::Artifact| Artifact {
            target: name.to_owned(),
            digest: artifact.digest,
            kind: artifact.kind,
        };
        report.artifacts.extend(artifacts.into_iter().map(of_it));
        if images.is_empty() {
            let wanted =
                if self.platforms.is_empty() { "any platform".to_owned() } else { self.platforms.join(" or ") };
            let reason = format!("there is no image for {wanted} in it");
            report.not_scanned.push(NotScanned { target: name.to_owned(), reason });
        }
        for Found { digest, manifest, platform } in &images {
            match self.scan_manifest(source, *digest, manifest, platform.as_deref()) {
                Ok((target, findings)) => report.add(Target::Image(Box::new(target)), findings),
                Err(missed) => report.not_scanned.push(missed),
            }
        }
    }

    fn scan_manifest(
        &self,
        source: &dyn Source,
        digest: Digest,
        manifest: &Manifest,
        platform: Option<&str>,
    ) -> Outcome {
        let target = match platform {
            Some(platform) => format!("{} ({platform})", source.name()),
            None => source.name().to_owned(),
        };
        let missed = |reason: String| NotScanned { target: target.clone(), reason };
        let config = source.verified_config(&manifest.config).map_err(|error| missed(error.to_string()))?;
        let config = Config::read(&config, manifest.layers.len()).map_err(|error| missed(error.to_string()))?;
        if platform.is_none() && !documents::is_wanted(self.platforms, &config.platform.to_string()) {
            return Err(missed(format!(
                "it is made for {} and not for {}",
                config.platform,
                self.platforms.join(" or ")
            )));
        }
        // What connects to databases may be in any layer.
        let whole = self.read_all || self.clients;
        let (mut facts, read) = self.facts(source, digest, manifest, &config, whole).map_err(missed)?;
        if !self.clients {
            facts.programs.clear();
        }
        let mut findings = rules::check_image(&facts, self.settings);
        let (connections, about_clients) = rules::check_image_clients(&facts, self.settings);
        findings.extend(about_clients);
        let connections = connections
            .into_iter()
            .map(|ImageConnection { path, connection, judgement }| JudgedConnection { connection, judgement, path });
        let connections = connections.collect();
        let judgements = facts.paths.iter().map(|path| self.judgement(&path.overlay)).collect();
        let compressed = manifest.layers.iter().map(|layer| layer.size).sum();
        let held = rules::held(&facts, self.settings);
        Ok((
            ImageTarget { name: source.name().to_owned(), facts, judgements, held, connections, compressed, read },
            findings,
        ))
    }

    fn judgement(&self, answer: &Answer) -> Option<Judgement> {
        let Answer::Present(file) = answer else { return None };
        rules::judged(file, self.settings)
    }

    /// The facts of an image and the bytes that were read for them. Where links lead out of what was looked at, more is looked at.
    fn facts(
        &self,
        source: &dyn Source,
        digest: Digest,
        manifest: &Manifest,
        config: &Config,
        whole: bool,
    ) -> Result<(Facts, u64), String> {
        let mut watch = self.watch();
        // A stream has gone by before its config could say what else to look at.
        if source.opens_again() {
            for path in image::ca_paths(config) {
                watch.add_single(path);
            }
        }
        let whole = whole || !source.opens_again() || !image::may_settle(config);
        let mut read = 0;
        let mut round = 0;
        loop {
            round += 1;
            let pull = Pull { scanner: self, source, manifest, config, watch: &watch, whole };
            let Pulled { layers, unread, bytes } = pull.run()?;
            read += bytes;
            let image = Image { digest, manifest, config, layers: &layers, unread };
            let assembled = image::assemble(&image, &self.settings.bundle_paths, &watch);
            match assembled.grown {
                Some(_) if assembled.only_variables && !source.opens_again() => return Ok((assembled.facts, read)),
                Some(grown) if round < MOST_ROUNDS => watch = grown,
                // What could not be told is unknown in the facts, and so in the findings.
                _ => return Ok((assembled.facts, read)),
            }
        }
    }
}
