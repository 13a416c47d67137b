//! The registry client against servers that misbehave: cut, slow, lying, and busy.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail where it stands")]

mod fixture;

use std::io::Read as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fixture::nothing_passes;
use fixture::remote::{MANIFEST, descriptor, options, quick, read, source};
use fixture::server::{Answer, Request, Server};
use rdsca::digest::Digest;
use rdsca::oci::manifest::Descriptor;
use rdsca::oci::source::{LARGEST_MANIFEST, SourceError};
use rdsca::registry::{Opener, Options, Pace};

/// What is over before this time was not waited for, however busy this machine is.
const NOT_WAITED: Duration = Duration::from_secs(60);

/// Bytes of which no two pieces are alike, so that a wrong joint shows.
fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at.wrapping_mul(2_654_435_761) >> 11) as u8).collect()
}

// --- manifests

#[test]
fn a_manifest_is_asked_for_in_every_form_and_known_by_its_digest() {
    let server = Server::start(|_| {
        Answer::new(200, MANIFEST)
            .header("Content-Type", "application/vnd.oci.image.manifest.v1+json; charset=utf-8")
            .header("Docker-Content-Digest", Digest::of(MANIFEST).to_string())
    });
    let (root, bytes) = source(&server, options()).verified_root().unwrap();
    assert_eq!(root.digest, Digest::of(MANIFEST));
    assert_eq!(root.media_type, "application/vnd.oci.image.manifest.v1+json");
    assert_eq!(bytes, MANIFEST.as_bytes());
    let requests = server.requests();
    assert_eq!(requests[0].target, "/v2/team/app/manifests/1");
    let accept = requests[0].header("accept").unwrap();
    for form in [
        "oci.image.index",
        "oci.image.manifest",
        "docker.distribution.manifest.list.v2",
        "docker.distribution.manifest.v2",
    ] {
        assert!(accept.contains(form), "{accept}");
    }
}

#[test]
fn a_digest_that_is_not_that_of_the_bytes_is_refused() {
    let server =
        Server::start(|_| Answer::new(200, MANIFEST).header("Docker-Content-Digest", Digest::of("other").to_string()));
    let error = source(&server, options()).root().unwrap_err();
    assert!(matches!(&error, SourceError::Invalid(message) if message.contains("says its digest is")), "{error}");

    let pinned = format!("{}/team/app@{}", server.host(), Digest::of("wanted"));
    let error =
        Opener::new(options()).open(&pinned, &mut nothing_passes).unwrap().remove(0).verified_root().unwrap_err();
    assert!(matches!(&error, SourceError::Invalid(message) if message.contains("other bytes came")), "{error}");
    assert!(server.requests().last().unwrap().target.ends_with(&Digest::of("wanted").to_string()));
}

#[test]
fn a_manifest_without_end_is_left() {
    let server = Server::start(|_| Answer::endless());
    let error = source(&server, options()).root().unwrap_err();
    assert!(matches!(&error, SourceError::Invalid(message) if message.contains("more than 4194304 bytes")), "{error}");
}

#[test]
fn a_manifest_that_is_announced_too_large_is_not_even_asked_for() {
    let server = Server::start(|_| Answer::endless());
    let large = Descriptor { size: LARGEST_MANIFEST as u64 + 1, ..descriptor(b"x") };
    assert!(source(&server, options()).verified_manifest(&large).is_err());
    assert!(server.requests().iter().all(|request| !request.target.contains("sha256")));
}

#[test]
fn a_config_that_goes_on_is_read_one_byte_too_far() {
    let server = Server::start(|_| Answer::new(200, content(1 << 20)).unannounced());
    let error = source(&server, options()).verified_config(&descriptor(b"abc")).unwrap_err().to_string();
    assert!(error.contains("4 bytes came where 3 are announced"), "{error}");
}

// --- blobs

