//! What an image is made for.

use std::fmt;

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
