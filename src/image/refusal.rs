//! Why some runtimes refuse an image.

use std::collections::BTreeSet;

use super::assemble::Image;
use super::facts::{Origin, Refusal};
use super::view::Merge;
use crate::oci::compression::Compression;
use crate::oci::layer::{Entry, Kind};
use crate::tree::TreePath;

/// What its merged views and its layers themselves give reason to.
pub fn all(image: &Image<'_>, origins: &[Origin], views: [&Merge<'_>; 2]) -> Vec<Refusal> {
    let mut all: BTreeSet<_> = views.into_iter().flat_map(|view| view.refused.iter().cloned()).collect();
    for (index, (facts, layer)) in image.layers.iter().zip(&image.manifest.layers).enumerate() {
        let twice = |path| (index, format!("{path} stands in the archive twice, which Docker and Podman refuse"));
        all.extend(duplicates(&facts.entries).into_iter().map(twice));
        if facts.overlay_attributes {
            let why = "it carries attributes of overlayfs, which some runtimes restore and others drop";
            all.insert((index, why.to_owned()));
        }
        if facts.trailing_bytes {
            all.insert((index, "bytes follow the gzip stream, which some runtimes refuse".to_owned()));
        }
        let said = Compression::of_media_type(&layer.media_type);
        if let Some(said) = said.filter(|said| *said != facts.compression) {
            let (said, found) = (said.as_str(), facts.compression.as_str());
            let why = format!("it is {found}, and its media type says {said}, which some runtimes believe");
            all.insert((index, why));
        }
    }
    let refusal = |(index, why): (usize, String)| Some(Refusal { origin: origins.get(index)?.clone(), why });
    all.into_iter().filter_map(refusal).collect()
}

/// Names that stand in an archive twice.
fn duplicates<C>(entries: &[Entry<C>]) -> BTreeSet<TreePath> {
    let mut seen = BTreeSet::new();
    entries
        .iter()
        .filter(|entry| !matches!(entry.kind, Kind::Implied { .. }))
        .filter(|entry| {
            // The names of whiteouts are others than those of what they remove.
            let class = match entry.kind {
                Kind::Whiteout => 1,
                Kind::Opaque => 2,
                _ => 0,
            };
            !seen.insert((class, entry.path.clone()))
        })
        .map(|entry| entry.path.clone())
        .collect()
}
