//! Descriptors, manifests, indexes and image configurations.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::digest::Digest;

use super::json;

/// The most children of one index.
pub const MOST_CHILDREN: usize = 1_000;

/// Indexes in indexes are followed this deep.
pub const DEEPEST_INDEX: usize = 4;

/// The most layers of one image (overlayfs takes 500 at the most, Docker 127).
pub const MOST_LAYERS: usize = 1_000;

/// Names a blob by digest and size (OCI image specification, "Content Descriptors").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// What it is said to be; only shown and used to tell a manifest from an index, never to choose a decompressor.
    pub media_type: String,
    /// Digest of its bytes.
    pub digest: Digest,
    /// Size in bytes.
    pub size: u64,
}

/// Why a document is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not JSON, not of the right shape, or ambiguous.
    #[error("{what} cannot be read: {why}")]
    Invalid {
        /// "the manifest", "the index", "the config".
        what: &'static str,
        /// What is wrong.
        why: String,
    },
    /// Something that is not read, on purpose.
    #[error("{0}")]
    Unsupported(String),
}

/// What a reference can lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    /// One image, or another artifact.
    Manifest(Manifest),
    /// Several, by platform.
    Index(Index),
}

/// An image manifest (OCI image specification, "Image Manifest"; Docker's schema 2 is the same).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The config.
    pub config: Descriptor,
    /// The layers, the lowest first.
    pub layers: Vec<Descriptor>,
    /// What the artifact is said to be.
    pub artifact_type: Option<String>,
}

/// An index (OCI image specification, "Image Index"; Docker's manifest list is the same).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its children.
    pub children: Vec<Child>,
}

/// A manifest or index named by an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// The manifest.
    pub descriptor: Descriptor,
    /// What it is made for.
    pub platform: Option<Platform>,
    /// What the artifact is said to be.
    pub artifact_type: Option<String>,
    /// Free words.
    pub annotations: BTreeMap<String, String>,
}

/// What an image is made for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Platform {
    /// `linux`, …
    #[serde(default)]
    pub os: String,
    /// `amd64`, `arm64`, …
    #[serde(default)]
    pub architecture: String,
    /// `v8`, …
    #[serde(default)]
    pub variant: Option<String>,
}

/// The config of an image (OCI image specification, "Image Configuration").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// What it is made for.
    pub platform: Platform,
    /// `config.User`, empty where there is none.
    pub user: String,
    /// `config.Env`: `NAME=value`.
    pub env: Vec<String>,
    /// `config.Labels`, names in lower case.
    pub labels: BTreeMap<String, String>,
    /// The digests of the uncompressed layers, the lowest first.
    pub diff_ids: Vec<Digest>,
    /// How it was made, the first step first.
    pub history: Vec<Step>,
}

/// A step of an image's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The instruction.
    pub created_by: Option<String>,
    /// Whether it made no layer.
    pub empty_layer: bool,
}

/// What a manifest is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// An image that can run.
    Image,
    /// A signature, an SBOM, an attestation, a chart or the like, by its type.
    Artifact(String),
}

impl Document {
    /// Reads a manifest or index. Which it is, it must say itself, by what it holds: a media type beside it is only believed
    /// where it does not contradict.
    ///
    /// # Errors
    /// [`ManifestError`]
    pub fn read(bytes: &[u8]) -> Result<Self, ManifestError> {
        const WHAT: &str = "the manifest";
        let raw: RawDocument = parse(WHAT, bytes)?;
        let media_type = raw.mediatype.unwrap_or_default();
        if raw.schemaversion == Some(1) || media_type.contains(".manifest.v1+") && media_type.contains("docker") {
            return Err(ManifestError::Unsupported(
                "it is a Docker schema 1 manifest, which no current runtime reads: push the image again with a current client"
                    .to_owned(),
            ));
        }
        let is_index = media_type.contains("index") || media_type.contains("manifest.list");
        match (raw.manifests, raw.config, raw.layers) {
            (Some(children), None, None) if media_type.is_empty() || is_index => {
                Index::new(children).map(Document::Index)
            }
            (None, Some(config), layers) if !is_index => {
                Manifest::new(config, layers.unwrap_or_default(), raw.artifacttype).map(Document::Manifest)
            }
            (None, None, None) => Err(invalid(WHAT, "it has neither layers nor manifests")),
            // Readers that look at one and readers that look at the other would see two images (CVE-2021-41190).
            _ => Err(invalid(WHAT, "it is a manifest and an index at once")),
        }
    }
}

