//! Images as `docker save` writes them (Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset
//! Format"), wherever the files are. They have no manifest, so one is made, and everything above sees one shape.

use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;

use serde::Deserialize;

use super::files::{Files, read_small, read_start};
use super::{Sources, input, layout};
use crate::digest::{Digest, HashingReader};
use crate::oci::manifest::Descriptor;
use crate::oci::source::{Source, SourceError};
use crate::text;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// One image of `manifest.json`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Option<Vec<String>>,
}

impl Entry {
    fn tags(&self) -> impl Iterator<Item = &str> {
        self.repo_tags.iter().flatten().map(String::as_str)
    }
}

/// The part of a config that tells what its layers are.
#[derive(Deserialize)]
struct Config {
    rootfs: RootFs,
}

#[derive(Deserialize)]
struct RootFs {
    diff_ids: Vec<String>,
}

/// One image with the manifest that was made for it.
struct Image {
    name: String,
    files: Arc<dyn Files>,
    root: Descriptor,
    manifest: Vec<u8>,
    /// Where the blobs of the manifest lie.
    paths: HashMap<Digest, String>,
}

/// Opens the images of a `docker save`: the wanted one, by one of its tags or as `@0` by its place, or all.
///
/// # Errors
/// When `manifest.json` or a config cannot be read, or there is no such image.
pub(super) fn open(files: Arc<dyn Files>, input: &str, wanted: Option<&str>) -> Result<Sources, SourceError> {
    let bytes = read_small(&*files, "manifest.json")?;
    let place = files.name().to_owned();
    let entries: Vec<Entry> = serde_json::from_slice(&bytes)
        .map_err(|error| SourceError::Invalid(format!("{place}: manifest.json cannot be read: {error}")))?;
    let is_wanted = |at: usize, entry: &Entry| match wanted.map(|wanted| (wanted, wanted.strip_prefix('@'))) {
        None => true,
        Some((_, Some(place))) => place.parse() == Ok(at),
        Some((wanted, None)) => entry.tags().any(|tag| layout::same_image(tag, wanted)),
    };
    let chosen: Vec<_> = entries.iter().enumerate().filter(|(at, entry)| is_wanted(*at, entry)).collect();
    let alone = chosen.len() == 1;
    let mut sources: Sources = Vec::new();
    for (at, entry) in chosen {
        let name = match entry.tags().next() {
            _ if alone => input.to_owned(),
            Some(tag) => format!("{input}:{tag}"),
            None => format!("{input}:@{at}"),
        };
        sources.push(Box::new(Image::new(Arc::clone(&files), text::escape(&name).into_owned(), entry)?));
    }
    match (sources.is_empty(), wanted) {
        (false, _) => Ok(sources),
        (true, Some(wanted)) => Err(layout::no_such_image(&place, wanted, entries.iter().flat_map(Entry::tags))),
        (true, None) => Err(SourceError::NotFound(format!("{place}: no image in it (manifest.json lists none)"))),
    }
}

impl Image {
    fn new(files: Arc<dyn Files>, name: String, entry: &Entry) -> Result<Self, SourceError> {
        let invalid = |why: String| SourceError::Invalid(format!("{name}: {why}"));
        let config = read_small(&*files, &entry.config)?;
        // An image's id is the digest of its config, and its file is called so; where it is called something else there is
        // nothing to check it against.
        let config_digest = digest_in_name(&entry.config).unwrap_or_else(|| Digest::of(&config));
        let Config { rootfs: RootFs { diff_ids } } = serde_json::from_slice(&config)
            .map_err(|error| invalid(format!("its config {} cannot be read: {error}", text::escape(&entry.config))))?;
        let layers = entry.layers.as_deref().unwrap_or_default();
        if layers.len() != diff_ids.len() {
            return Err(invalid(format!(
                "{} layers in manifest.json, but {} in its config",
                layers.len(),
                diff_ids.len()
            )));
        }
        let mut paths = HashMap::from([(config_digest, entry.config.clone())]);
        let mut descriptors = Vec::new();
        for (path, diff_id) in layers.iter().zip(diff_ids) {
            let diff_id =
                diff_id.parse().map_err(|error| invalid(format!("a DiffID in its config is wrong: {error}")))?;
            let layer = describe_layer(&*files, path, diff_id)?;
            paths.insert(layer.digest, path.clone());
            descriptors.push(layer);
        }
        let config = Descriptor { media_type: CONFIG.to_owned(), digest: config_digest, size: config.len() as u64 };
        let manifest = manifest(&config, &descriptors);
        let root =
            Descriptor { media_type: MANIFEST.to_owned(), digest: Digest::of(&manifest), size: manifest.len() as u64 };
        Ok(Self { name, files, root, manifest, paths })
    }

