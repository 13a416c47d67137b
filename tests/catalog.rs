//! Registries asked where tags point that were looked up before: with as little as can be, and not for longer than is wanted.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail where it stands")]

mod fixture;

use std::time::{Duration, Instant};

use fixture::server::{Answer, Request, Server};
use rdsca::digest::Digest;
use rdsca::oci::source::{Catalog, KnownTag, SourceError};
use rdsca::registry::{Opener, Options, Pace};

/// A registry that refuses does so at once.
fn catalog(server: &Server) -> Box<dyn Catalog> {
    let pace = Pace { waits_for_busy: false, ..Pace::default() };
    Opener::new(Options { pace, ..Options::default() }).catalog(&server.host()).unwrap()
}

fn known<'a>(names: &[&'a str]) -> Vec<KnownTag<'a>> {
    names.iter().map(|name| KnownTag { repository: "team/app", name, digest: Digest::of(name) }).collect()
}

fn later() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

/// Has the tags `same`, which points where it did, `moved`, which does not, and one that it will not tell of.
fn server() -> Server {
    Server::start(|request: &Request| {
        let entity = request.header("if-none-match").unwrap_or_default().to_owned();
        match request.target.rsplit('/').next() {
            Some("same") if entity == format!("\"{}\"", Digest::of("same")) => Answer::new(304, ""),
            Some("moved") => Answer::new(200, "").header("Docker-Content-Digest", Digest::of("elsewhere").to_string()),
            Some("busy") => Answer::new(429, "").header("Retry-After", "7"),
            _ => Answer::new(404, ""),
        }
    })
}

#[test]
fn a_tag_points_where_it_did_or_elsewhere() {
    let server = server();
    let answers = catalog(&server).digests(&known(&["same", "moved", "same"]), later());
    let answers: Vec<_> = answers.into_iter().map(|answer| answer.unwrap().unwrap()).collect();
    assert_eq!(answers, [Digest::of("same"), Digest::of("elsewhere"), Digest::of("same")]);
    assert!(
        server.requests().iter().filter(|request| request.target.contains("/manifests/")).all(|r| r.method == "HEAD")
    );
}

#[test]
fn behind_the_first_that_cannot_be_had_nothing_is_asked_for() {
    let server = server();
    let catalog = catalog(&server);
    let answers = catalog.digests(&known(&["same", "busy", "moved", "same"]), later());
    let [Ok(Some(_)), Err(SourceError::Busy { wait: Some(wait), .. })] = answers.as_slice() else {
        panic!("{answers:?}")
    };
    assert_eq!((*wait, server.count("/manifests/")), (Duration::from_secs(7), 2));
    let answers = catalog.digests(&known(&["gone", "same"]), later());
    assert!(matches!(answers.as_slice(), [Err(SourceError::NotFound(_))]), "{answers:?}");
}

#[test]
fn when_the_time_has_come_no_other_tag_is_asked_for() {
    let server = server();
    let answers = catalog(&server).digests(&known(&["same", "moved", "same"]), Instant::now());
    assert!(matches!(answers.as_slice(), [Ok(Some(_))]), "{answers:?}");
    assert_eq!(server.count("/manifests/"), 1);
}
