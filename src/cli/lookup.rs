//! Base images looked up in their registries: options of every command that reads Dockerfiles.

use super::cache::Cache;
use super::reach::Reach;
use crate::audit::bases::Bases;
use crate::audit::images::Scanner;
use crate::audit::progress::Progress;
use crate::rules::Settings;

/// Whether base images are looked up, and how.
#[derive(clap::Args)]
pub struct Lookup {
    /// Look up base images that are not known by name in their registries
    #[arg(long, env = "RDSCA_RESOLVE_BASES")]
    resolve_bases: bool,
    #[command(flatten)]
    reach: Reach,
    #[command(flatten)]
    cache: Cache,
}

impl Lookup {
    /// Does work that asks for base images: with none to ask where nobody wants them looked up. Progress is shown if that is wanted too.
    ///
    /// # Errors
    /// Where the cache that was asked for cannot be made.
    pub fn with<T>(
        &self,
        settings: &Settings,
        jobs: usize,
        progress: bool,
        work: impl FnOnce(Option<&Bases<'_>>) -> T,
    ) -> anyhow::Result<T> {
        if !self.resolve_bases {
            return Ok(work(None));
        }
        let (opener, cache) = (self.reach.opener(), self.cache.open()?);
        let progress = Progress::new(progress);
        let scanner = Scanner::new(&opener, settings, &[], jobs, progress.clone(), cache.as_ref());
        let done = work(Some(&Bases::new(&scanner)));
        progress.finish();
        Ok(done)
    }
}