    fn path(&self, descriptor: &Descriptor) -> Result<&str, SourceError> {
        let path = self.paths.get(&descriptor.digest).map(String::as_str);
        path.ok_or_else(|| SourceError::NotFound(format!("{}: no blob {}", self.name, descriptor.digest)))
    }
}

/// The descriptor of a layer, whose digest is one to check its stored bytes against:
/// - what its file is called, where that is a digest (Docker 25 and later);
/// - its DiffID from the config, where it is stored as it is, which is nearly always;
/// - else nothing says what the stored bytes should be. They are hashed here, and the reader of the layer checks the
///   decompressed ones against the DiffID.
fn describe_layer(files: &dyn Files, path: &str, diff_id: Digest) -> Result<Descriptor, SourceError> {
    if let Some((digest, size)) = files.known(path) {
        return Ok(Descriptor { media_type: LAYER.to_owned(), digest, size });
    }
    let (mut file, size) = files.open(path)?;
    let start = read_start(&mut *file).map_err(|source| failed(files, path, source))?;
    let compression = input::compression(&start).map(|(name, _)| name);
    let media_type = compression.map_or_else(|| LAYER.to_owned(), |name| format!("{LAYER}+{name}"));
    let digest = match (digest_in_name(path), compression) {
        (Some(digest), _) => digest,
        (None, None) => diff_id,
        (None, Some(_)) => {
            let mut hashing = HashingReader::new(start.as_slice().chain(file));
            std::io::copy(&mut hashing, &mut std::io::sink()).map_err(|source| failed(files, path, source))?;
            hashing.finish().0
        }
    };
    Ok(Descriptor { media_type, digest, size })
}

fn failed(files: &dyn Files, path: &str, source: std::io::Error) -> SourceError {
    SourceError::Io { context: format!("{}: {}", files.name(), text::escape(path)), source }
}

/// The digest that a file is called by: `blobs/sha256/HEX`, or `HEX.json`.
pub(super) fn digest_in_name(path: &str) -> Option<Digest> {
    let hex = path.strip_prefix("blobs/sha256/").or_else(|| path.strip_suffix(".json"))?;
    Digest::from_hex(hex).ok()
}

/// An OCI manifest of these parts.
fn manifest(config: &Descriptor, layers: &[Descriptor]) -> Vec<u8> {
    let part = |descriptor: &Descriptor| {
        serde_json::json!({
            "mediaType": descriptor.media_type, "digest": descriptor.digest.to_string(), "size": descriptor.size,
        })
    };
    let layers: Vec<_> = layers.iter().map(part).collect();
    serde_json::json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": part(config), "layers": layers})
        .to_string()
        .into_bytes()
}

impl Source for Image {
    fn name(&self) -> &str {
        &self.name
    }

    fn root(&self) -> Result<(Descriptor, Vec<u8>), SourceError> {
        Ok((self.root.clone(), self.manifest.clone()))
    }

    fn manifest(&self, descriptor: &Descriptor) -> Result<Vec<u8>, SourceError> {
        if descriptor.digest == self.root.digest {
            Ok(self.manifest.clone())
        } else {
            read_small(&*self.files, self.path(descriptor)?)
        }
    }

    fn blob(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send + '_>, SourceError> {
        Ok(self.files.open(self.path(descriptor)?)?.0)
    }

    fn opens_again(&self) -> bool {
        self.files.opens_again()
    }
}
