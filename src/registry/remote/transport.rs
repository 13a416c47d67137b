//! Sends one request until it is answered: connections, certificates, redirects, and asking again.

use std::collections::HashMap;
use std::error::Error;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::{io, iter};

use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Certificate, Client, Response, StatusCode, Url, redirect};

use super::pace::{self, Pace};
use crate::oci::source::SourceError;

/// Real registries need one, to their storage; a chain of more is a loop or a game.
const MOST_REDIRECTS: usize = 5;

/// A stream of HTTP/2 may hold this much before its reader takes it; eight layers side by side stay within 8 MiB.
const STREAM_WINDOW: u32 = 1 << 20;

/// One request.
pub(super) struct Ask<'a> {
    /// What is asked for, for messages: `the manifest of docker.io/library/alpine:3`.
    pub(super) what: &'a str,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    /// Sent to the origin of `url`, and never to another.
    pub(super) authorization: Option<HeaderValue>,
    /// A form to post; without one the request is a GET.
    pub(super) form: Option<String>,
    /// Whether only the head of the answer is wanted.
    pub(super) head: bool,
}

/// A response with the question whose it is.
pub(super) struct Reply {
    pub(super) response: Response,
    /// Whether the origin that was asked answers itself, and not another one that it sent us to.
    pub(super) own: bool,
}

/// Connections to any number of hosts.
pub(super) struct Transport {
    pub(super) pace: Pace,
    registry_ca: Option<PathBuf>,
    clients: Mutex<HashMap<Lane, Client>>,
}

/// Requests that can share connections and settings.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Lane {
    /// Whether certificates are trusted: else none is, and nothing comes of an encrypted connection.
    encrypted: bool,
    /// This machine: never through a proxy, as in Go's `http.ProxyFromEnvironment`.
    loopback: bool,
}

impl Transport {
    pub(super) fn new(pace: Pace, registry_ca: Option<PathBuf>) -> Self {
        Self { pace, registry_ca, clients: Mutex::default() }
    }

    /// Sends a request, follows redirects, and asks again while the server is busy or the connection breaks.
    ///
    /// # Errors
    /// [`SourceError::Io`] when no answer can be had. Any answer at all, also a refusal, is no error here.
    pub(super) async fn ask(&self, ask: &Ask<'_>) -> Result<Reply, SourceError> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let outcome = self.follow(ask).await;
            let asked_for = match &outcome {
                Ok(reply) if is_busy(reply.response.status()) && self.pace.waits_for_busy => {
                    pace::retry_after(reply.response.headers())
                }
                Err(Broken { transient: true, .. }) => None,
                Ok(_) | Err(_) => return outcome.map_err(|broken| broken.error),
            };
            let Some(pause) = self.pace.pause(attempts, asked_for) else {
                return outcome.map_err(|broken| broken.error);
            };
            drop(outcome);
            tokio::time::sleep(pause).await;
        }
    }

    async fn follow(&self, ask: &Ask<'_>) -> Result<Reply, Broken> {
        let mut url = ask.url.clone();
        // Once a chain has left the origin nothing that comes later is the registry's own wish: the credentials stay away.
        let mut own = true;
        for _ in 0..=MOST_REDIRECTS {
            let response = self.send(ask, &url, own).await?;
            let Some(next) = redirect(ask, &url, &response)? else { return Ok(Reply { response, own }) };
            own &= next.origin() == ask.url.origin();
            url = next;
        }
        Err(SourceError::Invalid(format!("{}: more than {MOST_REDIRECTS} redirects from {}", ask.what, host(&ask.url)))
            .into())
    }

    async fn send(&self, ask: &Ask<'_>, url: &Url, own: bool) -> Result<Response, Broken> {
        let client = self.client(url)?;
        let mut request = match &ask.form {
            None if ask.head => client.head(url.clone()),
            None => client.get(url.clone()),
            Some(form) => client
                .post(url.clone())
                .header(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))
                .body(form.clone()),
        };
        // Digests are those of the bytes as stored, so nothing on the way may compress them.
        request = request.headers(ask.headers.clone()).header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let (true, Some(authorization)) = (own, &ask.authorization) {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        match tokio::time::timeout(self.pace.answer, request.send()).await {
            Ok(sent) => sent.map_err(|error| broken(ask.what, url, &error)),
            Err(_) => Err(Broken {
                error: SourceError::Io {
                    context: format!("{}: {} did not answer", ask.what, host(url)),
                    source: io::Error::new(io::ErrorKind::TimedOut, format!("waited {} s", self.pace.answer.as_secs())),
                },
                transient: true,
            }),
        }
    }

    /// Whether a server speaks TLS. One whose certificate is not trusted does; one that cannot be reached may, and the next
    /// request will say so. For that no certificate has to be trusted, and so none of the system's, of which there are many, is read.
    pub(super) async fn speaks_tls(&self, ask: &Ask<'_>) -> bool {
        let Ok(client) = self.in_lane(Lane { encrypted: false, loopback: true }) else { return true };
        match tokio::time::timeout(self.pace.connect, client.get(ask.url.clone()).send()).await {
            Ok(Err(error)) if error.is_connect() => match tls_error(&error) {
                Some(rustls::Error::InvalidCertificate(_)) => true,
                Some(_) => false,
                // A server that hangs up on the first bytes of TLS does not speak it either.
                None => !hung_up(&error),
            },
            _ => true,
        }
    }

    fn client(&self, url: &Url) -> Result<Client, SourceError> {
        let loopback = is_loopback(url.host_str().unwrap_or_default());
        self.in_lane(Lane { encrypted: url.scheme() == "https", loopback })
    }

    fn in_lane(&self, lane: Lane) -> Result<Client, SourceError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&lane) {
            return Ok(client.clone());
        }
        let client = self.build(lane)?;
        clients.insert(lane, client.clone());
        Ok(client)
    }

    fn build(&self, lane: Lane) -> Result<Client, SourceError> {
        // Another part of the process may have chosen a provider first; any will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("rdsca/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(self.pace.connect)
            .http2_initial_stream_window_size(STREAM_WINDOW)
            .http2_initial_connection_window_size(8 * STREAM_WINDOW);
        if lane.loopback {
            builder = builder.no_proxy();
        }
        if !lane.encrypted {
            // A machine without root certificates can still read from a registry that does not encrypt.
            builder = builder.tls_certs_only([]);
        } else if let Some(file) = &self.registry_ca {
            builder = builder.tls_certs_merge(certificates(file)?);
        }
        builder.build().map_err(|error| {
            let cause = root_cause(&error);
            SourceError::Io {
                context:
                    "the root certificates of this system cannot be used: install ca-certificates, or name a file with \
                          SSL_CERT_FILE"
                        .to_owned(),
                source: io::Error::other(cause),
            }
        })
    }
}

