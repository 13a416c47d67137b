//! The client that all images from registries share: one runtime, one set of connections, one right to read per repository.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Url;
use reqwest::header::HeaderMap;
use tokio::runtime::{Builder, Runtime};

use super::authorization::{Access, Trust};
use super::transport::{self, Ask, Transport};
use crate::oci::source::SourceError;
use crate::registry::Options;

/// Threads that move bytes; what is done with the bytes is done on the callers' threads.
const THREADS: usize = 2;

/// Repositories whose tokens are remembered: some kilobytes each, and a registry may have any number of them.
const MOST_ACCESSES: usize = 2_000;

/// Reads from any number of registries.
pub(in crate::registry) struct Client {
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
    pub(super) transport: Transport,
    trust: Trust,
    plain_http: bool,
    /// By registry and repository; the oldest are forgotten, see [`MOST_ACCESSES`].
    accesses: Mutex<HashMap<(String, String), Arc<Access>>>,
    /// Whether a registry on this machine speaks TLS, by its name.
    speaks_tls: Mutex<HashMap<String, bool>>,
}

impl Client {
    /// A client without any connection yet.
    ///
    /// # Errors
    /// [`SourceError::Io`] when the system gives no threads.
    pub(in crate::registry) fn new(options: &Options) -> Result<Arc<Self>, SourceError> {
        let runtime = Builder::new_multi_thread().worker_threads(THREADS).thread_name("registry").enable_all().build();
        let runtime =
            runtime.map_err(|source| SourceError::Io { context: "no thread for the network".to_owned(), source })?;
        Ok(Arc::new(Self {
            runtime: Some(runtime),
            transport: Transport::new(options.pace.clone(), options.registry_ca.clone()),
            trust: Trust {
                credential_files: options.credential_files.clone(),
                allowed_realms: options.allowed_realms.clone(),
            },
            plain_http: options.plain_http,
            accesses: Mutex::default(),
            speaks_tls: Mutex::default(),
        }))
    }

    /// Waits for a piece of work on the calling thread, which must not belong to a tokio runtime.
    pub(super) fn wait<T, E: From<SourceError>>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        self.runtime()?.block_on(work)
    }

    /// As [`Client::wait`], but the work is done on the threads of the network. Where it is many requests, these need not wake the calling
    /// thread for each of them.
    pub(super) fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, SourceError> {
        let runtime = self.runtime()?;
        match runtime.block_on(runtime.spawn(work)) {
            Ok(done) => Ok(done),
            Err(failed) => match failed.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(gone()),
            },
        }
    }

    fn runtime(&self) -> Result<&Runtime, SourceError> {
        self.runtime.as_ref().ok_or_else(gone)
    }

    /// The right to read a repository, or the list of all repositories where none is named; the same one for all that read from it.
    ///
    /// # Errors
    /// [`SourceError::Invalid`] for a registry that makes no address.
    pub(super) fn access(&self, registry: &str, repository: &str) -> Result<Arc<Access>, SourceError> {
        let key = (registry.to_owned(), repository.to_owned());
        let known = |accesses: &HashMap<_, _>| accesses.get(&key).map(Arc::clone);
        if let Some(access) = known(&self.accesses.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(access);
        }
        let base = self.base(registry, repository)?;
        let access = Access::new(registry, repository, base, self.trust.clone());
        // Two threads may have come here at once: the first one's is kept, so that both share its token.
        let mut accesses = self.accesses.lock().unwrap_or_else(PoisonError::into_inner);
        if accesses.len() >= MOST_ACCESSES {
            // Whoever uses one holds it; the others are made anew when they are needed.
            accesses.clear();
        }
        Ok(Arc::clone(accesses.entry(key).or_insert(access)))
    }

    /// The address of a repository: always https, but for registries on this machine that do not speak it, and for those of
    /// which the user says so.
    fn base(&self, registry: &str, repository: &str) -> Result<Url, SourceError> {
        // Docker Hub's name is not the name of its API's host.
        let host = if registry == "docker.io" { "registry-1.docker.io" } else { registry };
        let address = |scheme: &str| {
            let below = if repository.is_empty() { String::new() } else { format!("{repository}/") };
            Url::parse(&format!("{scheme}://{host}/v2/{below}"))
                .map_err(|error| SourceError::Invalid(format!("{registry}: not the name of a registry: {error}")))
        };
        if self.plain_http {
            return address("http");
        }
        let encrypted = address("https")?;
        if !transport::is_loopback(encrypted.host_str().unwrap_or_default()) {
            return Ok(encrypted);
        }
        let known = self.speaks_tls.lock().unwrap_or_else(PoisonError::into_inner).get(registry).copied();
        let speaks_tls = match known {
            Some(known) => known,
            None => self.ask_for_tls(&encrypted)?,
        };
        self.speaks_tls.lock().unwrap_or_else(PoisonError::into_inner).insert(registry.to_owned(), speaks_tls);
        if speaks_tls { Ok(encrypted) } else { address("http") }
    }

    /// Whether a server on this machine speaks TLS. One that speaks it, but shows a certificate that is not trusted, does.
    fn ask_for_tls(&self, base: &Url) -> Result<bool, SourceError> {
        let url = base.join("/v2/").map_err(|error| SourceError::Invalid(error.to_string()))?;
        let ask =
            Ask { what: "the registry", url, headers: HeaderMap::new(), authorization: None, form: None, head: false };
        self.wait(async { Ok(self.transport.speaks_tls(&ask).await) })
    }
}

/// The error of a client that is used while it ends.
fn gone() -> SourceError {
    SourceError::Io { context: "the registry client is gone".to_owned(), source: io::ErrorKind::Other.into() }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Waits for nobody: a credential helper or a connection that hangs must not keep the program from ending.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_of_any_number_of_repositories_is_not_remembered_whole() {
        let client = Client::new(&Options::default()).unwrap();
        let first = client.access("r.example", "app0").unwrap();
        assert!(Arc::ptr_eq(&first, &client.access("r.example", "app0").unwrap()));
        for number in 0..MOST_ACCESSES + 10 {
            client.access("r.example", &format!("app{number}")).unwrap();
        }
        assert!(client.accesses.lock().unwrap().len() <= 2_000);
    }
}
