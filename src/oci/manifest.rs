//! Descriptors, manifests, indexes and image configurations, of OCI (image specification v1.1) and of Docker (manifest version
//! 2, schema 2), which have the same fields.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::json::{self, JsonError};
use crate::digest::{Digest, DigestError};

/// Most layers of an image; overlayfs takes 500 and no builder makes more than 127.
pub const MAX_LAYERS: usize = 1_000;

/// Most children of an index.
pub const MAX_CHILDREN: usize = 1_000;

/// How deep indexes may stand in each other; real ones stand in none.
pub const MAX_DEPTH: usize = 4;

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

/// What a manifest's bytes turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    /// An image of one platform.
    Manifest(Manifest),
    /// A list of manifests.
    Index(Index),
    /// Something that is no image: a signature, an attestation, an SBOM, a chart.
    Artifact {
        /// What it says it is.
        kind: String,
    },
}

/// An image of one platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Its configuration.
    pub config: Descriptor,
    /// Its layers, the lowest first.
    pub layers: Vec<Descriptor>,
}

/// A list of manifests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its children, in order.
    pub children: Vec<Child>,
}

/// One entry of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// The manifest or index.
    pub descriptor: Descriptor,
    /// What it is made for, where the index says.
    pub platform: Option<Platform>,
    /// What it is, where the index says that it is no image: an attestation of BuildKit, or an artifact.
    pub artifact: Option<String>,
}

/// What an image is made for (OCI image index specification, "platform").
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform {
    /// `linux`, `windows`, … as Go's GOOS has it.
    pub os: String,
    /// `amd64`, `arm64`, … as Go's GOARCH has it.
    pub architecture: String,
    /// `v8`, `v7`, … where there are several.
    pub variant: Option<String>,
}

impl Platform {
    /// Whether it stands for "made for nothing", as BuildKit marks attestations.
    pub fn is_unknown(&self) -> bool {
        self.os == "unknown" && self.architecture == "unknown"
    }
}

impl fmt::Display for Platform {
    /// As on command lines: `linux/arm64/v8`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.os, self.architecture)?;
        self.variant.iter().try_for_each(|variant| write!(out, "/{variant}"))
    }
}

/// An image's configuration (OCI image configuration specification).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// What the image is made for.
    pub platform: Platform,
    /// `config.User`, as written; empty means root.
    pub user: String,
    /// `config.Env`, as written: `NAME=value`.
    pub env: Vec<String>,
    /// `config.WorkingDir`, as written; empty means the root.
    pub working_directory: String,
    /// `config.Volumes`, in byte order.
    pub volumes: Vec<String>,
    /// `config.OnBuild`: instructions that run where it is built upon.
    pub on_build: Vec<String>,
    /// `config.Labels`.
    pub labels: BTreeMap<String, String>,
    /// `rootfs.diff_ids`, the lowest layer first.
    pub diff_ids: Vec<Digest>,
    /// `history`, the oldest first.
    pub history: Vec<History>,
}

/// One step of an image's history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The instruction.
    pub created_by: Option<String>,
    /// Whether it made no layer.
    pub empty_layer: bool,
}

/// Why a manifest, index or configuration is not read.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// No JSON, too large, not of the right shape, or ambiguous.
    #[error("{document} is not readable: {source}")]
    Json {
        /// `manifest` or `config`.
        document: &'static str,
        /// What is wrong.
        source: JsonError,
    },
    /// A digest that cannot be checked.
    #[error("{field} of the {document}: {source}")]
    Digest {
        /// `manifest` or `config`.
        document: &'static str,
        /// Which field.
        field: String,
        /// What is wrong.
        source: DigestError,
    },
    /// It says contradicting things, or not what it must say.
    #[error("{0}")]
    Invalid(String),
    /// More of something than is read.
    #[error("{count} {what}, more than the {limit} that are read")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// How many.
        count: usize,
        /// How many are read.
        limit: usize,
    },
    /// A real kind of image that this tool does not read.
    #[error("{0}")]
    Unsupported(Unsupported),
}

