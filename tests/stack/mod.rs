//! Images made of layers in memory, read and put together as `scan` does.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use rdsca::digest::Digest;
use rdsca::image::{Facts, Image, LayerFacts, MOST_ROUNDS, assemble, not_read, read_layer, settling};
use rdsca::oci::layer::{Expected, Watch};
use rdsca::oci::manifest::{Config, Descriptor, Document, Manifest};
use rdsca::tree::TreePath;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// A layer as it would lie in a registry.
pub struct Blob {
    /// Its bytes, compressed or not.
    pub bytes: Vec<u8>,
    /// Its media type.
    pub media_type: String,
    /// The DiffID that the config gives.
    pub diff_id: Digest,
}

impl Blob {
    /// A gzip layer of this archive.
    pub fn gzip(tar: &[u8]) -> Self {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(tar).unwrap();
        Self {
            bytes: encoder.finish().unwrap(),
            media_type: "application/vnd.oci.image.layer.v1.tar+gzip".to_owned(),
            diff_id: Digest::of(tar),
        }
    }

    fn expected(&self) -> Expected {
        let Descriptor { digest, size, .. } = self.descriptor();
        Expected { size, digest: Some(digest), diff_id: Some(self.diff_id) }
    }

    fn descriptor(&self) -> Descriptor {
        let size = self.bytes.len() as u64;
        Descriptor { media_type: self.media_type.clone(), digest: Digest::of(&self.bytes), size }
    }
}

/// The facts of an image with these layers, or why it cannot be read. Reads again as often as the watch set grows.
pub fn facts(layers: &[Blob], user: &str, paths: &[&str]) -> Result<Facts, String> {
    facts_with(layers, user, paths, &[])
}

/// The same where more than the paths asked for is watched from the beginning.
pub fn facts_with(layers: &[Blob], user: &str, paths: &[&str], watched: &[&str]) -> Result<Facts, String> {
    let (manifest, config) = documents(layers, user)?;
    let paths: Vec<_> = paths.iter().map(TreePath::new).collect();
    let mut watch = Watch::new(paths.iter().cloned().chain(watched.iter().map(TreePath::new)));
    for _ in 0..MOST_ROUNDS {
        let read: Vec<Arc<LayerFacts>> = layers
            .iter()
            .map(|layer| read_layer(&layer.bytes[..], layer.expected(), &watch).map(Arc::new))
            .collect::<Result<_, _>>()
            .map_err(|error| error.to_string())?;
        let image = Image { digest: Digest::of(""), manifest: &manifest, config: &config, layers: &read, unread: 0 };
        let assembled = assemble(&image, &paths, &watch);
        match assembled.grown {
            Some(grown) => watch = grown,
            None => return Ok(assembled.facts),
        }
    }
    Err(format!("the watch set still grows after {MOST_ROUNDS} rounds"))
}

/// The same from the topmost layers alone, where those settle the answers, and how many they are; the others are not touched.
#[allow(dead_code, reason = "not every test reads less")]
pub fn facts_of_fewest(layers: &[Blob], user: &str, paths: &[&str]) -> Option<(Facts, usize)> {
    let (manifest, config) = documents(layers, user).ok()?;
    let paths: Vec<_> = paths.iter().map(TreePath::new).collect();
    let mut watch = Watch::new(paths.iter().cloned());
    for _ in 0..MOST_ROUNDS {
        let read = |layer: &Blob| read_layer(&layer.bytes[..], layer.expected(), &watch).map(Arc::new).ok();
        let top: Vec<Arc<LayerFacts>> = layers.iter().rev().map_while(read).collect();
        let needed = settling(&top, &config, &paths).filter(|needed| *needed < layers.len())?;
        let unread = layers.len() - needed;
        let below = layers[..unread].iter().map(|layer| Arc::new(not_read(&layer.descriptor(), &watch)));
        let all: Vec<_> = below.chain(top[..needed].iter().rev().cloned()).collect();
        let image = Image { digest: Digest::of(""), manifest: &manifest, config: &config, layers: &all, unread };
        let assembled = assemble(&image, &paths, &watch);
        match assembled.grown {
            Some(grown) => watch = grown,
            None => return Some((assembled.facts, needed)),
        }
    }
    None
}

