//! Proves to a registry who asks: basic authentication, and bearer tokens from a token service (Distribution's "Token
//! Authentication Specification").
//!
//! A secret is sent to the registry's own scheme, host and port, and to no other place: a token service elsewhere gets it
//! only where the pair is known or the user has allowed it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use tokio::sync::{Mutex, OnceCell};

use super::challenge::{self, Challenge};
use super::credentials::{Credential, Search, Secret};
use super::pace::{self, Pace};
use super::transport::{self, Ask, Reply, Transport, host};
use super::{body, failure};
use crate::oci::source::SourceError;
use crate::text;

/// Registries whose token service stands on a host of its own: both sides are run by the same people.
const REALMS: &[(&str, &str)] = &[("registry-1.docker.io", "auth.docker.io"), ("registry.gitlab.com", "gitlab.com")];

/// A token is a few kilobytes.
const LARGEST_TOKEN_REPLY: usize = 64 << 10;

/// "If omitted, this defaults to 60 seconds" (Token Authentication Specification).
const DEFAULT_LIFE: u64 = 60;

/// A day; tokens that say more are renewed all the same.
const LONGEST_LIFE: u64 = 24 * 3600;

/// A token is renewed this long before it ends, so that it does not end on the way; a short one at half its
/// life.
const MARGIN: Duration = Duration::from_secs(5);

/// A credential helper that has not answered by then never will.
const LONGEST_HELPER: Duration = Duration::from_secs(60);

/// Where secrets may come from and go to.
#[derive(Clone, Debug, Default)]
pub(super) struct Trust {
    pub(super) credential_files: Vec<PathBuf>,
    /// `host` or `host:port` of token services that may be given the credentials of any registry.
    pub(super) allowed_realms: Vec<String>,
}

/// The right to read one repository of one registry, shared by everything that reads from it.
pub(super) struct Access {
    /// The registry as users write it: `docker.io`.
    pub(super) registry: String,
    pub(super) repository: String,
    /// The address below which its API lies, with a slash at its end.
    pub(super) base: Url,
    trust: Trust,
    search: OnceCell<Search>,
    granted: Mutex<Granted>,
}

/// What the registry has accepted so far.
#[derive(Default)]
struct Granted {
    header: Option<HeaderValue>,
    /// The challenge that a token answers, and when that token ends.
    token: Option<(Challenge, Instant)>,
    /// The token service that was not given the credentials.
    withheld: Option<String>,
}

impl Access {
    pub(super) fn new(registry: &str, repository: &str, base: Url, trust: Trust) -> Arc<Self> {
        Arc::new(Self {
            registry: registry.to_owned(),
            repository: repository.to_owned(),
            base,
            trust,
            search: OnceCell::new(),
            granted: Mutex::default(),
        })
    }

