//! The bundle that was fetched last, in the folder for caches.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where it is in a folder for caches.
pub fn place(folder: &Path) -> PathBuf {
    folder.join("bundles").join("global-bundle.pem")
}

/// Keeps a bundle in place of the last one: all of it, or nothing of it. Returns where.
///
/// # Errors
/// Whatever stands in the way of writing.
pub fn keep(folder: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let place = place(folder);
    let bundles = place.parent().unwrap_or(folder);
    fs::create_dir_all(bundles)?;
    let unfinished = bundles.join(format!("global-bundle.pem.{}", std::process::id()));
    fs::write(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, &place)).inspect_err(|_| {
        // What is half written is of no use to anybody, and the error that stopped it is the one to tell.
        let _ = fs::remove_file(&unfinished);
    })?;
    Ok(place)
}
