//! How registries are reached: options that every command has that asks one.

use std::path::PathBuf;

use crate::registry::{self, Opener, Pace};

/// Whether the network may be used.
#[derive(clap::Args)]
#[command(next_help_heading = "Registries")]
pub struct Network {
    /// Ask no registry and nobody else: what is not on this machine is an error
    #[arg(long, env = "RDSCA_OFFLINE")]
    pub offline: bool,
}

/// How registries are reached.
#[derive(clap::Args)]
#[command(next_help_heading = "Registries")]
pub struct Reach {
    #[command(flatten)]
    pub network: Network,
    /// Talk http to registries that are not on this machine
    #[arg(long, env = "RDSCA_PLAIN_HTTP")]
    plain_http: bool,
    /// Trust the authorities in this PEM file, besides the system's
    #[arg(long, value_name = "FILE", env = "RDSCA_REGISTRY_CA")]
    registry_ca: Option<PathBuf>,
    /// Let this token service have a registry's credentials, though it is on another site
    #[arg(long, value_name = "HOST", value_delimiter = ',', env = "RDSCA_ALLOW_REALM")]
    allow_realm: Vec<String>,
}

impl Reach {
    /// What opens images with these options and the user's credentials. Nothing is read yet.
    pub fn opener(&self) -> Opener {
        self.opener_at(Pace::default())
    }

    /// The same, with these bounds on waiting.
    pub fn opener_at(&self, pace: Pace) -> Opener {
        Opener::new(registry::Options {
            offline: self.network.offline,
            plain_http: self.plain_http,
            registry_ca: self.registry_ca.clone(),
            allowed_realms: self.allow_realm.clone(),
            credential_files: registry::credential_files(),
            pace,
        })
    }
}
