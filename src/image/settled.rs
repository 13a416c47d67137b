//! Which of an image's layers have to be read to answer for its paths: the topmost ones that settle the answer, where some do.

use std::sync::Arc;

use crate::oci::compression::Compression;
use crate::oci::layer::{Kind, Watch};
use crate::oci::manifest::{Config, Descriptor};
use crate::tree::TreePath;

use super::facts::Wanted;
use super::hidden_link::PLACES;
use super::{LayerFacts, ca_variable};

/// Whether the layers above the others may settle the answers for an image at all. They don't where its user needs more than root
/// does: the modes of every directory up to the root, and its number and groups, have to be known.
pub fn may_settle(config: &Config) -> bool {
    matches!(config.user.as_str(), "" | "0")
}

/// How many of the topmost layers settle what is at `paths`, and at the paths that the image's environment names, whatever is in
/// the layers below; the fewest that do. `layers` are those that were read, from the topmost downwards without a gap.
///
/// A file is settled where its layer names it once, and names every directory above it as a directory: that hides or replaces
/// whatever lies below, links too, in both views. No layer above it may touch it or a directory on the way, and none may have an
/// entry that could be written through a link of a layer that is not read. A directory over the place of the system's certificates may hide a link
/// to them, so there everything is read.
pub fn settling(layers: &[Arc<LayerFacts>], config: &Config, paths: &[TreePath]) -> Option<usize> {
    if !may_settle(config) {
        return None;
    }
    let variables = ca_variable::settings(config);
    if variables.iter().any(|variable| variable.wanted == Wanted::Directory || variable.paths.is_empty()) {
        return None;
    }
    let named = variables.iter().flat_map(|variable| &variable.paths);
    let mut open: Vec<&TreePath> = paths.iter().chain(named).collect();
    for (index, layer) in layers.iter().enumerate() {
        let hides = layer.entries.iter().any(|entry| PLACES.iter().any(|place| entry.path == TreePath::new(place)));
        if hides || !layer.self_contained {
            return None;
        }
        let mut still_open = Vec::new();
        for path in open {
            match effect(layer, path) {
                Effect::None => still_open.push(path),
                Effect::Settles => {}
                Effect::Other => return None,
            }
        }
        if still_open.is_empty() {
            return Some(index + 1);
        }
        open = still_open;
    }
    None
}

/// What a layer does to a path.
enum Effect {
    /// Nothing, but that directories on the way may be named.
    None,
    /// It puts a file there.
    Settles,
    /// Anything else.
    Other,
}

fn effect(layer: &LayerFacts, path: &TreePath) -> Effect {
    let mut effect = Effect::None;
    for entry in layer.entries.iter().filter(|entry| path.starts_with(&entry.path)) {
        effect = match (&entry.kind, effect) {
            (Kind::File(_), Effect::None) if entry.path == *path => Effect::Settles,
            (Kind::Directory { overlay_opaque: false } | Kind::Implied { .. }, effect) if entry.path != *path => effect,
            _ => return Effect::Other,
        };
    }
    effect
}

/// What stands for a layer that was not read, and has no part in any answer.
pub fn not_read(layer: &Descriptor, watch: &Watch) -> LayerFacts {
    let mut facts = LayerFacts {
        digest: layer.digest,
        compression: Compression::of_media_type(&layer.media_type).unwrap_or(Compression::None),
        ..LayerFacts::empty(watch.clone())
    };
    facts.unwatched.seal();
    facts
}
