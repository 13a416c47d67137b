//! `rdsca bundle update` and `--bundle latest`, against servers of this test: what is taken, what is refused, and what stays.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;

use std::fs;
use std::path::Path;

use fixture::program;
use fixture::server::{Answer, Server};

const OLDER: &[u8] = include_bytes!("../testdata/bundles/global-2023-03.pem");
const NEWER: &[u8] = include_bytes!("../testdata/bundles/global-2025-08.pem");

/// Exit code, stdout and stderr.
fn rdsca(cache: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let environment = [("RDSCA_CACHE_DIR", cache.to_str().unwrap()), ("RDSCA_AT", "2026-11-24")];
    let done = program::rdsca(Path::new(env!("CARGO_MANIFEST_DIR")), arguments, &environment);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code(), text(done.stdout), text(done.stderr))
}

#[test]
fn what_is_served_is_fetched_and_compared_with() {
    let cache = tempfile::tempdir().unwrap();
    let (code, _, said) = rdsca(cache.path(), &["bundle", "show", "--bundle", "latest"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("rdsca bundle update"), "{said}");

    let server = Server::start_tls(|request| match request.target.as_str() {
        "/moved" => Answer::redirect("/new"),
        "/new" => Answer::new(200, NEWER),
        "/old" => Answer::new(200, OLDER),
        "/page" => Answer::new(200, "<html>Access denied</html>"),
        "/cut" => Answer::new(200, &NEWER[..NEWER.len() / 2]),
        "/short" => Answer::new(200, &NEWER[..9000]).announcing(NEWER.len()),
        "/endless" => Answer::endless(),
        "/plain" => Answer::redirect("http://127.0.0.1/new"),
        _ => Answer::new(404, ""),
    });
    let trusted = cache.path().join("authority.pem");
    fs::write(&trusted, server.authority()).unwrap();
    let at = |path: &str| format!("https://{}{path}", server.host());
    let update = |path: &str, more: &[&str]| {
        let from = at(path);
        rdsca(cache.path(), &[&["bundle", "update", "--from", &from], more].concat())
    };
    let trusting = ["--registry-ca", trusted.to_str().unwrap()];
    let kept = cache.path().join("bundles/global-bundle.pem");

    // Nobody knows that server.
    let (code, _, said) = update("/new", &[]);
    assert_eq!((code, kept.exists()), (Some(2), false), "{said}");
    assert!(said.contains("not trusted"), "{said}");

    let (code, told, said) = update("/moved", &trusting);
    assert_eq!(code, Some(0), "{said}");
    assert!(told.starts_with("the global bundle of 2025-08-04 (108 authorities; 0 that"), "{told}");
    assert_eq!(fs::read(&kept).unwrap(), NEWER);

    // What is refused leaves what is there.
    for (path, why) in [
        ("/page", "no RDS CA bundle"),
        ("/cut", "no RDS CA bundle"),
        ("/short", "broke"),
        ("/endless", "more than"),
        ("/plain", "https to http"),
        ("/missing", "404"),
    ] {
        let (code, _, said) = update(path, &trusting);
        assert_eq!(code, Some(2), "{path}: {said}");
        assert!(said.contains(why), "{path}: {said}");
        assert_eq!(fs::read(&kept).unwrap(), NEWER, "{path}");
    }
    let (code, _, said) = rdsca(cache.path(), &["bundle", "update", "--from", "http://127.0.0.1/new"]);
    assert!(code == Some(2) && said.contains("not an address of https"), "{said}");

    // Compared with.
    let old = cache.path().join("old.pem");
    fs::write(&old, OLDER).unwrap();
    let verify = || rdsca(cache.path(), &["bundle", "verify", "--bundle", "latest", old.to_str().unwrap()]);
    let (code, told, _) = verify();
    assert_eq!(code, Some(1), "{told}");
    assert_eq!(update("/old", &trusting).0, Some(0));
    let (code, told, _) = verify();
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(fs::read_dir(kept.parent().unwrap()).unwrap().count(), 1, "nothing unfinished is left");
}