    /// Asks the registry for `path` (below its `/v2/`), and proves who asks when it wants to know.
    ///
    /// # Errors
    /// As [`Transport::ask`]; [`SourceError::Denied`] when nothing that we have is enough.
    pub(super) async fn ask(
        &self,
        transport: &Transport,
        what: &str,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<Reply, SourceError> {
        self.request(transport, what, path, headers, false).await
    }

    /// As [`Access::ask`], for the head of the answer alone.
    ///
    /// # Errors
    /// As [`Access::ask`].
    pub(super) async fn ask_head(
        &self,
        transport: &Transport,
        what: &str,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<Reply, SourceError> {
        self.request(transport, what, path, headers, true).await
    }

    async fn request(
        &self,
        transport: &Transport,
        what: &str,
        path: &str,
        headers: &HeaderMap,
        head: bool,
    ) -> Result<Reply, SourceError> {
        let url = self
            .base
            .join(path)
            .map_err(|_| SourceError::Invalid(format!("{what}: no address can be made of {path:?}")))?;
        let mut authorization = self.current(transport, what).await?;
        let mut renewed = false;
        loop {
            let ask = Ask {
                what,
                url: url.clone(),
                headers: headers.clone(),
                authorization: authorization.clone(),
                form: None,
                head,
            };
            let reply = transport.ask(&ask).await?;
            if reply.response.status() != StatusCode::UNAUTHORIZED || !reply.own {
                return Ok(reply);
            }
            if renewed {
                return Err(self.refused(what, reply, &transport.pace).await);
            }
            renewed = true;
            authorization = Some(self.answer(transport, what, authorization.as_ref(), reply).await?);
        }
    }

    /// What the registry has accepted before, made new where it is about to end.
    async fn current(&self, transport: &Transport, what: &str) -> Result<Option<HeaderValue>, SourceError> {
        let mut granted = self.granted.lock().await;
        if let Some((challenge, _)) = granted.token.clone().filter(|(_, end)| Instant::now() >= *end) {
            self.fetch_token(transport, what, challenge, &mut granted).await?;
        }
        Ok(granted.header.clone())
    }

    /// An authorization that answers a 401. Of many requests refused at once only the first fetches a token: the others wait
    /// for the lock and then find what it has got.
    async fn answer(
        &self,
        transport: &Transport,
        what: &str,
        refused: Option<&HeaderValue>,
        reply: Reply,
    ) -> Result<HeaderValue, SourceError> {
        let mut granted = self.granted.lock().await;
        if let Some(newer) = granted.header.clone().filter(|header| Some(header) != refused) {
            return Ok(newer);
        }
        let offered = challenge::offered(reply.response.headers());
        if let Some(bearer) = offered.iter().find(|challenge| challenge.scheme == "bearer") {
            return self.fetch_token(transport, what, bearer.clone(), &mut granted).await;
        }
        let secret = self.search().await.found.as_ref().map(|credential| &credential.secret);
        let basic = offered.iter().any(|challenge| challenge.scheme == "basic");
        match secret {
            Some(Secret::Password { user, password }) if basic && refused.is_none() => {
                let header = basic_header(user, password);
                granted.header = Some(header.clone());
                Ok(header)
            }
            _ => {
                drop(granted);
                Err(self.refused(what, reply, &transport.pace).await)
            }
        }
    }

    async fn fetch_token(
        &self,
        transport: &Transport,
        what: &str,
        challenge: Challenge,
        granted: &mut Granted,
    ) -> Result<HeaderValue, SourceError> {
        let realm = self.realm(what, &challenge)?;
        let allowed = self.may_know_secrets(&realm);
        let search = self.search().await;
        let credential = search.found.as_ref().filter(|_| allowed);
        granted.withheld = (search.found.is_some() && !allowed).then(|| host(&realm));
        let ask = self.token_request(realm, &challenge, credential);
        let reply = transport.ask(&ask).await?;
        let service = host(&ask.url);
        match reply.response.status() {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                let said = failure::said(reply.response, &transport.pace).await;
                return Err(self
                    .denied(what, &format!("the token service {service} refuses"), &said, granted.withheld.as_deref())
                    .await);
            }
            status => {
                let wait = pace::retry_after(reply.response.headers());
                let said = failure::said(reply.response, &transport.pace).await;
                let message = format!("{what}: the token service {service} answers {status}{said}");
                return Err(match transport::is_busy(status) {
                    true => SourceError::Busy { message, wait },
                    false => SourceError::Invalid(message),
                });
            }
        }
        let reply = body::read_whole(reply.response, LARGEST_TOKEN_REPLY, ask.what, &transport.pace).await?;
        let wrong = |why: &str| SourceError::Invalid(format!("{what}: the token service {service} sends {why}"));
        // The reason that serde gives may quote the reply, which holds a secret.
        let reply: TokenReply = serde_json::from_slice(&reply).map_err(|_| wrong("something that is not a token"))?;
        let token =
            reply.token.or(reply.access_token).filter(|token| !token.is_empty()).ok_or_else(|| wrong("no token"))?;
        let mut header =
            HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| wrong("a token that no header can hold"))?;
        header.set_sensitive(true);
        let life = Duration::from_secs(reply.expires_in.unwrap_or(DEFAULT_LIFE).min(LONGEST_LIFE));
        granted.token = Some((challenge, Instant::now() + life - MARGIN.min(life / 2)));
        granted.header = Some(header.clone());
        Ok(header)
    }

