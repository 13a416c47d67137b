//! Bundles: read, judged, and the same after an editor on Windows.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rdsca::bundle::{Contents, Reference, contents::may_hold_certificates, judge};
use std::sync::LazyLock;

static REFERENCE: LazyLock<Reference> = LazyLock::new(Reference::builtin);

fuzz_target!(|bytes: &[u8]| {
    let read = Contents::read(bytes);
    assert_eq!(read.size, bytes.len() as u64);
    // A cheap look decides which files are read at all; none with a PEM certificate may escape it.
    assert!(read.certificates.iter().all(|certificate| certificate.line == 0) || may_hold_certificates(bytes));
    let judged = judge(&read, &REFERENCE, "2026-11-24T00:00:00Z".parse().expect("a time"));
    for flaw in &judged.flaws {
        assert!(!flaw.to_string().contains('\u{1b}'), "words of strangers are escaped");
    }
});
