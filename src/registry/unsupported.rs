//! Kinds of input that other tools read and this one does not: each says how to get there.

use super::{Kind, Opener, Passing, Sources};
use crate::oci::source::SourceError;

/// Images of a docker daemon, which would have to write them out for us.
pub(super) const DOCKER_DAEMON: Kind = Kind {
    prefix: "docker-daemon:",
    form: "docker-daemon:NAME",
    summary: "not read; use: docker save NAME | rdsca scan -",
    open: docker_daemon,
};

/// Images of podman and buildah, whose layers are unpacked.
pub(super) const CONTAINERS_STORAGE: Kind = Kind {
    prefix: "containers-storage:",
    form: "containers-storage:NAME",
    summary: "not read; use: podman save NAME | rdsca scan -",
    open: containers_storage,
};

/// Folders that skopeo writes, whose files do not say what they are.
pub(super) const DIR: Kind = Kind {
    prefix: "dir:",
    form: "dir:PATH",
    summary: "not read; use: skopeo copy dir:PATH oci:NEW, and scan that",
    open: dir,
};

fn dir(path: &str, _: &Opener, _: &mut Passing<'_>) -> Result<Sources, SourceError> {
    let path = crate::text::escape(path);
    Err(SourceError::Unsupported(format!(
        "dir:{path} is not read; use: skopeo copy dir:{path} oci:NEW, and scan oci:NEW"
    )))
}

fn docker_daemon(name: &str, _: &Opener, _: &mut Passing<'_>) -> Result<Sources, SourceError> {
    Err(instead("docker-daemon:", "docker", name))
}

fn containers_storage(name: &str, _: &Opener, _: &mut Passing<'_>) -> Result<Sources, SourceError> {
    Err(instead("containers-storage:", "podman", name))
}

fn instead(prefix: &str, tool: &str, name: &str) -> SourceError {
    let name = crate::text::escape(name);
    SourceError::Unsupported(format!("{prefix}{name} is not read directly; use: {tool} save {name} | rdsca scan -"))
}
