//! The registry client and secrets: each goes to whom it belongs, and to nobody else.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail where it stands")]

mod fixture;

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fixture::remote::{MANIFEST, descriptor, options, read, source};
use fixture::server::{Answer, Request, Server};
use rdsca::oci::source::SourceError;
use rdsca::registry::Options;
use tempfile::TempDir;

/// A file of credentials for hosts.
struct Secrets {
    _folder: TempDir,
    options: Options,
}

fn credentials(hosts: &[&str]) -> Secrets {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json");
    let auth = STANDARD.encode("me:secret");
    let auths: serde_json::Map<_, _> =
        hosts.iter().map(|host| ((*host).to_owned(), serde_json::json!({"auth": auth}))).collect();
    fs::write(&file, serde_json::json!({"auths": auths}).to_string()).unwrap();
    Secrets { _folder: folder, options: Options { credential_files: vec![file], ..options() } }
}

fn basic() -> String {
    format!("Basic {}", STANDARD.encode("me:secret"))
}

fn has(request: &Request, authorization: &str) -> bool {
    request.authorization() == Some(authorization)
}

/// A server that must never be told a secret: the test fails when it is.
fn stranger(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Server {
    Server::start(answer)
}

fn assert_no_secret(server: &Server) {
    for request in server.requests() {
        assert_eq!(request.authorization(), None, "{request:?}");
        assert!(!request.body.contains("secret") && !request.target.contains("secret"), "{request:?}");
    }
}

// --- authentication

/// A registry that wants a bearer token of a token service, and a service for it.
fn bearer_registry(realm: impl Fn() -> String + Send + Sync + 'static) -> Server {
    Server::start(move |request| {
        let challenge = || {
            Answer::challenge(format!(
                r#"Bearer realm="{}",service="test",scope="repository:team/app:pull,push""#,
                realm()
            ))
        };
        match request.authorization() {
            Some(token) if token.starts_with("Bearer good") => Answer::new(200, MANIFEST),
            _ => challenge(),
        }
    })
}

#[test]
fn basic_credentials_are_sent_when_asked_for() {
    let server = Server::start(|request| {
        if has(request, &basic()) { Answer::new(200, MANIFEST) } else { Answer::challenge(r#"Basic realm="r""#) }
    });
    let secrets = credentials(&[&server.host()]);
    let source = source(&server, secrets.options.clone());
    source.root().unwrap();
    source.manifest(&descriptor(MANIFEST.as_bytes())).unwrap();
    let seen: Vec<_> = server.requests().iter().map(|request| request.authorization().is_some()).collect();
    // Not before they are asked for, and from then on without being asked again.
    assert_eq!(seen, [false, true, true]);
}

#[test]
fn credentials_of_another_port_stay_at_home() {
    let server = stranger(|_| Answer::challenge("Basic realm=\"r\""));
    let secrets = credentials(&["127.0.0.1", "127.0.0.1:1", "localhost"]);
    let SourceError::Denied(message) = source(&server, secrets.options.clone()).root().unwrap_err() else { panic!() };
    assert!(message.contains(&format!("docker login {}", server.host())), "{message}");
    assert_no_secret(&server);
}

#[test]
fn refused_credentials_are_named_but_not_shown() {
    let server = Server::start(|_| Answer::challenge("Basic realm=\"r\""));
    let secrets = credentials(&[&server.host()]);
    let SourceError::Denied(message) = source(&server, secrets.options.clone()).root().unwrap_err() else { panic!() };
    assert!(message.contains("config.json") && message.contains("\"me\""), "{message}");
    assert!(!message.contains("secret"), "{message}");
}

#[test]
fn a_token_is_fetched_once_for_many_blobs() {
    let registry_host = Arc::new(std::sync::OnceLock::<String>::new());
    let host = Arc::clone(&registry_host);
    let tokens = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        if request.target.starts_with("/token") {
            thread::sleep(Duration::from_millis(50));
            let number = tokens.fetch_add(1, Ordering::SeqCst);
            return Answer::new(200, format!(r#"{{"token":"good{number}","expires_in":300}}"#));
        }
        match request.authorization() {
            Some(token) if token.starts_with("Bearer good") => Answer::new(200, "abc"),
            _ => Answer::challenge(format!(r#"Bearer realm="http://{}/token",service="s""#, host.get().unwrap())),
        }
    });
    registry_host.set(server.host()).unwrap();
    let source = source(&server, options());
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(read(&*source, &descriptor(b"abc")).unwrap(), b"abc"));
        }
    });
    assert_eq!(server.count("/token"), 1);
    let request = server.requests().into_iter().find(|request| request.target.starts_with("/token")).unwrap();
    // Never more than reading, whatever the registry proposes.
    assert_eq!(request.target, "/token?scope=repository%3Ateam%2Fapp%3Apull&service=s");
}

#[test]
fn a_token_that_is_refused_is_renewed_once() {
    let own = Arc::new(std::sync::OnceLock::<String>::new());
    let host = Arc::clone(&own);
    let tokens = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        let number = tokens.load(Ordering::SeqCst);
        if request.target.starts_with("/token") {
            tokens.fetch_add(1, Ordering::SeqCst);
            return Answer::new(200, format!(r#"{{"access_token":"t{}"}}"#, number + 1));
        }
        let challenge = Answer::challenge(format!(r#"Bearer realm="http://{}/token""#, host.get().unwrap()));
        match (request.target.contains("/blobs/"), request.authorization()) {
            (false, Some("Bearer t1")) => Answer::new(200, MANIFEST),
            (true, Some("Bearer t2")) => Answer::new(200, "abc"),
            _ => challenge,
        }
    });
    own.set(server.host()).unwrap();
    let source = source(&server, options());
    source.root().unwrap();
    assert_eq!(read(&*source, &descriptor(b"abc")).unwrap(), b"abc");
    assert_eq!(server.count("/token"), 2);
    // Now no token will do: one more is fetched, and no third request made.
    let error = source.root().unwrap_err();
    assert!(matches!(error, SourceError::Denied(_)), "{error}");
    assert_eq!(server.count("/token"), 3);
}

#[test]
fn a_token_service_elsewhere_is_not_told_the_secret() {
    let service = stranger(|_| Answer::new(200, r#"{"token":"good"}"#));
    let realm = service.url("/token");
    let registry = bearer_registry(move || realm.clone());
    let secrets = credentials(&[&registry.host(), &service.host()]);
    // What is public can be had without a secret.
    source(&registry, secrets.options.clone()).root().unwrap();
    assert_eq!(service.count("/token"), 1);
    assert_no_secret(&service);
}

#[test]
fn a_token_service_that_the_user_allows_is_told_the_secret() {
    let service = Server::start(|request| {
        if has(request, &basic()) { Answer::new(200, r#"{"token":"good"}"#) } else { Answer::new(401, "") }
    });
    let realm = service.url("/token");
    let registry = bearer_registry(move || realm.clone());
    let secrets = credentials(&[&registry.host()]);
    let SourceError::Denied(message) = source(&registry, secrets.options.clone()).root().unwrap_err() else { panic!() };
    assert!(message.contains(&format!("--allow-realm {}", service.host())), "{message}");
    assert_no_secret(&service);

    let allowed = Options { allowed_realms: vec![service.host()], ..secrets.options.clone() };
    source(&registry, allowed).root().unwrap();
    // The registry itself gets the token and nothing else.
    for request in registry.requests() {
        assert!(request.authorization().is_none_or(|sent| sent == "Bearer good"), "{request:?}");
    }
}

#[test]
fn an_identity_token_is_posted_to_the_registrys_own_service() {
    let own = Arc::new(std::sync::OnceLock::<String>::new());
    let host = Arc::clone(&own);
    let server = Server::start(move |request| {
        if request.target == "/token" {
            let fits =
                request.method == "POST" && request.body.contains("grant_type=refresh_token&refresh_token=my+secret");
            return if fits { Answer::new(200, r#"{"access_token":"good"}"#) } else { Answer::new(400, "") };
        }
        let challenge = Answer::challenge(format!(r#"Bearer realm="http://{}/token""#, host.get().unwrap()));
        if has(request, "Bearer good") { Answer::new(200, MANIFEST) } else { challenge }
    });
    own.set(server.host()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("auth.json");
    fs::write(&file, serde_json::json!({"auths": {server.host(): {"identitytoken": "my secret"}}}).to_string())
        .unwrap();
    source(&server, Options { credential_files: vec![file], ..options() }).root().unwrap();
}

#[test]
fn an_identity_token_is_not_posted_on() {
    let other = stranger(|_| Answer::new(200, r#"{"token":"good"}"#));
    let (own, elsewhere) = (Arc::new(std::sync::OnceLock::<String>::new()), other.url("/token"));
    let host = Arc::clone(&own);
    let server = Server::start(move |request| match request.target.as_str() {
        "/token" => Answer::redirect(elsewhere.clone()),
        _ => Answer::challenge(format!(r#"Bearer realm="http://{}/token""#, host.get().unwrap())),
    });
    own.set(server.host()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("auth.json");
    fs::write(&file, serde_json::json!({"auths": {server.host(): {"identitytoken": "my secret"}}}).to_string())
        .unwrap();
    let error = source(&server, Options { credential_files: vec![file], ..options() }).root().unwrap_err();
    assert!(error.to_string().contains("redirects a request that carries a secret"), "{error}");
    assert!(other.requests().is_empty());
}

#[test]
fn a_token_is_renewed_before_it_ends() {
    let own = Arc::new(std::sync::OnceLock::<String>::new());
    let host = Arc::clone(&own);
    let server = Server::start(move |request| {
        if request.target.starts_with("/token") {
            return Answer::new(200, r#"{"token":"good","expires_in":1}"#);
        }
        let challenge = Answer::challenge(format!(r#"Bearer realm="http://{}/token""#, host.get().unwrap()));
        if has(request, "Bearer good") { Answer::new(200, MANIFEST) } else { challenge }
    });
    own.set(server.host()).unwrap();
    let source = source(&server, options());
    source.root().unwrap();
    assert_eq!(server.count("/token"), 1);
    thread::sleep(Duration::from_millis(600));
    source.root().unwrap();
    assert_eq!(server.count("/token"), 2);
}

#[test]
fn a_token_that_lasts_for_ever_is_a_token() {
    let service = Server::start(|_| Answer::new(200, r#"{"token":"good","expires_in":18446744073709551615}"#));
    let realm = service.url("/token");
    let registry = Server::start(move |request| match has(request, "Bearer good") {
        true => Answer::new(200, MANIFEST),
        false => Answer::challenge(format!(r#"Bearer realm="{realm}""#)),
    });
    assert!(source(&registry, options()).root().is_ok());
}

#[test]
fn a_token_service_that_talks_nonsense_is_one_message() {
    for (body, words) in [
        (Answer::endless as fn() -> Answer, "more than 65536 bytes"),
        (|| Answer::new(200, "<html>secret-token"), "not a token"),
        (|| Answer::new(200, "{}"), "no token"),
        (|| Answer::new(200, r#"{"token":"a\nb"}"#), "no header can hold"),
        (|| Answer::new(500, ""), "answers 500"),
    ] {
        let service = Server::start(move |_| body());
        let realm = service.url("/token");
        let registry = bearer_registry(move || realm.clone());
        let error = source(&registry, options()).root().unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains("secret-token"), "{error}");
    }
}

// --- redirects

#[test]
fn a_redirect_to_a_store_carries_no_secret() {
    let store = stranger(|_| Answer::new(200, "abc"));
    let address = store.url("/store?signature=x");
    let server = Server::start(move |request| {
        if has(request, &basic()) { Answer::redirect(address.clone()) } else { Answer::challenge("Basic realm=\"r\"") }
    });
    let secrets = credentials(&[&server.host(), &store.host()]);
    assert_eq!(read(&*source(&server, secrets.options.clone()), &descriptor(b"abc")).unwrap(), b"abc");
    assert_eq!(store.requests().len(), 1);
    assert_no_secret(&store);
}

#[test]
fn a_redirect_there_and_back_carries_no_secret() {
    let own = Arc::new(std::sync::OnceLock::<String>::new());
    let back = Arc::clone(&own);
    let other = stranger(move |_| Answer::redirect(format!("http://{}/chosen-by-another", back.get().unwrap())));
    let address = other.url("/");
    let server = Server::start(move |request| match request.target.as_str() {
        "/chosen-by-another" => Answer::new(200, "abc"),
        _ if has(request, &basic()) => Answer::redirect(address.clone()),
        _ => Answer::challenge("Basic realm=\"r\""),
    });
    own.set(server.host()).unwrap();
    let secrets = credentials(&[&server.host()]);
    read(&*source(&server, secrets.options.clone()), &descriptor(b"abc")).unwrap();
    let chosen = server.requests().into_iter().find(|request| request.target == "/chosen-by-another").unwrap();
    assert_eq!(chosen.authorization(), None);
}

#[test]
fn a_store_that_refuses_is_not_answered_with_a_secret() {
    let store = stranger(|_| Answer::challenge("Basic realm=\"give\""));
    let address = store.url("/store");
    let server = Server::start(move |request| {
        if has(request, &basic()) { Answer::redirect(address.clone()) } else { Answer::challenge("Basic realm=\"r\"") }
    });
    let secrets = credentials(&[&server.host(), &store.host()]);
    let error = read(&*source(&server, secrets.options.clone()), &descriptor(b"abc")).unwrap_err();
    assert!(error.contains(&store.host()) && error.contains("401"), "{error}");
    assert_no_secret(&store);
}

#[test]
fn a_circle_of_redirects_ends() {
    let server = Server::start(|request| {
        if request.target == "/v2/" { Answer::new(200, "") } else { Answer::redirect("/v2/team/app/blobs/again") }
    });
    let error = read(&*source(&server, options()), &descriptor(b"abc")).unwrap_err();
    assert!(error.contains("more than 5 redirects"), "{error}");
    assert_eq!(server.requests().len(), 6);
}

#[test]
fn a_redirect_to_no_web_address_is_not_followed() {
    for to in ["file:///etc/passwd", "ftp://example.com/", "http://"] {
        let server = Server::start(move |_| Answer::redirect(to));
        let error = read(&*source(&server, options()), &descriptor(b"abc")).unwrap_err();
        assert!(error.contains("redirects to something"), "{to}: {error}");
    }
}

// --- TLS

#[test]
fn an_authority_of_ones_own_is_named_by_a_file() {
    let server = Server::start_tls(|_| Answer::new(200, MANIFEST));
    let error = source(&server, options()).root().unwrap_err().to_string();
    assert!(error.contains(&server.host()) && error.contains("--registry-ca"), "{error}");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    fs::write(&file, server.authority()).unwrap();
    let trusting = |file: &std::path::Path| Options { registry_ca: Some(file.to_owned()), ..options() };
    source(&server, trusting(&file)).root().unwrap();

    fs::write(&file, "no certificate").unwrap();
    let error = source(&server, trusting(&file)).root().unwrap_err().to_string();
    assert!(error.contains("no PEM certificate"), "{error}");
    let error = source(&server, trusting(&folder.path().join("absent.pem"))).root().unwrap_err().to_string();
    assert!(error.contains("absent.pem"), "{error}");
}

/// A registry that speaks TLS, and the options that trust it and have credentials for it.
fn trusted(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> (Server, Secrets) {
    let server = Server::start_tls(answer);
    let mut secrets = credentials(&[&server.host()]);
    let file = secrets._folder.path().join("ca.pem");
    fs::write(&file, server.authority()).unwrap();
    secrets.options.registry_ca = Some(file);
    (server, secrets)
}

#[test]
fn what_was_encrypted_stays_encrypted() {
    let plain = stranger(|_| Answer::new(200, "abc"));
    let address = plain.url("/store");
    let (server, secrets) = trusted(move |_| Answer::redirect(address.clone()));
    let error = read(&*source(&server, secrets.options.clone()), &descriptor(b"abc")).unwrap_err();
    assert!(error.contains("from https to http"), "{error}");

    let realm = plain.url("/token");
    let (server, secrets) = trusted(move |_| Answer::challenge(format!(r#"Bearer realm="{realm}""#)));
    let allowed = Options { allowed_realms: vec![plain.host()], ..secrets.options.clone() };
    let error = source(&server, allowed).root().unwrap_err().to_string();
    assert!(error.contains("which is not https"), "{error}");
    assert!(plain.requests().is_empty());
}

#[test]
fn a_registry_that_is_said_to_be_plain_is_not_asked_with_tls() {
    let (server, secrets) = trusted(|_| Answer::new(200, MANIFEST));
    let plain = Options { plain_http: true, ..secrets.options.clone() };
    assert!(source(&server, plain).root().is_err());
    assert!(server.requests().is_empty());
}
