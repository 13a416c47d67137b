//! Descriptors, manifests, indexes and image configurations, of OCI (image specification v1.1) and of Docker (manifest version
//! 2, schema 2), which have the same fields.

mod config;
mod error;
mod platform;
mod raw;

use crate::digest::Digest;

use error::{bound, invalid, read};
use raw::{RawDescriptor, RawManifest, RawPlatform};

pub use config::{Config, History};
pub use error::{ManifestError, Unsupported};
pub use platform::Platform;

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
}