impl Index {
    fn new(children: Vec<RawDescriptor>) -> Result<Self, ManifestError> {
        const WHAT: &str = "the index";
        if children.len() > MOST_CHILDREN {
            return Err(invalid(WHAT, format!("it names more than {MOST_CHILDREN} manifests")));
        }
        let children = children
            .into_iter()
            .map(|mut raw| {
                Ok(Child {
                    platform: raw.platform.take(),
                    artifact_type: raw.artifacttype.take(),
                    annotations: raw.annotations.take().unwrap_or_default(),
                    descriptor: raw.descriptor(WHAT)?,
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { children })
    }
}

impl Child {
    /// Whether it is an index.
    pub fn is_index(&self) -> bool {
        matches!(
            self.descriptor.media_type.as_str(),
            "application/vnd.oci.image.index.v1+json" | "application/vnd.docker.distribution.manifest.list.v2+json"
        )
    }

    /// What it is for, as far as the index tells: BuildKit's attestations are for the platform `unknown/unknown`.
    pub fn purpose(&self) -> Purpose {
        if let Some(artifact_type) = &self.artifact_type {
            return Purpose::Artifact(artifact_type.clone());
        }
        match &self.platform {
            Some(platform) if platform.os == "unknown" && platform.architecture == "unknown" => {
                let kind = self.annotations.get("vnd.docker.reference.type");
                Purpose::Artifact(kind.cloned().unwrap_or_else(|| "for unknown/unknown".to_owned()))
            }
            _ => Purpose::Image,
        }
    }
}

impl Manifest {
    fn new(
        config: RawDescriptor,
        layers: Vec<RawDescriptor>,
        artifact_type: Option<String>,
    ) -> Result<Self, ManifestError> {
        const WHAT: &str = "the manifest";
        if layers.len() > MOST_LAYERS {
            return Err(invalid(WHAT, format!("it has more than {MOST_LAYERS} layers")));
        }
        let is_image = is_image_config(&config.mediatype) && layers.iter().any(|layer| is_layer(&layer.mediatype));
        let layers = layers
            .into_iter()
            .map(|layer| {
                let foreign = !layer.urls.as_deref().unwrap_or_default().is_empty();
                let descriptor = layer.descriptor(WHAT)?;
                if is_image {
                    refuse_special(&descriptor, foreign)?;
                }
                Ok(descriptor)
            })
            .collect::<Result<_, ManifestError>>()?;
        Ok(Self {
            config: config.descriptor(WHAT)?,
            layers,
            artifact_type: artifact_type.filter(|kind| !kind.is_empty()),
        })
    }

    /// What it is for: an image has the config of one, and layers (an image without any is one, too).
    pub fn purpose(&self) -> Purpose {
        if !is_image_config(&self.config.media_type) {
            let kind = self.artifact_type.as_ref().unwrap_or(&self.config.media_type);
            return Purpose::Artifact(kind.clone());
        }
        match self.layers.first() {
            Some(first) if !self.layers.iter().any(|layer| is_layer(&layer.media_type)) => {
                Purpose::Artifact(self.artifact_type.as_ref().unwrap_or(&first.media_type).clone())
            }
            _ => Purpose::Image,
        }
    }
}

/// Layers that are not to be read.
fn refuse_special(layer: &Descriptor, has_urls: bool) -> Result<(), ManifestError> {
    let Descriptor { media_type, digest, .. } = layer;
    let unsupported = |what: &str| Err(ManifestError::Unsupported(format!("layer {digest} {what}")));
    if media_type.ends_with("+encrypted") {
        return unsupported("is encrypted, and cannot be read without its key");
    }
    if has_urls || media_type.contains(".nondistributable.") || media_type.contains(".foreign.") {
        return unsupported("is a foreign one, kept at an address outside of the registry, which is not followed");
    }
    if !is_layer(media_type) {
        return unsupported(&format!("has the media type {media_type:?}, which is not that of a layer"));
    }
    Ok(())
}

fn is_image_config(media_type: &str) -> bool {
    matches!(media_type, "application/vnd.oci.image.config.v1+json" | "application/vnd.docker.container.image.v1+json")
}

fn is_layer(media_type: &str) -> bool {
    media_type.starts_with("application/vnd.oci.image.layer.")
        || media_type.starts_with("application/vnd.docker.image.rootfs.")
}

impl fmt::Display for Platform {
    /// `os/architecture` or `os/architecture/variant`, as `--platform` takes it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.os, self.architecture)?;
        match self.variant.as_deref() {
            None | Some("") => Ok(()),
            Some(variant) => write!(out, "/{variant}"),
        }
    }
}

impl Config {
    /// Reads the config of `manifest`.
    ///
    /// # Errors
    /// [`ManifestError`], also where the config has another number of layers than the manifest, or is for Windows.
    pub fn read(bytes: &[u8], manifest: &Manifest) -> Result<Self, ManifestError> {
        const WHAT: &str = "the config";
        let raw: RawConfig = parse(WHAT, bytes)?;
        let platform = Platform { os: raw.os, architecture: raw.architecture, variant: raw.variant };
        if platform.os == "windows" {
            return Err(ManifestError::Unsupported("it is an image for Windows, whose layers are not read".to_owned()));
        }
        let diff_ids = raw.rootfs.unwrap_or_default().diff_ids.unwrap_or_default();
        if diff_ids.len() != manifest.layers.len() {
            let (named, present) = (diff_ids.len(), manifest.layers.len());
            return Err(invalid(WHAT, format!("it names {named} layers, and the manifest has {present}")));
        }
        let diff_ids = diff_ids
            .iter()
            .map(|diff_id| diff_id.parse().map_err(|error| invalid(WHAT, format!("a DiffID is wrong: {error}"))))
            .collect::<Result<_, _>>()?;
        let process = raw.config.unwrap_or_default();
        let history = raw.history.unwrap_or_default().into_iter();
        Ok(Self {
            platform,
            user: process.user.unwrap_or_default(),
            env: process.env.unwrap_or_default(),
            labels: process.labels.unwrap_or_default(),
            diff_ids,
            history: history
                .map(|step| Step {
                    created_by: step.created_by.filter(|instruction| !instruction.is_empty()),
                    empty_layer: step.empty_layer,
                })
                .collect(),
        })
    }

    /// For each layer the instruction that made it. None for all where the history has another number of layers: some tools
    /// cut or leave out the history, and a wrong instruction is worse than none.
    pub fn instructions(&self) -> Vec<Option<String>> {
        let steps: Vec<_> = self.history.iter().filter(|step| !step.empty_layer).collect();
        if steps.len() != self.diff_ids.len() {
            return vec![None; self.diff_ids.len()];
        }
        steps.into_iter().map(|step| step.created_by.clone()).collect()
    }
}

fn invalid(what: &'static str, why: impl Into<String>) -> ManifestError {
    ManifestError::Invalid { what, why: why.into() }
}

fn parse<T: DeserializeOwned>(what: &'static str, bytes: &[u8]) -> Result<T, ManifestError> {
    json::read(bytes).map_err(|error| invalid(what, error.to_string()))
}

// What stands in the documents. Names are in lower case, as `json` folds them, and everything may be null, as Go has it.

#[derive(Deserialize)]
struct RawDocument {
    schemaversion: Option<u64>,
    mediatype: Option<String>,
    artifacttype: Option<String>,
    config: Option<RawDescriptor>,
    layers: Option<Vec<RawDescriptor>>,
    manifests: Option<Vec<RawDescriptor>>,
}

#[derive(Deserialize)]
struct RawDescriptor {
    #[serde(default)]
    mediatype: String,
    digest: String,
    size: u64,
    urls: Option<Vec<String>>,
    platform: Option<Platform>,
    artifacttype: Option<String>,
    annotations: Option<BTreeMap<String, String>>,
}

impl RawDescriptor {
    fn descriptor(self, what: &'static str) -> Result<Descriptor, ManifestError> {
        let digest = self.digest.parse().map_err(|error| invalid(what, format!("{error}")))?;
        Ok(Descriptor { media_type: self.mediatype, digest, size: self.size })
    }
}

#[derive(Deserialize)]
struct RawConfig {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    variant: Option<String>,
    config: Option<RawProcess>,
    rootfs: Option<RawRootfs>,
    history: Option<Vec<RawStep>>,
}

#[derive(Default, Deserialize)]
struct RawProcess {
    user: Option<String>,
    env: Option<Vec<String>>,
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Default, Deserialize)]
struct RawRootfs {
    diff_ids: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct RawStep {
    created_by: Option<String>,
    #[serde(default)]
    empty_layer: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn manifest(config: &str, layers: &[&str]) -> Result<Document, ManifestError> {
        let layers: Vec<_> =
            layers.iter().map(|kind| format!(r#"{{"mediaType":"{kind}","digest":"{EMPTY}","size":0}}"#)).collect();
        let text = format!(
            r#"{{"schemaVersion":2,"config":{{"mediaType":"{config}","digest":"{EMPTY}","size":2}},"layers":[{}]}}"#,
            layers.join(",")
        );
        Document::read(text.as_bytes())
    }

    fn image(layers: &[&str]) -> Result<Document, ManifestError> {
        manifest("application/vnd.oci.image.config.v1+json", layers)
    }

    const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

    #[test]
    fn images_and_other_artifacts_are_told_apart() {
        for (config, layers, purpose) in [
            ("application/vnd.oci.image.config.v1+json", &[LAYER][..], Purpose::Image),
            (
                "application/vnd.docker.container.image.v1+json",
                &["application/vnd.docker.image.rootfs.diff.tar.gzip"],
                Purpose::Image,
            ),
            ("application/vnd.oci.image.config.v1+json", &[], Purpose::Image),
            (
                "application/vnd.oci.image.config.v1+json",
                &["application/vnd.dev.cosign.simplesigning.v1+json"],
                Purpose::Artifact("application/vnd.dev.cosign.simplesigning.v1+json".into()),
            ),
            (
                "application/vnd.cncf.helm.config.v1+json",
                &["application/vnd.cncf.helm.chart.content.v1.tar+gzip"],
                Purpose::Artifact("application/vnd.cncf.helm.config.v1+json".into()),
            ),
        ] {
            match manifest(config, layers).unwrap() {
                Document::Manifest(manifest) => assert_eq!(manifest.purpose(), purpose, "{config}"),
                Document::Index(_) => panic!("an index"),
            }
        }
    }

    #[test]
    fn layers_that_cannot_be_read_are_named() {
        for (kind, word) in [
            ("application/vnd.oci.image.layer.v1.tar+gzip+encrypted", "encrypted"),
            ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "foreign"),
            ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "foreign"),
            ("application/json", "media type"),
        ] {
            let error = image(&[LAYER, kind]).unwrap_err();
            assert!(matches!(error, ManifestError::Unsupported(_)) && error.to_string().contains(word), "{error}");
        }
        assert!(image(&vec![LAYER; MOST_LAYERS]).is_ok());
        assert!(image(&vec![LAYER; MOST_LAYERS + 1]).is_err());
    }

    #[test]
    fn what_is_two_things_at_once_or_neither_is_refused() {
        let descriptor = format!(r#"{{"digest":"{EMPTY}","size":2}}"#);
        for text in [
            format!(r#"{{"config":{descriptor},"layers":[],"manifests":[]}}"#),
            format!(r#"{{"mediaType":"application/vnd.oci.image.index.v1+json","config":{descriptor},"layers":[]}}"#),
            r#"{"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[]}"#.to_owned(),
            format!(r#"{{"config":{descriptor},"layers":[],"Layers":[{descriptor}]}}"#),
            "{}".to_owned(),
            "[]".to_owned(),
            "<html>".to_owned(),
            r#"{"schemaVersion":1,"fsLayers":[]}"#.to_owned(),
            r#"{"config":{"digest":"sha256:../../x","size":2},"layers":[]}"#.to_owned(),
            format!(r#"{{"config":{{"digest":"{EMPTY}","size":-2}},"layers":[]}}"#),
        ] {
            assert!(Document::read(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn an_index_tells_attestations_from_images() {
        let child = |extra: &str| format!(r#"{{"mediaType":"m","digest":"{EMPTY}","size":2{extra}}}"#);
        let text = format!(
            r#"{{"schemaVersion":2,"manifests":[{},{},{}]}}"#,
            child(r#","platform":{"os":"linux","architecture":"arm64","variant":"v8"}"#),
            child(
                r#","platform":{"os":"unknown","architecture":"unknown"},"annotations":{"vnd.docker.reference.type":"attestation-manifest"}"#
            ),
            child(r#","artifactType":"application/spdx+json""#),
        );
        let Document::Index(index) = Document::read(text.as_bytes()).unwrap() else { panic!("a manifest") };
        assert_eq!(index.children[0].platform.as_ref().unwrap().to_string(), "linux/arm64/v8");
        let purposes: Vec<_> = index.children.iter().map(Child::purpose).collect();
        let artifact = |kind: &str| Purpose::Artifact(kind.to_owned());
        assert_eq!(purposes, [Purpose::Image, artifact("attestation-manifest"), artifact("application/spdx+json")]);
    }

    #[test]
    fn a_config_names_as_many_layers_as_the_manifest() {
        let Document::Manifest(one) = image(&[LAYER]).unwrap() else { panic!("an index") };
        let text = format!(
            r#"{{"os":"linux","architecture":"amd64","config":{{"User":"app","Env":["A=b"],"Labels":null}},
                "rootfs":{{"type":"layers","diff_ids":["{EMPTY}"]}},
                "history":[{{"created_by":"ENV A=b","empty_layer":true}},{{"created_by":"COPY x /"}}]}}"#
        );
        let config = Config::read(text.as_bytes(), &one).unwrap();
        assert_eq!((config.user.as_str(), config.env.len()), ("app", 1));
        assert_eq!(config.instructions(), [Some("COPY x /".to_owned())]);
        let cut = Config { history: config.history[..1].to_vec(), ..config };
        assert_eq!(cut.instructions(), [None]);
        let Document::Manifest(two) = image(&[LAYER, LAYER]).unwrap() else { panic!("an index") };
        assert!(Config::read(text.as_bytes(), &two).is_err());
        let windows = text.replace("linux", "windows");
        assert!(matches!(Config::read(windows.as_bytes(), &one), Err(ManifestError::Unsupported(_))));
    }
}
