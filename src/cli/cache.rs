//! Where facts are kept between runs.

use std::env;
use std::path::PathBuf;

use anyhow::Context as _;

use super::user_folder::UserFolder;
use crate::store::layers::LayerCache;

/// Whether what was learnt of layers is kept, and where.
#[derive(clap::Args)]
#[command(next_help_heading = "Cache")]
pub struct Cache {
    /// Keep what was learnt of layers here, so that they are not read again (rdsca in the user's folder for caches)
    #[arg(long, value_name = "DIR", env = "RDSCA_CACHE_DIR")]
    cache_dir: Option<PathBuf>,
    /// Read every layer, and keep nothing
    #[arg(long, env = "RDSCA_NO_CACHE")]
    no_cache: bool,
}

impl Cache {
    /// The cache of layers, if any is wanted.
    ///
    /// # Errors
    /// Where a folder that was asked for cannot be made. Without the usual folder there is no cache, and no error.
    pub fn open(&self) -> anyhow::Result<Option<LayerCache>> {
        if self.no_cache {
            return Ok(None);
        }
        if let Some(folder) = &self.cache_dir {
            let cache = LayerCache::open(&folder.join("layers"));
            return cache.map(Some).with_context(|| format!("cannot make the cache {}", folder.display()));
        }
        Ok(usual_folder().and_then(|folder| LayerCache::open(&folder.join("layers")).ok()))
    }
}

/// The folder of everything that is kept between runs: that of `RDSCA_CACHE_DIR`, or the usual one.
///
/// # Errors
/// Neither is known.
pub fn folder() -> anyhow::Result<PathBuf> {
    let named = env::var_os("RDSCA_CACHE_DIR").filter(|name| !name.is_empty()).map(PathBuf::from);
    named.or_else(usual_folder).context("there is no folder for caches: name one with RDSCA_CACHE_DIR")
}

/// The folder for what can be had again.
fn usual_folder() -> Option<PathBuf> {
    let caches = UserFolder { variable: "XDG_CACHE_HOME", below_home: ".cache", on_macos: "Library/Caches" };
    caches.path().map(|folder| folder.join("rdsca"))
}
