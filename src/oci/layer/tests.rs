//! Layers written by the `tar` crate, spoilt in the ways that networks and strangers spoil them.

use std::io::Write;

use super::*;
use crate::tree::TreePath;

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, body) in files {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(body.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *body).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn expected(blob: &[u8]) -> Expected {
    Expected { digest: Some(Digest::of(blob)), size: blob.len() as u64, diff_id: None }
}

/// Keeps the length of whatever says CERT.
/// Notes the size of files whose name ends like this.
const INSPECT: Inspect<'static, usize> = Inspect {
    contents: &inspect,
    note: &|path, body| path.as_bytes().ends_with(b".py").then(|| body.len().to_string()),
};

fn inspect(body: &[u8], _: Interest) -> Option<usize> {
    body.windows(4).any(|window| window == b"CERT").then_some(body.len())
}

fn read_as(blob: &[u8], expected: Expected, diff_id: Option<Digest>) -> Result<LayerFacts<usize>, LayerError> {
    read(blob, Expected { diff_id, ..expected }, &Watch::new([TreePath::new("/opt/rds.pem")]), INSPECT)
}

#[test]
fn what_is_watched_is_recorded_and_the_rest_leaves_prints() {
    let big = vec![b'x'; 5 << 20];
    let tar = archive(&[
        ("etc/passwd", b"root:x:0:0"),
        ("opt/rds.pem", &big),
        ("srv/app.pem", b"a CERT"),
        ("srv/app.bin", b"\0 CERT"),
        ("srv/.wh.gone", b""),
        ("etc/ssl/certs/.wh..wh..opq", b""),
    ]);
    let blob = gzip(&tar);
    let facts = read_as(&blob, expected(&blob), Some(Digest::of(&tar))).unwrap();
    assert_eq!(
        (facts.digest, facts.diff_id, facts.uncompressed),
        (Digest::of(&blob), Some(Digest::of(&tar)), tar.len() as u64)
    );
    let seen: Vec<_> = facts.entries.iter().map(|entry| entry.path.to_string()).collect();
    assert_eq!(seen, ["/etc/passwd", "/opt/rds.pem", "/etc/ssl/certs"]);
    match &facts.entries[0].kind {
        Kind::File(file) => assert_eq!(file.text.as_deref(), Some(&b"root:x:0:0"[..])),
        other => panic!("{other:?}"),
    }
    match &facts.entries[1].kind {
        Kind::File(file) => assert_eq!((file.sha256, file.contents), (Digest::of(&big), None)),
        other => panic!("{other:?}"),
    }
    assert_eq!(facts.entries[2].kind, Kind::Opaque);
    assert_eq!(facts.strays.len(), 1);
    assert_eq!((facts.strays[0].path.to_string().as_str(), facts.strays[0].file.contents), ("/srv/app.pem", Some(6)));
    for path in ["/srv", "/srv/app.pem", "/srv/app.bin", "/srv/gone"] {
        assert!(facts.unwatched.may_have(&TreePath::new(path)), "{path}");
    }
    assert!(!facts.unwatched.may_have(&TreePath::new("/srv/other")));
}

#[test]
fn the_bytes_must_be_exactly_those_of_the_descriptor() {
    let tar = archive(&[("etc/x", b"y")]);
    let blob = gzip(&tar);
    let named = expected(&blob);
    let error = |blob: &[u8], diff_id| read_as(blob, named, diff_id).unwrap_err();
    assert!(matches!(error(&blob[..blob.len() - 1], None), LayerError::Short { .. }));
    assert!(matches!(error(b"", None), LayerError::Short { read: 0, .. }));
    assert!(matches!(error(&[&blob[..], b"x"].concat(), None), LayerError::Long { .. }));
    let mut other = blob.clone();
    other[20] ^= 1;
    assert!(matches!(error(&other, None), LayerError::Digest { .. }));
    assert!(matches!(error(&blob, Some(Digest::of("other"))), LayerError::DiffId { .. }));
}

#[test]
fn what_is_verified_and_cannot_be_unpacked_says_why() {
    let cut = archive(&[("etc/x", &[1; 600])]);
    let cut = gzip(&cut[..700]);
    let error = read_as(&cut, expected(&cut), None).unwrap_err();
    assert!(matches!(error, LayerError::Tar(tar::TarError::Truncated { .. })), "{error}");
    let whole = gzip(&archive(&[("etc/x", b"y")]));
    let cut = &whole[..whole.len() - 5];
    let error = read_as(cut, expected(cut), None).unwrap_err();
    assert!(matches!(error, LayerError::Decompression(_)), "{error}");
    let none = b"BZh9 not read";
    assert!(matches!(read_as(none, expected(none), None).unwrap_err(), LayerError::Decompression(_)));
}

#[test]
fn an_endless_stream_is_left_early() {
    let blob = gzip(&archive(&[("etc/x", b"y")]));
    let endless = blob.as_slice().chain(io::repeat(0));
    let error = read(endless, expected(&blob), &Watch::default(), INSPECT).unwrap_err();
    assert!(matches!(error, LayerError::Long { .. }));
}

#[test]
fn a_diff_id_is_known_where_it_was_computed_or_costs_nothing() {
    let archive = archive(&[("etc/x", b"y")]);
    let read = |blob: &[u8], contents, diff_id| {
        let hashers = Hashers { stored: Hasher::default(), contents };
        read_at(Here, blob, Expected { diff_id, ..expected(blob) }, &Watch::default(), INSPECT, hashers)
    };
    let (compressed, other) = (gzip(&archive), Some(Digest::of("other")));
    assert_eq!(read(&compressed, Some(Hasher::default()), None).unwrap().diff_id, Some(Digest::of(&archive)));
    assert_eq!(read(&compressed, None, other).unwrap().diff_id, None);
    assert_eq!(read(&archive, None, None).unwrap().diff_id, Some(Digest::of(&archive)));
    assert!(matches!(read(&archive, None, other), Err(LayerError::DiffId { .. })));
}