/// Images that exist and are not read. Each message says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// Docker's first manifest format.
    #[error("a manifest of Docker's schema 1, which runtimes no longer pull: push the image again with a current tool")]
    Schema1,
    /// A layer that lies outside of the registry.
    #[error("layer {0} is foreign: its bytes are outside of the registry, and such addresses are never followed")]
    ForeignLayer(Digest),
    /// A layer that cannot be read without a key.
    #[error("layer {0} is encrypted: decrypt the image first (skopeo copy --decryption-key)")]
    EncryptedLayer(Digest),
    /// An image for another system.
    #[error("an image for Windows: only images for Linux are read")]
    Windows,
}

impl Document {
    /// Reads a manifest or an index. What it says itself decides which of the two it is, then `media_type`, as whoever named it
    /// has it (may be empty), then what fields it has.
    ///
    /// # Errors
    /// [`ManifestError`]
    pub fn read(bytes: &[u8], media_type: &str) -> Result<Self, ManifestError> {
        let raw: RawManifest = read("manifest", bytes)?;
        let said = raw.media_type.as_deref().filter(|said| !said.is_empty()).unwrap_or(media_type);
        let form = Form::of(said);
        if raw.schema_version == Some(1) || raw.fs_layers.is_some() || form == Some(Form::Schema1) {
            return Err(ManifestError::Unsupported(Unsupported::Schema1));
        }
        let is_image = raw.layers.is_some() || raw.config.is_some();
        // A document that is both is one image to one reader and another to the next (CVE-2021-41190).
        if is_image && raw.manifests.is_some() {
            return Err(invalid("it is a manifest and an index at once, so that readers differ in what they see"));
        }
        match form {
            Some(Form::Index) if is_image => Err(invalid(format_args!("it says it is {said:?} and has layers"))),
            Some(Form::Manifest) if raw.manifests.is_some() => {
                Err(invalid(format_args!("it says it is {said:?} and has a list of manifests")))
            }
            Some(Form::Index) => Index::of(raw),
            None if raw.manifests.is_some() => Index::of(raw),
            _ if is_image => Manifest::of(raw),
            // OCI's short-lived artifact manifest (v1.1.0-rc1 to rc3) has blobs instead of layers.
            _ if raw.blobs.is_some() => {
                Ok(Document::Artifact { kind: raw.artifact_type.unwrap_or_else(|| said.to_owned()) })
            }
            _ => Err(invalid("it has neither layers nor a list of manifests")),
        }
    }
}

impl Manifest {
    fn of(raw: RawManifest) -> Result<Document, ManifestError> {
        let Some(raw_config) = raw.config else { return Err(invalid("it has no config")) };
        let raw_layers = raw.layers.unwrap_or_default();
        bound("layers", raw_layers.len(), MAX_LAYERS)?;
        let config = raw_config.descriptor("config")?;
        if let Some(kind) = artifact(raw.artifact_type, &config.media_type, &raw_layers) {
            return Ok(Document::Artifact { kind });
        }
        let mut layers = Vec::with_capacity(raw_layers.len());
        for (index, raw) in raw_layers.into_iter().enumerate() {
            let has_addresses = raw.urls.as_ref().is_some_and(|urls| !urls.is_empty());
            let layer = raw.descriptor(format_args!("layers[{index}]"))?;
            let kind = layer.media_type.as_str();
            if has_addresses || kind.contains(".nondistributable.") || kind.contains(".foreign.") {
                return Err(ManifestError::Unsupported(Unsupported::ForeignLayer(layer.digest)));
            }
            if kind.ends_with("+encrypted") {
                return Err(ManifestError::Unsupported(Unsupported::EncryptedLayer(layer.digest)));
            }
            layers.push(layer);
        }
        Ok(Document::Manifest(Manifest { config, layers }))
    }
}

