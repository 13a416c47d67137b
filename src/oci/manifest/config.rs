//! An image's configuration.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Platform;
use super::error::{ManifestError, Unsupported, digest, invalid, read};
use crate::digest::Digest;

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

// As written; see `raw`.

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
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn an_image_for_windows_is_named() {
        let windows = json!({ "os": "windows" }).to_string();
        let refused = Config::read(windows.as_bytes(), 0);
        assert!(matches!(refused, Err(ManifestError::Unsupported(Unsupported::Windows))));
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
