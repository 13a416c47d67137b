//! Manifests, indexes and configs: strangers' JSON. What is accepted is accepted again in the words of another writer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rdsca::oci::manifest::{Config, Document};

fuzz_target!(|bytes: &[u8]| {
    for media_type in ["", "application/vnd.oci.image.index.v1+json"] {
        let _ = Document::read(bytes, media_type);
    }
    let Ok(config) = Config::read(bytes, 1) else { return };
    let _ = config.instructions();
    // What two readers would understand in two ways is refused, so that writing it again changes nothing.
    let value: serde_json::Value = serde_json::from_slice(bytes).expect("what is accepted is JSON");
    assert!(Config::read(value.to_string().as_bytes(), 1).is_ok());
});
