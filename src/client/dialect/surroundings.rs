//! What stands around a connection and decides with it: the driver's version, the environment, and the files that are there.

use std::collections::BTreeMap;

use crate::client::Version;

/// What is known of where a connection is made. The default knows nothing.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The installed version of the driver.
    pub version: Option<Version>,
    /// The environment, as far as it is known.
    pub environment: BTreeMap<String, String>,
    /// Whether files are there, by the path as the client writes it.
    pub files: BTreeMap<String, FileState>,
    /// Whether the user has a `~/.postgresql/root.crt`; none where that can't be told.
    pub home_root: Option<bool>,
    /// Whether RDS's authorities are among the system's; none where that can't be told.
    pub system_has_rds: Option<bool>,
    /// Whether the file with authorities that the connection names has Amazon's own roots, too; none where that can't be told.
    pub ca_has_amazon_roots: Option<bool>,
}

/// A file, as far as a client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// It is there and can be read.
    Readable,
    /// It is there and can't be read.
    Unreadable,
    /// It is not there.
    Missing,
}

impl Surroundings {
    /// A variable of the environment; one that is empty is not set, as libpq takes it.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}
