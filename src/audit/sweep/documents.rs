//! What judgement needs of an image's config, as it is stored with the image.

use serde::{Deserialize, Serialize};

use crate::image;
use crate::oci::manifest::{Config, History, Platform};

/// The longest instruction that is kept, in bytes; it is only shown.
const LONGEST_INSTRUCTION: usize = 240;

/// What is kept of a config besides the platform, and the digests and instructions of its layers.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    user: String,
    /// Only the variables that say where certificates are: the values of others may be secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    env: Vec<String>,
    #[serde(default, rename = "workingDir", skip_serializing_if = "String::is_empty")]
    working_directory: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    volumes: Vec<String>,
    platform: (String, String, Option<String>),
}

impl Kept {
    /// As JSON.
    pub fn text(config: &Config) -> String {
        let Platform { os, architecture, variant } = config.platform.clone();
        let kept = Self {
            user: config.user.clone(),
            env: config.env.iter().filter(|pair| is_kept(pair)).cloned().collect(),
            working_directory: config.working_directory.clone(),
            volumes: config.volumes.clone(),
            platform: (os, architecture, variant),
        };
        serde_json::to_string(&kept).unwrap_or_default()
    }

    /// From JSON.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// `config.User` as written.
    pub fn into_user(self) -> String {
        self.user
    }

    /// The config again, as far as it was kept, with one step of history for each layer.
    pub fn config(self, layers: impl Iterator<Item = (crate::digest::Digest, Option<String>)>) -> Config {
        let (diff_ids, history) = layers
            .map(|(diff_id, instruction)| (diff_id, History { created_by: instruction, empty_layer: false }))
            .unzip();
        let (os, architecture, variant) = self.platform;
        Config {
            platform: Platform { os, architecture, variant },
            user: self.user,
            env: self.env,
            working_directory: self.working_directory,
            volumes: self.volumes,
            labels: Default::default(),
            on_build: Vec::new(),
            diff_ids,
            history,
        }
    }
}

/// Whether a variable of the environment is kept.
fn is_kept(pair: &str) -> bool {
    pair.split_once('=').is_some_and(|(name, _)| image::is_ca_variable(name))
}

/// An instruction as it is kept: its beginning.
pub fn instruction(text: &str) -> String {
    match text.char_indices().find(|(at, letter)| at + letter.len_utf8() > LONGEST_INSTRUCTION) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    #[test]
    fn a_config_comes_back_as_far_as_it_is_needed() {
        let config = Config {
            platform: Platform {
                os: "linux".to_owned(),
                architecture: "arm64".to_owned(),
                variant: Some("v8".to_owned()),
            },
            user: "1000".to_owned(),
            env: vec!["SSL_CERT_FILE=/ü".to_owned(), "PASSWORD=secret".to_owned()],
            working_directory: "/srv".to_owned(),
            volumes: vec!["/data".to_owned()],
            diff_ids: vec![Digest::of("a"), Digest::of("b")],
            history: vec![
                History { created_by: Some("ADD".to_owned()), empty_layer: false },
                History { created_by: None, empty_layer: false },
            ],
            ..Config::default()
        };
        let layers = config.diff_ids.clone().into_iter().zip(config.instructions());
        let text = Kept::text(&config);
        assert!(!text.contains("secret"));
        let back = Kept::read(&text).unwrap().config(layers);
        assert_eq!(back, Config { env: vec!["SSL_CERT_FILE=/ü".to_owned()], ..config });
    }

    #[test]
    fn long_instructions_are_cut_between_letters() {
        let long = "ü".repeat(200);
        assert_eq!(instruction(&long), format!("{}…", "ü".repeat(120)));
        assert_eq!(instruction("RUN a"), "RUN a");
    }
}
