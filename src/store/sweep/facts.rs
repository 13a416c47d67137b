//! The facts of layers as they are stored: JSON, without what the row says already, compressed.

use std::io::{Read as _, Write as _};

use crate::digest::Digest;
use crate::image::LayerFacts;
use crate::oci::layer::Watch;

use super::StoreError;

/// What the facts of a layer mean. Facts of another number are not believed, and their layers are read again; whoever changes what
/// is recorded of a layer, or how it is written, counts up. A test below fails where that was forgotten.
pub const MEANING: i64 = 1;

/// The most bytes that facts decompress to.
const LARGEST: u64 = 1 << 30;

/// Small, and still faster than a layer is read.
const COMPRESSION: i32 = 9;

/// What the row of the layer says.
const ELSEWHERE: [&str; 2] = ["digest", "watch"];

/// Writes the facts of a layer down.
pub fn encode(facts: &LayerFacts) -> Result<Vec<u8>, StoreError> {
    let broken = |error: String| StoreError::Broken(format!("facts that cannot be written: {error}"));
    let mut value = serde_json::to_value(facts).map_err(|error| broken(error.to_string()))?;
    if let Some(fields) = value.as_object_mut() {
        ELSEWHERE.iter().for_each(|field| drop(fields.remove(*field)));
    }
    let written = || {
        let mut encoder = zstd::Encoder::new(Vec::new(), COMPRESSION)?;
        // Four bytes that tell a page which a disk has spoilt.
        encoder.include_checksum(true)?;
        encoder.write_all(value.to_string().as_bytes())?;
        encoder.finish()
    };
    written().map_err(|error: std::io::Error| broken(error.to_string()))
}

/// Reads the facts of a layer.
pub fn decode(bytes: &[u8], digest: Digest, watch: &Watch) -> Result<LayerFacts, StoreError> {
    let broken = |error: String| StoreError::Broken(format!("the facts of {digest}: {error}"));
    let mut text = Vec::new();
    let decoder = zstd::Decoder::with_buffer(bytes).map_err(|error| broken(error.to_string()))?;
    decoder.take(LARGEST).read_to_end(&mut text).map_err(|error| broken(error.to_string()))?;
    let mut value: serde_json::Value = serde_json::from_slice(&text).map_err(|error| broken(error.to_string()))?;
    let fields = value.as_object_mut().ok_or_else(|| broken("not an object".to_owned()))?;
    fields.insert("digest".to_owned(), digest.to_string().into());
    fields.insert("watch".to_owned(), serde_json::to_value(watch).map_err(|error| broken(error.to_string()))?);
    serde_json::from_value(value).map_err(|error| broken(error.to_string()))
}