#[test]
fn a_cut_blob_is_taken_up_where_it_was_left() {
    let bytes = content(300_000);
    let blob = bytes.clone();
    let server = Server::start(move |request| {
        let from = request.from();
        let rest = &blob[from..];
        let piece = rest[..rest.len().min(110_000)].to_vec();
        let answer = Answer::new(if from == 0 { 200 } else { 206 }, piece).announcing(rest.len());
        let range = format!("bytes {from}-{}/{}", blob.len() - 1, blob.len());
        if from == 0 { answer } else { answer.header("Content-Range", range) }
    });
    assert_eq!(read(&*source(&server, options()), &descriptor(&bytes)).unwrap(), bytes);
    let ranges: Vec<_> =
        server.requests().iter().filter(|request| request.target.contains("/blobs/")).map(Request::from).collect();
    assert_eq!(ranges, [0, 110_000, 220_000]);
}

#[test]
fn a_server_that_knows_no_ranges_is_read_again_from_the_start() {
    let bytes = content(200_000);
    let blob = bytes.clone();
    let times = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        let length = if request.target.contains("/blobs/") && times.fetch_add(1, Ordering::SeqCst) == 0 {
            70_000
        } else {
            blob.len()
        };
        Answer::new(200, &blob[..length]).announcing(blob.len())
    });
    assert_eq!(read(&*source(&server, options()), &descriptor(&bytes)).unwrap(), bytes);
}

#[test]
fn a_wrong_piece_is_not_joined_on() {
    let bytes = content(1000);
    for range in ["bytes 0-999/1000", "bytes 600-999/1000", "bytes 500-999/2000", ""] {
        let blob = bytes.clone();
        let server = Server::start(move |request| match request.from() {
            0 => Answer::new(200, &blob[..500]).announcing(1000),
            from => Answer::new(206, &blob[from..]).header("Content-Range", range),
        });
        let error = read(&*source(&server, options()), &descriptor(&bytes)).unwrap_err();
        assert!(error.contains("byte 500 of 1000"), "{range}: {error}");
    }
}

#[test]
fn a_blob_that_is_cut_again_and_again_fails() {
    let server = Server::start(|request| match request.from() {
        0 => Answer::new(200, content(10)).announcing(1000),
        from => Answer::new(206, "x").announcing(1000 - from).header("Content-Range", format!("bytes {from}-999/1000")),
    });
    let error = read(&*source(&server, options()), &descriptor(&content(1000))).unwrap_err();
    assert!(error.contains("broke") && error.contains(&server.host()), "{error}");
    assert_eq!(server.count("/blobs/"), 1 + quick().resumes as usize);
}

#[test]
fn a_blob_of_another_size_is_refused_at_once() {
    let server = Server::start(|_| Answer::new(200, content(999)));
    let error = read(&*source(&server, options()), &descriptor(&content(1000))).unwrap_err();
    assert!(error.contains("sends 999 bytes where the manifest says 1000"), "{error}");
}

#[test]
fn a_blob_without_end_can_be_left() {
    let server = Server::start(|_| Answer::endless());
    let source = source(&server, options());
    let mut start = vec![0; 200_000];
    source.blob(&descriptor(b"abc")).unwrap().read_exact(&mut start).unwrap();
    let begin = Instant::now();
    drop(source);
    assert!(begin.elapsed() < NOT_WAITED, "a body without end was read");
}

#[test]
fn a_drip_has_stalled() {
    let server = Server::start(|_| Answer::new(200, content(1000)).dripping(Duration::from_millis(20)));
    let error = read(&*source(&server, options()), &descriptor(&content(1000))).unwrap_err();
    assert!(error.contains("stalled"), "{error}");
}

#[test]
fn a_server_that_falls_silent_has_stalled() {
    let server = Server::start(|_| Answer::new(200, content(1000)).dripping(Duration::from_secs(3600)));
    let begin = Instant::now();
    let error = read(&*source(&server, options()), &descriptor(&content(1000))).unwrap_err();
    assert!(error.contains("stalled") && begin.elapsed() < NOT_WAITED, "{error}");
}

#[test]
fn a_server_that_never_answers_is_left() {
    let server = Server::start(|_| {
        thread::sleep(Duration::from_secs(3600));
        Answer::new(200, MANIFEST)
    });
    let pace = Pace { answer: Duration::from_millis(200), attempts: 2, ..quick() };
    let begin = Instant::now();
    let error = source(&server, Options { pace, ..options() }).root().unwrap_err().to_string();
    assert!(error.contains("did not answer") && begin.elapsed() < NOT_WAITED, "{error}");
    assert_eq!(server.count("/manifests/"), 2);
}