/// The manifest and the config of these layers.
fn texts(layers: &[Blob], user: &str) -> (String, String) {
    let descriptors: Vec<_> = layers
        .iter()
        .map(Blob::descriptor)
        .map(|layer| {
            format!(r#"{{"mediaType":"{}","digest":"{}","size":{}}}"#, layer.media_type, layer.digest, layer.size)
        })
        .collect();
    let diff_ids: Vec<_> = layers.iter().map(|layer| format!(r#""{}""#, layer.diff_id)).collect();
    let steps: Vec<_> = (0..layers.len()).map(|index| format!(r#"{{"created_by":"step {index}"}}"#)).collect();
    let config = format!(
        r#"{{"os":"linux","architecture":"amd64","config":{{"User":"{user}","Env":["A=1","A=2"]}},
            "rootfs":{{"type":"layers","diff_ids":[{}]}},"history":[{{"created_by":"ENV","empty_layer":true}},{}]}}"#,
        diff_ids.join(","),
        steps.join(",")
    );
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{{"mediaType":"{CONFIG}","digest":"{}","size":{}}},"layers":[{}]}}"#,
        Digest::of(&config),
        config.len(),
        descriptors.join(",")
    );
    (manifest, config)
}

fn documents(layers: &[Blob], user: &str) -> Result<(Manifest, Config), String> {
    let (manifest, config) = texts(layers, user);
    let Document::Manifest(manifest) = Document::read(manifest.as_bytes(), "").map_err(|error| error.to_string())?
    else {
        return Err("not an image".to_owned());
    };
    let config = Config::read(config.as_bytes(), layers.len()).map_err(|error| error.to_string())?;
    Ok((manifest, config))
}

/// Writes an OCI layout with one image, tagged `t`.
#[allow(dead_code, reason = "not every test writes files")]
pub fn write_layout(layers: &[Blob], folder: &Path) {
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    let (manifest, config) = texts(layers, "");
    let bodies = layers.iter().map(|layer| layer.bytes.as_slice()).chain([manifest.as_bytes(), config.as_bytes()]);
    for body in bodies {
        fs::write(blobs.join(Digest::of(body).hex()), body).unwrap();
    }
    let index = format!(
        r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"{MANIFEST}","digest":"{}","size":{},
            "annotations":{{"org.opencontainers.image.ref.name":"t"}}}}]}}"#,
        Digest::of(&manifest),
        manifest.len()
    );
    fs::write(folder.join("index.json"), index).unwrap();
    fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
}

/// One entry of a layer: `name` a file with that name as its contents, `name=text` with other contents, `name/` a directory,
/// `name->target` a link, `name=>target` a hard link; a mode may come before it (`0600 name`).
#[allow(dead_code, reason = "not every test makes layers so")]
pub fn layer<S: AsRef<str>>(entries: &[S]) -> Blob {
    let mut builder = tar::Builder::new(Vec::new());
    for entry in entries {
        let entry = entry.as_ref();
        let (mode, entry) = match entry.split_once(' ') {
            Some((mode, entry)) if mode.starts_with('0') => (Some(mode), entry),
            _ => (None, entry),
        };
        let mut header = tar::Header::new_gnu();
        header.set_size(0);
        let is_directory = entry.ends_with('/');
        let mode = mode.map_or(if is_directory { 0o755 } else { 0o644 }, |mode| u32::from_str_radix(mode, 8).unwrap());
        header.set_mode(mode);
        let link = [("->", tar::EntryType::Symlink), ("=>", tar::EntryType::Link)]
            .into_iter()
            .find_map(|(arrow, kind)| entry.split_once(arrow).map(|(name, target)| (name, target, kind)));
        if let Some((name, target, kind)) = link {
            header.set_entry_type(kind);
            builder.append_link(&mut header, name, target).unwrap();
        } else if is_directory {
            header.set_entry_type(tar::EntryType::Directory);
            builder.append_data(&mut header, entry, &b""[..]).unwrap();
        } else {
            let (name, text) = entry.split_once('=').unwrap_or((entry, entry));
            header.set_size(text.len() as u64);
            builder.append_data(&mut header, name, text.as_bytes()).unwrap();
        }
    }
    Blob::gzip(&builder.into_inner().unwrap())
}
