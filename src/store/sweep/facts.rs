//! The facts of layers as they are stored: JSON, without what the row says already, compressed.

use std::io::{Read as _, Write as _};

use crate::digest::Digest;
use crate::image::LayerFacts;
use crate::oci::layer::Watch;

use super::StoreError;

/// What the facts of a layer mean. Facts of another number are not believed, and their layers are read again; whoever changes what
/// is recorded of a layer, or how it is written, counts up.
pub const MEANING: i64 = 3;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image;
    use crate::oci::layer::Expected;

    /// A layer with something of everything that is recorded.
    fn layer() -> Vec<u8> {
        use tar::EntryType::{Char, Directory, Link, Regular, Symlink};
        let mut builder = tar::Builder::new(Vec::new());
        let mut add = |name: &str, kind, link: &str, body: &[u8]| {
            let mut header = tar::Header::new_gnu();
            header.set_path(name).unwrap();
            header.set_entry_type(kind);
            header.set_size(body.len() as u64);
            header.set_mode(0o644);
            header.set_uid(7);
            header.set_gid(8);
            header.set_mtime(0);
            if !link.is_empty() {
                header.set_link_name(link).unwrap();
            }
            header.set_cksum();
            builder.append(&header, body).unwrap();
        };
        add("etc/ssl/certs", Directory, "", b"");
        add("etc/ssl/certs/rds-ca.pem", Regular, "", crate::bundle::BUILTIN_PEM);
        add("etc/ssl/error.pem", Regular, "", b"<html>");
        add("etc/ssl/link", Symlink, "certs", b"");
        add("etc/ssl/two", Link, "etc/ssl/certs/rds-ca.pem", b"");
        add("etc/ssl/.wh.gone", Regular, "", b"");
        add("etc/ssl/certs/.wh..wh..opq", Regular, "", b"");
        add("etc/ssl/null", Char, "", b"");
        add("etc/os-release", Regular, "", b"ID=amzn\n");
        add("srv/copy.pem", Regular, "", crate::bundle::BUILTIN_PEM);
        add("srv/alias", Symlink, "/etc/ssl", b"");
        (0..300).for_each(|number| add(&format!("usr/lib/{number}"), Regular, "", b"x"));
        builder.into_inner().unwrap()
    }

    fn facts() -> LayerFacts {
        let bytes = layer();
        let expected = Expected { size: bytes.len() as u64, digest: None, diff_id: None };
        image::read_layer(bytes.as_slice(), expected, &Watch::default()).unwrap()
    }

    #[test]
    fn facts_come_back_and_are_small() {
        let facts = facts();
        let encoded = encode(&facts).unwrap();
        assert_eq!(decode(&encoded, facts.digest, &facts.watch).unwrap(), facts);
        // Two whole bundles are 18 KB of them.
        assert!(encoded.len() < 24_000, "{}", encoded.len());
        for at in [4, encoded.len() / 2, encoded.len() - 1] {
            let mut spoilt = encoded.clone();
            spoilt[at] ^= 1;
            assert!(decode(&spoilt, facts.digest, &facts.watch).is_err());
        }
    }
}