impl Index {
    fn of(raw: RawManifest) -> Result<Document, ManifestError> {
        let raw_children = raw.manifests.unwrap_or_default();
        bound("manifests in an index", raw_children.len(), MAX_CHILDREN)?;
        let mut children = Vec::with_capacity(raw_children.len());
        for (index, mut raw) in raw_children.into_iter().enumerate() {
            let platform = raw.platform.take().map(RawPlatform::platform);
            let reference_type = raw.annotations.take().and_then(|mut map| map.remove("vnd.docker.reference.type"));
            let artifact_type = raw.artifact_type.take().filter(|kind| !kind.is_empty());
            let nowhere = || platform.as_ref().filter(|platform| platform.is_unknown()).map(Platform::to_string);
            let artifact = reference_type.flatten().or(artifact_type).or_else(nowhere);
            let descriptor = raw.descriptor(format_args!("manifests[{index}]"))?;
            children.push(Child { descriptor, platform, artifact });
        }
        Ok(Document::Index(Index { children }))
    }
}

impl Config {
    /// Reads the configuration of an image with this many layers.
    ///
    /// # Errors
    /// [`ManifestError`]; a configuration that speaks of more or fewer layers than the manifest is invalid.
    pub fn read(bytes: &[u8], layers: usize) -> Result<Self, ManifestError> {
        let raw: RawConfig = read("config", bytes)?;
        let os = raw.os.unwrap_or_default();
        if os == "windows" {
            return Err(ManifestError::Unsupported(Unsupported::Windows));
        }
        let raw_diff_ids = raw.rootfs.unwrap_or_default().diff_ids.unwrap_or_default();
        if raw_diff_ids.len() != layers {
            let count = raw_diff_ids.len();
            return Err(invalid(format_args!("its config has {count} diff_ids for {layers} layers")));
        }
        let mut diff_ids = Vec::with_capacity(layers);
        for (index, text) in raw_diff_ids.iter().enumerate() {
            diff_ids.push(digest("config", format_args!("rootfs.diff_ids[{index}]"), text)?);
        }
        let settings = raw.config.unwrap_or_default();
        let labels = settings.labels.unwrap_or_default();
        Ok(Self {
            platform: Platform {
                os,
                architecture: raw.architecture.unwrap_or_default(),
                variant: raw.variant.filter(|variant| !variant.is_empty()),
            },
            user: settings.user.unwrap_or_default(),
            env: settings.env.unwrap_or_default(),
            working_directory: settings.working_directory.unwrap_or_default(),
            volumes: settings.volumes.unwrap_or_default().into_keys().collect(),
            on_build: settings.on_build.unwrap_or_default(),
            labels: labels.into_iter().map(|(name, value)| (name, value.unwrap_or_default())).collect(),
            diff_ids,
            history: raw.history.unwrap_or_default().into_iter().map(RawHistory::history).collect(),
        })
    }

    /// The instruction that made each layer, the lowest first; all unknown where the history does not have one step for each
    /// layer, since then it does not tell which is whose.
    pub fn instructions(&self) -> Vec<Option<String>> {
        let steps: Vec<_> = self.history.iter().filter(|step| !step.empty_layer).collect();
        if steps.len() != self.diff_ids.len() {
            return vec![None; self.diff_ids.len()];
        }
        steps.into_iter().map(|step| step.created_by.clone().filter(|text| !text.is_empty())).collect()
    }
}

/// What a media type says of a document.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Manifest,
    Index,
    Schema1,
}

impl Form {
    fn of(media_type: &str) -> Option<Self> {
        match media_type {
            "application/vnd.oci.image.manifest.v1+json" | "application/vnd.docker.distribution.manifest.v2+json" => {
                Some(Form::Manifest)
            }
            "application/vnd.oci.image.index.v1+json" | "application/vnd.docker.distribution.manifest.list.v2+json" => {
                Some(Form::Index)
            }
            "application/vnd.docker.distribution.manifest.v1+json"
            | "application/vnd.docker.distribution.manifest.v1+prettyjws" => Some(Form::Schema1),
            _ => None,
        }
    }
}

