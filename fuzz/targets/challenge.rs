//! `WWW-Authenticate`: a stranger's words, of which one decides where credentials go.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rdsca::registry;

fuzz_target!(|text: &str| {
    for challenge in registry::challenges(text) {
        assert!(!challenge.scheme.is_empty() && challenge.scheme == challenge.scheme.to_ascii_lowercase());
        if let Some(realm) = challenge.parameter("realm") {
            assert!(realm.len() <= text.len());
        }
    }
});
