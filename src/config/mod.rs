//! The configuration, `.rdsca.yaml`: what a repository or a team expects, and what it decided not to hear about. Described by
//! `docs/configuration.md` and `docs/config.schema.json`; found and read from disk in `audit::configuration`.

mod file;

use std::collections::BTreeMap;
use std::sync::Arc;

use globset::GlobMatcher;

use crate::dockerfile::base::Declared;
use crate::dockerfile::facts::Os;
use crate::finding::Level;
use crate::finding::ignore::Ignore;
use crate::rules::RequireBundle;
use crate::text::SourceFile;
use crate::tree::TreePath;

/// The name that is looked for.
pub const NAME: &str = ".rdsca.yaml";

/// The JSON Schema of the file.
pub static SCHEMA: &str = include_str!("../../docs/config.schema.json");

/// A file that says nothing and shows all that can be said.
pub static TEMPLATE: &str = include_str!("template.yaml");

/// What a configuration says; none and empty for what it does not say.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The file; none where there is none.
    pub file: Option<Arc<SourceFile>>,
    /// `bundle-paths`: where an image should have the bundle.
    pub bundle_paths: Option<Vec<TreePath>>,
    /// `rds-regions`: where the databases are.
    pub rds_regions: Option<Vec<String>>,
    /// `bundle`: what bundles are compared with: `builtin`, or a file's path from the configuration's folder.
    pub bundle: Option<String>,
    /// `fail-on`: the lowest level that fails a run.
    pub fail_on: Option<Threshold>,
    /// `require-bundle`: which images need the bundle.
    pub require_bundle: Option<RequireBundle>,
    /// `ignores`: what is found and does not count, and why.
    pub ignores: Vec<Ignore>,
    /// `overrides`: rules whose findings have another level, or are not wanted.
    pub overrides: BTreeMap<&'static str, Override>,
    /// `bases`: what is known of base images that only their owner knows; the first that fits is taken.
    pub bases: Vec<Declared>,
    /// `teams`: whose images are whose; the first that fits is taken.
    pub teams: Vec<Team>,
}

/// A team and its images.
#[derive(Clone, Debug)]
pub struct Team {
    /// What it is called in reports.
    pub name: Arc<str>,
    /// Patterns of registry and repository: `registry.example.com/payments/**`.
    pub images: Vec<GlobMatcher>,
}

impl Config {
    /// The team that an image belongs to, by its registry and repository (no tag, no digest).
    pub fn team_of(&self, repository: &str) -> Option<&Arc<str>> {
        let owns = |team: &&Team| team.images.iter().any(|pattern| pattern.is_match(repository));
        self.teams.iter().find(owns).map(|team| &team.name)
    }
}

/// The lowest level that fails a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// Errors.
    Error,
    /// Warnings and errors.
    Warning,
    /// Everything.
    Note,
    /// Nothing.
    Never,
}

impl Threshold {
    /// Whether a finding of that level fails a run.
    pub fn reached(self, level: Level) -> bool {
        match self {
            Threshold::Error => level >= Level::Error,
            Threshold::Warning => level >= Level::Warning,
            Threshold::Note => level >= Level::Note,
            Threshold::Never => false,
        }
    }

    /// As written in the file and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Threshold::Error => "error",
            Threshold::Warning => "warning",
            Threshold::Note => "note",
            Threshold::Never => "never",
        }
    }
}

/// What becomes of a rule's findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Override {
    /// They are not wanted.
    Off,
    /// They have this level.
    Level(Level),
}

impl Override {
    /// As written in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Override::Off => "off",
            Override::Level(level) => level.as_str(),
        }
    }
}

/// An operating system as written in the file.
pub fn os_name(os: &Os) -> String {
    match os {
        Os::Amazon { version } => match version.as_deref() {
            Some("2018.03") => "amazon-linux-1".to_owned(),
            Some(version) => format!("amazon-linux-{version}"),
            None => "amazon-linux".to_owned(),
        },
        Os::Other | Os::Unknown => "other".to_owned(),
    }
}

/// Why a file is no configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}:{line}:{column}: {message}")]
pub struct ConfigError {
    /// The file's name as it was given.
    pub name: String,
    /// Line, from 1.
    pub line: u64,
    /// Column in characters, from 1.
    pub column: u64,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
}