/// What a manifest with a config and layers is, where it is no image. An image's config makes it one, unless every layer is of
/// a kind that only artifacts have: cosign and BuildKit put signatures and attestations below an image's config.
fn artifact(artifact_type: Option<String>, config: &str, layers: &[RawDescriptor]) -> Option<String> {
    const IMAGE_CONFIGS: [&str; 2] =
        ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];
    const ARTIFACT_LAYERS: [&str; 6] = [
        "application/vnd.in-toto",
        "application/vnd.dev.cosign.",
        "application/vnd.dev.sigstore.",
        "application/vnd.cyclonedx",
        "application/spdx",
        "text/spdx",
    ];
    // Docker's registry once let the type of the config away; what it named was an image's.
    if !config.is_empty() && !IMAGE_CONFIGS.contains(&config) {
        return Some(artifact_type.filter(|kind| !kind.is_empty()).unwrap_or_else(|| config.to_owned()));
    }
    let is_artifact = |kind: &str| ARTIFACT_LAYERS.iter().any(|prefix| kind.starts_with(prefix));
    let first = layers.first()?.media_type.clone()?;
    layers.iter().all(|layer| layer.media_type.as_deref().is_some_and(is_artifact)).then_some(first)
}

fn read<T: serde::de::DeserializeOwned>(document: &'static str, bytes: &[u8]) -> Result<T, ManifestError> {
    json::read(bytes).map_err(|source| ManifestError::Json { document, source })
}

fn digest(document: &'static str, field: impl fmt::Display, text: &str) -> Result<Digest, ManifestError> {
    text.parse().map_err(|source| ManifestError::Digest { document, field: field.to_string(), source })
}

fn invalid(why: impl fmt::Display) -> ManifestError {
    ManifestError::Invalid(format!("the manifest is invalid: {why}"))
}

fn bound(what: &'static str, count: usize, limit: usize) -> Result<(), ManifestError> {
    if count > limit { Err(ManifestError::TooMany { what, count, limit }) } else { Ok(()) }
}

// The documents as written, with the names of their fields in lower case (see `json::read`). Every field may be null or
// missing, which is the same in Go. `oci-spec` has such types, but finds fields by their exact case only.