    /// The address of the token service.
    fn realm(&self, what: &str, challenge: &Challenge) -> Result<Url, SourceError> {
        let realm = challenge.parameter("realm").unwrap_or_default();
        let wrong = |why: &str| {
            let realm = text::escape(realm);
            SourceError::Invalid(format!("{what}: {} sends us for a token to {realm:?}, {why}", self.registry))
        };
        let url = Url::parse(realm).map_err(|_| wrong("which is no address"))?;
        match (self.base.scheme(), url.scheme()) {
            (_, "https") | ("http", "http") => Ok(url),
            _ => Err(wrong("which is not https")),
        }
    }

    /// Whether a token service may be given the registry's credentials.
    fn may_know_secrets(&self, realm: &Url) -> bool {
        let known = |(registry, service): &(&str, &str)| {
            self.base.host_str() == Some(registry) && realm.host_str() == Some(service) && realm.port().is_none()
        };
        realm.origin() == self.base.origin()
            || (realm.scheme() == "https" && REALMS.iter().any(known))
            || self.trust.allowed_realms.iter().any(|allowed| allowed.eq_ignore_ascii_case(&host(realm)))
    }

    fn token_request(&self, mut realm: Url, challenge: &Challenge, credential: Option<&Credential>) -> Ask<'static> {
        // Our own scope and not the challenge's: never more than reading this one repository.
        let scope = match self.repository.as_str() {
            // The scope of the list of repositories (Distribution, "Token Scope Documentation").
            "" => "registry:catalog:*".to_owned(),
            repository => format!("repository:{repository}:pull"),
        };
        let mut wanted = vec![("scope", scope.as_str())];
        wanted.extend(challenge.parameter("service").map(|service| ("service", service)));
        let (mut form, mut authorization) = (None, None);
        match credential.map(|credential| &credential.secret) {
            // Only a POST takes a refresh token ("OAuth2 Token Authentication" of the same specification).
            Some(Secret::Identity(token)) => {
                wanted.extend([("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "rdsca")]);
                let mut scratch = realm.clone();
                scratch.query_pairs_mut().clear().extend_pairs(wanted);
                form = scratch.query().map(str::to_owned);
            }
            secret => {
                realm.query_pairs_mut().extend_pairs(wanted);
                if let Some(Secret::Password { user, password }) = secret {
                    authorization = Some(basic_header(user, password));
                }
            }
        }
        Ask { what: "the token", url: realm, headers: HeaderMap::new(), authorization, form, head: false }
    }

    /// The user's credentials for this registry, looked for once.
    async fn search(&self) -> &Search {
        let find = || async {
            let (files, registry, repository) =
                (self.trust.credential_files.clone(), self.registry.clone(), self.repository.clone());
            // A helper is a program that is waited for, which must not hold up the other requests.
            let search = tokio::task::spawn_blocking(move || Search::run(&files, &registry, &repository));
            match tokio::time::timeout(LONGEST_HELPER, search).await {
                Ok(Ok(search)) => search,
                Ok(Err(error)) => Search::failed(format!("the search ended early: {error}")),
                Err(_) => {
                    Search::failed(format!("the credential helper has not answered in {} s", LONGEST_HELPER.as_secs()))
                }
            }
        };
        self.search.get_or_init(find).await
    }

    /// A 401 or 403 of the registry, told.
    pub(super) async fn refused(&self, what: &str, reply: Reply, pace: &Pace) -> SourceError {
        let status = reply.response.status().as_u16();
        let said = failure::said(reply.response, pace).await;
        let withheld = self.granted.lock().await.withheld.clone();
        self.denied(what, &format!("{} refuses ({status})", self.registry), &said, withheld.as_deref()).await
    }

    async fn denied(&self, what: &str, who: &str, said: &str, withheld: Option<&str>) -> SourceError {
        let search = self.search().await;
        let registry = &self.registry;
        let next = match (&search.found, withheld) {
            (Some(Credential { from, .. }), Some(service)) => format!(
                "the credentials in {} were not sent to {service}, which is not the registry; if it is its token service, \
                 say --allow-realm {service}",
                from.display()
            ),
            (Some(Credential { from, secret }), None) => {
                let whose = match secret {
                    Secret::Password { user, .. } => format!(" of {:?}", text::escape(user)),
                    Secret::Identity(_) => String::new(),
                };
                format!("the credentials{whose} in {} do not allow it, or there is no such repository", from.display())
            }
            (None, _) => format!(
                "no credentials for {registry} were found in {}; if the image exists, run: docker login {registry}",
                search.account()
            ),
        };
        SourceError::Denied(format!("{what}: {who}{said}: {next}"))
    }
}

fn basic_header(user: &str, password: &str) -> HeaderValue {
    // Base64 is always a valid header value.
    let mut header = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
        .unwrap_or_else(|_| HeaderValue::from_static("Basic"));
    header.set_sensitive(true);
    header
}

/// What a token service sends; `token` and `access_token` are the same thing under two names.
#[derive(Deserialize)]
struct TokenReply {
    token: Option<String>,
    access_token: Option<String>,
    /// Seconds.
    expires_in: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(registry: &str, base: &str, allowed_realms: &[&str]) -> Arc<Access> {
        let allowed_realms = allowed_realms.iter().map(|&realm| realm.to_owned()).collect();
        let trust = Trust { allowed_realms, ..Trust::default() };
        Access::new(registry, "team/app", Url::parse(base).unwrap(), trust)
    }

    #[test]
    fn only_the_registry_and_its_known_pair_may_know_secrets() {
        let hub = access("docker.io", "https://registry-1.docker.io/v2/team/app/", &[]);
        let own = access("r.example:5000", "https://r.example:5000/v2/team/app/", &["Auth.example:8443"]);
        for (access, realm, expected) in [
            (&hub, "https://auth.docker.io/token", true),
            (&hub, "https://registry-1.docker.io/token", true),
            (&hub, "http://auth.docker.io/token", false),
            (&hub, "https://auth.docker.io:8443/token", false),
            (&hub, "https://auth.docker.io.evil.example/token", false),
            (&hub, "https://gitlab.com/jwt/auth", false),
            (&own, "https://r.example:5000/token", true),
            (&own, "http://r.example:5000/token", false),
            (&own, "https://r.example/token", false),
            (&own, "https://auth.docker.io/token", false),
            (&own, "https://auth.example:8443/token", true),
            (&own, "https://auth.example/token", false),
        ] {
            assert_eq!(access.may_know_secrets(&Url::parse(realm).unwrap()), expected, "{}: {realm}", access.registry);
        }
    }

    #[test]
    fn what_is_encrypted_gets_its_token_encrypted() {
        let realm = |base: &str, realm: &str| {
            let challenge = challenge::challenges(&format!("Bearer realm=\"{realm}\"")).remove(0);
            access("r.example", base, &[]).realm("the manifest", &challenge).map(|url| url.to_string())
        };
        assert!(realm("https://r.example/v2/", "https://a.example/t").is_ok());
        assert!(realm("http://127.0.0.1:1/v2/", "http://127.0.0.1:2/t").is_ok());
        for wrong in ["http://a.example/t", "ftp://a.example/t", "file:///etc/passwd", "/t"] {
            assert!(realm("https://r.example/v2/", wrong).is_err(), "{wrong}");
        }
    }
}
