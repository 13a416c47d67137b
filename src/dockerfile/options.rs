//! What a build is told besides the Dockerfile: arguments, target, platform, and the day it is built.

use std::collections::BTreeMap;

use super::base::Declared;
use crate::tree::TreePath;

/// As on the command line of `docker build`.
#[derive(Clone, Debug)]
pub struct Options {
    /// `--build-arg`.
    pub build_args: BTreeMap<String, String>,
    /// `--target`: a stage's name or number.
    pub target: Option<String>,
    /// `--platform`, as `os/architecture[/variant]`.
    pub platform: String,
    /// The day that decides which image a moving tag names, as `YYYY-MM-DD`.
    pub at: jiff::civil::Date,
    /// What is said of base images that only their owner knows; the first that fits is taken.
    pub bases: Vec<Declared>,
    /// Where a base has the bundle of which it is said that it brings it.
    pub bundle_path: TreePath,
    /// Whether it is looked for what shows that RDS is used.
    pub look_for_need: bool,
}

impl Options {
    /// A build for linux/amd64 on that day, with nothing else said.
    pub fn at(at: jiff::civil::Date) -> Self {
        Self {
            build_args: BTreeMap::new(),
            target: None,
            platform: "linux/amd64".to_owned(),
            at,
            bases: Vec::new(),
            bundle_path: TreePath::new("/etc/ssl/certs/rds-ca.pem"),
            look_for_need: false,
        }
    }
}
