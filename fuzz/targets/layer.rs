//! Layers: read, stored, read again and put together in both views.
#![no_main]

mod checksum;

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use rdsca::digest::Digest;
use rdsca::image::{Image, LayerFacts, MOST_ROUNDS, assemble, read_layer};
use rdsca::oci::layer::{Expected, Watch};
use rdsca::oci::manifest::{Config, Descriptor, Manifest};
use rdsca::tree::TreePath;

/// What parts the layers of an input.
const BETWEEN: &[u8] = b"\xfflayer\xff";

/// More layers show nothing new.
const MOST: usize = 4;

fuzz_target!(|bytes: &[u8]| {
    let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let mut layers: Vec<Vec<u8>> = Vec::new();
    let mut rest = rest;
    while layers.len() < MOST {
        let end = rest.windows(BETWEEN.len()).position(|window| window == BETWEEN);
        let layer = &rest[..end.unwrap_or(rest.len())];
        // As it is, compression and all; or as an archive whose headers count.
        layers.push(if first & 1 == 0 { checksum::mend(layer) } else { layer.to_vec() });
        let Some(end) = end else { break };
        rest = &rest[end + BETWEEN.len()..];
    }
    let user = if first & 2 == 0 { "" } else { "app" };
    let paths = [TreePath::new("/etc/ssl/certs/rds-ca.pem"), TreePath::new("/a/b")];
    let mut watch = Watch::new(paths.iter().cloned());
    for _ in 0..MOST_ROUNDS {
        let Some(read) = layers.iter().map(|layer| read(layer, &watch)).collect::<Option<Vec<_>>>() else { return };
        let descriptors = layers.iter().map(|layer| Descriptor {
            media_type: "application/vnd.oci.image.layer.v1.tar".to_owned(),
            digest: Digest::of(layer),
            size: layer.len() as u64,
        });
        let config = Descriptor { media_type: String::new(), digest: Digest::of(b""), size: 0 };
        let manifest = Manifest { config, layers: descriptors.collect() };
        let config = Config { user: user.to_owned(), ..Config::default() };
        let image = Image { digest: Digest::of(b""), manifest: &manifest, config: &config, layers: &read, unread: 0 };
        match assemble(&image, &paths, &watch).grown {
            Some(grown) => {
                assert!(grown.includes(&watch) && grown != watch);
                watch = grown;
            }
            None => return,
        }
    }
});

/// The facts of a layer, which must come back as they were when they are stored.
fn read(layer: &[u8], watch: &Watch) -> Option<Arc<LayerFacts>> {
    let expected = Expected { size: layer.len() as u64, digest: Some(Digest::of(layer)), diff_id: None };
    let facts = read_layer(layer, expected, watch).ok()?;
    let stored = serde_json::to_vec(&facts).expect("facts can be stored");
    assert_eq!(serde_json::from_slice::<LayerFacts>(&stored).expect("what was stored can be read"), facts);
    Some(Arc::new(facts))
}