#[derive(Deserialize)]
struct RawManifest {
    #[serde(rename = "schemaversion")]
    schema_version: Option<i64>,
    #[serde(rename = "mediatype")]
    media_type: Option<String>,
    #[serde(rename = "artifacttype")]
    artifact_type: Option<String>,
    config: Option<RawDescriptor>,
    layers: Option<Vec<RawDescriptor>>,
    manifests: Option<Vec<RawDescriptor>>,
    blobs: Option<serde::de::IgnoredAny>,
    #[serde(rename = "fslayers")]
    fs_layers: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct RawDescriptor {
    #[serde(rename = "mediatype")]
    media_type: Option<String>,
    digest: Option<String>,
    size: Option<u64>,
    urls: Option<Vec<String>>,
    platform: Option<RawPlatform>,
    annotations: Option<BTreeMap<String, Option<String>>>,
    #[serde(rename = "artifacttype")]
    artifact_type: Option<String>,
}

impl RawDescriptor {
    fn descriptor(self, field: impl fmt::Display) -> Result<Descriptor, ManifestError> {
        let Some(size) = self.size else { return Err(invalid(format_args!("{field} has no size"))) };
        let text = self.digest.unwrap_or_default();
        let digest = digest("manifest", format_args!("{field}.digest"), &text)?;
        Ok(Descriptor { media_type: self.media_type.unwrap_or_default(), digest, size })
    }
}

#[derive(Deserialize)]
struct RawPlatform {
    os: Option<String>,
    architecture: Option<String>,
    variant: Option<String>,
}

impl RawPlatform {
    fn platform(self) -> Platform {
        Platform {
            os: self.os.unwrap_or_default(),
            architecture: self.architecture.unwrap_or_default(),
            variant: self.variant.filter(|variant| !variant.is_empty()),
        }
    }
}

#[derive(Deserialize)]
struct RawConfig {
    os: Option<String>,
    architecture: Option<String>,
    variant: Option<String>,
    config: Option<RawSettings>,
    rootfs: Option<RawRootFs>,
    history: Option<Vec<RawHistory>>,
}

#[derive(Default, Deserialize)]
struct RawSettings {
    user: Option<String>,
    env: Option<Vec<String>>,
    #[serde(rename = "workingdir")]
    working_directory: Option<String>,
    volumes: Option<BTreeMap<String, serde::de::IgnoredAny>>,
    #[serde(rename = "onbuild")]
    on_build: Option<Vec<String>>,
    labels: Option<BTreeMap<String, Option<String>>>,
}

#[derive(Default, Deserialize)]
struct RawRootFs {
    diff_ids: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct RawHistory {
    created_by: Option<String>,
    empty_layer: Option<bool>,
}

impl RawHistory {
    fn history(self) -> History {
        History { created_by: self.created_by, empty_layer: self.empty_layer.unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
    const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
    const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    const INDEX: &str = "application/vnd.oci.image.index.v1+json";

    fn named(kind: &str) -> Value {
        json!({ "mediaType": kind, "digest": Digest::of(kind).to_string(), "size": 7 })
    }

    fn document(value: &Value) -> Result<Document, String> {
        Document::read(value.to_string().as_bytes(), "").map_err(|error| error.to_string())
    }

    fn with(kind: &str, layers: &[&str]) -> Value {
        json!({ "config": named(kind), "layers": layers.iter().map(|kind| named(kind)).collect::<Vec<_>>() })
    }

    #[test]
    fn a_manifest_is_read() {
        let Document::Manifest(manifest) = document(&with(CONFIG, &[LAYER, "weird"])).unwrap() else { panic!() };
        assert_eq!(manifest.layers[0].digest, Digest::of(LAYER));
        assert_eq!((manifest.config.size, manifest.layers.len()), (7, 2));
        let upper = with(CONFIG, &[LAYER]).to_string().replace("layers", "LAYERS");
        let Document::Manifest(manifest) = Document::read(upper.as_bytes(), MANIFEST).unwrap() else { panic!() };
        assert_eq!(manifest.layers.len(), 1, "Go finds the layers whatever their case");
    }

    #[test]
    fn an_index_tells_images_from_what_is_none() {
        let mut children = [named("a"), named("b"), named("c"), named("d")];
        children[0]["platform"] = json!({ "os": "linux", "architecture": "arm64", "variant": "v8" });
        children[1]["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
        children[2]["annotations"] = json!({ "vnd.docker.reference.type": "attestation-manifest" });
        children[3]["artifactType"] = json!("application/spdx+json");
        let Document::Index(index) = document(&json!({ "manifests": children })).unwrap() else { panic!() };
        let artifacts: Vec<_> = index.children.iter().map(|child| child.artifact.as_deref()).collect();
        let expected = [None, Some("unknown/unknown"), Some("attestation-manifest"), Some("application/spdx+json")];
        assert_eq!(artifacts, expected);
        assert_eq!(index.children[0].platform.as_ref().unwrap().to_string(), "linux/arm64/v8");
    }

    #[test]
    fn artifacts_are_no_images() {
        for (config, layer, kind) in [
            (CONFIG, "application/vnd.in-toto+json", "application/vnd.in-toto+json"),
            (
                CONFIG,
                "application/vnd.dev.cosign.simplesigning.v1+json",
                "application/vnd.dev.cosign.simplesigning.v1+json",
            ),
            ("application/vnd.cncf.helm.config.v1+json", LAYER, "application/vnd.cncf.helm.config.v1+json"),
        ] {
            assert_eq!(document(&with(config, &[layer])), Ok(Document::Artifact { kind: kind.to_owned() }));
        }
        let hidden = with(CONFIG, &["application/vnd.in-toto+json", LAYER]);
        assert!(matches!(document(&hidden), Ok(Document::Manifest(_))), "one layer is enough to be an image");
    }

    #[test]
    fn what_is_two_things_at_once_is_refused() {
        let mut both = with(CONFIG, &[LAYER]);
        both["manifests"] = json!([]);
        assert!(document(&both).unwrap_err().contains("at once"));
        let mut lying = with(CONFIG, &[LAYER]);
        lying["mediaType"] = json!(INDEX);
        assert!(document(&lying).unwrap_err().contains("has layers"));
        let lying = json!({ "mediaType": MANIFEST, "manifests": [] });
        assert!(document(&lying).unwrap_err().contains("list of manifests"));
        assert!(document(&json!({})).is_err());
        let twice = with(CONFIG, &[LAYER]).to_string().replacen('{', r#"{"Layers": [],"#, 1);
        assert!(Document::read(twice.as_bytes(), "").unwrap_err().to_string().contains("there twice"));
    }

    #[test]
    fn what_is_not_supported_is_named() {
        let mut foreign = with(CONFIG, &[LAYER]);
        foreign["layers"][0]["urls"] = json!(["https://example.com"]);
        for (value, word) in [
            (foreign, "foreign"),
            (with(CONFIG, &["application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"]), "foreign"),
            (with(CONFIG, &["application/vnd.oci.image.layer.nondistributable.v1.tar"]), "foreign"),
            (with(CONFIG, &["application/vnd.oci.image.layer.v1.tar+gzip+encrypted"]), "encrypted"),
            (json!({ "schemaVersion": 1, "fsLayers": [] }), "schema 1"),
        ] {
            assert!(document(&value).unwrap_err().contains(word), "{word}");
        }
        let windows = json!({ "os": "windows" }).to_string();
        let refused = Config::read(windows.as_bytes(), 0);
        assert!(matches!(refused, Err(ManifestError::Unsupported(Unsupported::Windows))));
    }

    #[test]
    fn there_are_bounds() {
        let layers = vec![LAYER; MAX_LAYERS + 1];
        assert!(document(&with(CONFIG, &layers)).unwrap_err().contains("more than the 1000"));
        assert!(document(&with(CONFIG, &layers[1..])).is_ok());
        assert!(document(&json!({ "manifests": vec![named("a"); MAX_CHILDREN + 1] })).is_err());
        let mut value = with(CONFIG, &[LAYER]);
        for (field, wrong) in [("size", json!(-1)), ("size", json!(null)), ("digest", json!("sha256:../x"))] {
            value["layers"][0] = named(LAYER);
            value["layers"][0][field] = wrong;
            assert!(document(&value).is_err(), "{field}");
        }
    }

    #[test]
    fn a_configuration_is_read_and_counts_its_layers() {
        let ids = ["a", "b"].map(|id| Digest::of(id).to_string());
        let mut value = json!({
            "os": "linux", "architecture": "amd64", "rootfs": { "type": "layers", "diff_ids": ids },
            "config": { "User": "app:staff", "Env": ["A=1"], "Labels": { "X": "1", "x": null }, "Cmd": null },
            "history": [{ "created_by": "ADD a" }, { "created_by": "ENV A=1", "empty_layer": true }, { "created_by": "COPY b" }],
        });
        let read = |value: &Value, layers| Config::read(value.to_string().as_bytes(), layers);
        let config = read(&value, 2).unwrap();
        assert_eq!((config.user.as_str(), config.labels.len()), ("app:staff", 2));
        assert_eq!(config.instructions(), [Some("ADD a".to_owned()), Some("COPY b".to_owned())]);
        assert!(read(&value, 1).unwrap_err().to_string().contains("2 diff_ids for 1 layers"));
        value["history"] = json!([{ "created_by": "ADD a" }]);
        assert_eq!(
            read(&value, 2).unwrap().instructions(),
            [None, None],
            "one step cannot be told to be which layer's"
        );
        value["config"] = json!(null);
        assert_eq!(read(&value, 2).unwrap().user, "");
    }
}