#[test]
fn a_slow_reader_is_not_a_stalled_server() {
    let bytes = content(2_000_000);
    let blob = bytes.clone();
    let server = Server::start(move |_| Answer::new(200, blob.clone()));
    let source = source(&server, options());
    let mut blob = source.blob(&descriptor(&bytes)).unwrap();
    let mut start = vec![0; 1000];
    blob.read_exact(&mut start).unwrap();
    thread::sleep(quick().window * 2);
    let mut rest = Vec::new();
    blob.read_to_end(&mut rest).unwrap();
    assert_eq!([start, rest].concat(), bytes);
}

#[test]
fn bytes_that_were_changed_on_the_way_are_refused() {
    let server = Server::start(|_| Answer::new(200, "abc").header("Content-Encoding", "gzip"));
    let error = read(&*source(&server, options()), &descriptor(b"abc")).unwrap_err();
    assert!(error.contains("Content-Encoding"), "{error}");
    assert!(server.requests().iter().all(|request| request.header("accept-encoding") == Some("identity")));
}

// --- busy servers

#[test]
fn a_busy_server_is_asked_again_when_it_says_so() {
    for status in [429, 502, 503, 504] {
        let times = AtomicUsize::new(0);
        let server = Server::start(move |request| {
            if !request.target.contains("/manifests/") || times.fetch_add(1, Ordering::SeqCst) > 0 {
                return Answer::new(200, MANIFEST);
            }
            Answer::new(status, "").header("Retry-After", "1")
        });
        let begin = Instant::now();
        source(&server, options()).root().unwrap();
        assert!(begin.elapsed() >= Duration::from_secs(1), "{status}");
    }
}

#[test]
fn a_server_that_stays_busy_is_left() {
    let server = Server::start(|_| {
        Answer::new(429, r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"slow \u001b[31mdown"}]}"#)
    });
    let SourceError::Busy { message, wait: None } = source(&server, options()).root().unwrap_err() else { panic!() };
    assert!(message.contains("TOOMANYREQUESTS: slow \\u{1b}[31mdown"), "{message}");
    assert_eq!(server.count("/manifests/"), quick().attempts as usize);

    let server = Server::start(|_| Answer::new(503, "").header("Retry-After", "86400"));
    let begin = Instant::now();
    assert!(source(&server, options()).root().is_err());
    assert!(begin.elapsed() < NOT_WAITED, "a day was waited for");
    assert_eq!(server.count("/manifests/"), 1);
}

#[test]
fn what_is_not_there_is_said() {
    let server = Server::start(|_| Answer::new(404, r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#));
    let error = source(&server, options()).root().unwrap_err();
    let SourceError::NotFound(message) = &error else { panic!("{error}") };
    assert!(message.contains("team/app:1") && message.contains("MANIFEST_UNKNOWN"), "{message}");
}

#[test]
fn more_than_a_few_words_of_a_refusal_are_not_read() {
    for (padding, told) in [(15 << 10, true), (17 << 10, false)] {
        let server = Server::start(move |_| {
            let padding = " ".repeat(padding);
            Answer::new(404, format!(r#"{{"errors":[{{"code":"MANIFEST_UNKNOWN"}}]{padding}}}"#)).unannounced()
        });
        let error = source(&server, options()).root().unwrap_err();
        let SourceError::NotFound(message) = &error else { panic!("{error}") };
        assert_eq!(message.contains("MANIFEST_UNKNOWN"), told, "{message}");
    }
}

#[test]
fn nobody_at_the_door_is_one_message() {
    let port = Server::start(|_| Answer::new(200, "")).host();
    thread::sleep(Duration::from_millis(100));
    let begin = Instant::now();
    let error =
        Opener::new(options()).open(&format!("{port}/a:1"), &mut nothing_passes).unwrap().remove(0).root().unwrap_err();
    assert!(error.to_string().contains(&format!("no connection to {port}")), "{error}");
    assert!(begin.elapsed() < NOT_WAITED);
}
