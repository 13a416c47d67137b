//! Manifests and indexes as written, with the names of their fields in lower case (see `json::read`). Every field may be null or
//! missing, which is the same in Go. `oci-spec` has such types, but finds fields by their exact case only.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::error::{ManifestError, digest, invalid};
use super::{Descriptor, Platform};

#[derive(Deserialize)]
pub(super) struct RawManifest {
    #[serde(rename = "schemaversion")]
    pub(super) schema_version: Option<i64>,
    #[serde(rename = "mediatype")]
    pub(super) media_type: Option<String>,
    #[serde(rename = "artifacttype")]
    pub(super) artifact_type: Option<String>,
    pub(super) config: Option<RawDescriptor>,
    pub(super) layers: Option<Vec<RawDescriptor>>,
    pub(super) manifests: Option<Vec<RawDescriptor>>,
    pub(super) blobs: Option<serde::de::IgnoredAny>,
    #[serde(rename = "fslayers")]
    pub(super) fs_layers: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
pub(super) struct RawDescriptor {
    #[serde(rename = "mediatype")]
    pub(super) media_type: Option<String>,
    pub(super) digest: Option<String>,
    pub(super) size: Option<u64>,
    pub(super) urls: Option<Vec<String>>,
    pub(super) platform: Option<RawPlatform>,
    pub(super) annotations: Option<BTreeMap<String, Option<String>>>,
    #[serde(rename = "artifacttype")]
    pub(super) artifact_type: Option<String>,
}

impl RawDescriptor {
    pub(super) fn descriptor(self, field: impl fmt::Display) -> Result<Descriptor, ManifestError> {
        let Some(size) = self.size else { return Err(invalid(format_args!("{field} has no size"))) };
        let text = self.digest.unwrap_or_default();
        let digest = digest("manifest", format_args!("{field}.digest"), &text)?;
        Ok(Descriptor { media_type: self.media_type.unwrap_or_default(), digest, size })
    }
}

#[derive(Deserialize)]
pub(super) struct RawPlatform {
    pub(super) os: Option<String>,
    pub(super) architecture: Option<String>,
    pub(super) variant: Option<String>,
}

impl RawPlatform {
    pub(super) fn platform(self) -> Platform {
        Platform {
            os: self.os.unwrap_or_default(),
            architecture: self.architecture.unwrap_or_default(),
            variant: self.variant.filter(|variant| !variant.is_empty()),
        }
    }
}