/// Where a response sends us, if it does.
fn redirect(ask: &Ask<'_>, from: &Url, response: &Response) -> Result<Option<Url>, SourceError> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let wrong = |why: &str| SourceError::Invalid(format!("{}: {} redirects {why}", ask.what, host(from)));
    if ask.form.is_some() {
        return Err(wrong("a request that carries a secret"));
    }
    let location =
        response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).ok_or_else(|| wrong("to nowhere"))?;
    let next = from.join(location).map_err(|_| wrong("to something that is no address"))?;
    match (from.scheme(), next.scheme()) {
        ("https", "https") | ("http", "http" | "https") => Ok(Some(next)),
        ("https", "http") => Err(wrong(&format!("from https to http ({}), which is not followed", host(&next)))),
        _ => Err(wrong("to something that is neither https nor http")),
    }
}

/// Certificates of a PEM file.
fn certificates(file: &std::path::Path) -> Result<Vec<Certificate>, SourceError> {
    let context = || format!("--registry-ca {}", file.display());
    let pem = std::fs::read(file).map_err(|source| SourceError::Io { context: context(), source })?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(SourceError::Invalid(format!("{}: holds no PEM certificate", context()))),
        Err(error) => Err(SourceError::Invalid(format!("{}: {}", context(), root_cause(&error)))),
    }
}

/// A request that had no answer.
pub(super) struct Broken {
    pub(super) error: SourceError,
    /// Whether it may well succeed when it is made again.
    pub(super) transient: bool,
}

impl From<SourceError> for Broken {
    fn from(error: SourceError) -> Self {
        Self { error, transient: false }
    }
}

/// What a failure of the client means, in words that name the host and the next step.
pub(super) fn broken(what: &str, url: &Url, error: &reqwest::Error) -> Broken {
    let host = host(url);
    let cause = root_cause(error);
    let io = |context: String| SourceError::Io { context, source: io::Error::other(cause.clone()) };
    match tls_error(error) {
        Some(rustls::Error::InvalidCertificate(_)) => io(format!(
            "{what}: the certificate of {host} is not trusted; where the registry has an authority of its own, name its \
             certificate with --registry-ca FILE"
        ))
        .into(),
        Some(_) => io(format!(
            "{what}: {host} does not answer with TLS; where the registry does not encrypt, say so with --plain-http"
        ))
        .into(),
        None if error.is_dns() => io(format!("{what}: the host {host} is not known; is its name right?")).into(),
        None if error.is_connect() => io(format!("{what}: no connection to {host}")).into(),
        None => Broken { error: io(format!("{what}: the connection to {host} broke")), transient: true },
    }
}

/// The TLS error below an error of the client, if one is there.
fn tls_error(error: &reqwest::Error) -> Option<&rustls::Error> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// Whether the other side closed the connection, instead of never taking it.
fn hung_up(error: &reqwest::Error) -> bool {
    let closed = [io::ErrorKind::UnexpectedEof, io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe];
    causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|error| closed.contains(&error.kind()))
}

/// The innermost reason; what stands around it names addresses, which may carry signatures.
fn root_cause(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(|| "no answer".to_owned(), ToString::to_string)
}

/// What lies below an error, from the outside in.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    iter::successors(error.source(), |cause| {
        let cause: &(dyn Error + 'static) = *cause;
        match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            // The source of an io::Error is not what it wraps, but the source of that.
            Some(wrapped) => Some(wrapped),
            None => cause.source(),
        }
    })
}

/// Statuses with which a server asks to come again.
pub(super) fn is_busy(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

/// Host and, where it is not the usual one, port: what an address may be called in a message.
pub(super) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Whether a host is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
