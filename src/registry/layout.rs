//! Images in an OCI image layout (image specification, "Image Layout"), wherever its files are.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use serde::Deserialize;

use super::files::{Files, read_small};
use super::{Sources, media_type};
use crate::digest::Digest;
use crate::oci::manifest::Descriptor;
use crate::oci::reference::Reference;
use crate::oci::source::{Source, SourceError};
use crate::text;

/// The tag of an image in a layout.
const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// Images that a message names.
const NAMED: usize = 10;

/// The full name of an image, as containerd and docker save write it beside the tag.
const IMAGE_NAME: &str = "io.containerd.image.name";

/// `index.json`, as far as it is needed to choose from it.
#[derive(Deserialize)]
struct IndexFile {
    manifests: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "mediaType", default)]
    media_type: String,
    digest: String,
    size: u64,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

impl Entry {
    /// What the image is called, the most telling first.
    fn names(&self) -> impl Iterator<Item = &str> {
        [IMAGE_NAME, REF_NAME].into_iter().filter_map(|key| self.annotations.get(key)).map(String::as_str)
    }

    /// Whether a user who writes `wanted` means this image.
    fn is(&self, wanted: &str) -> bool {
        self.digest == wanted.trim_start_matches('@') || self.names().any(|name| same_image(name, wanted))
    }
}

/// Whether two names mean the same image, also where one leaves out what docker would add.
pub(super) fn same_image(one: &str, other: &str) -> bool {
    one == other
        || matches!((one.parse::<Reference>(), other.parse::<Reference>()), (Ok(one), Ok(other)) if one == other)
}

/// One image of a layout.
struct Image {
    name: String,
    files: Arc<dyn Files>,
    root: Descriptor,
}

/// Opens the images of a layout: the wanted one, or all. The same image under several tags is one image.
///
/// # Errors
/// When `index.json` cannot be read or has no such image.
pub(super) fn open(files: Arc<dyn Files>, input: &str, wanted: Option<&str>) -> Result<Sources, SourceError> {
    let place = files.name().to_owned();
    let invalid = |why: String| SourceError::Invalid(format!("{place}: index.json {why}"));
    let bytes = read_small(&*files, "index.json")?;
    let index: IndexFile =
        serde_json::from_slice(&bytes).map_err(|error| invalid(format!("cannot be read: {error}")))?;
    let mut chosen: Vec<(Digest, &Entry)> = Vec::new();
    for entry in index.manifests.iter().filter(|entry| wanted.is_none_or(|wanted| entry.is(wanted))) {
        let digest = entry.digest.parse().map_err(|error| invalid(format!("names a manifest wrongly: {error}")))?;
        if chosen.iter().all(|(known, _)| *known != digest) {
            chosen.push((digest, entry));
        }
    }
    if chosen.is_empty() {
        return Err(none_chosen(&place, wanted, &index.manifests));
    }
    let alone = chosen.len() == 1;
    let sources = chosen.into_iter().map(|(digest, entry)| {
        let name = match entry.names().next() {
            _ if alone => text::escape(input).into_owned(),
            Some(name) => text::escape(&format!("{input}:{name}")).into_owned(),
            None => format!("{}@{digest}", text::escape(input)),
        };
        let root = Descriptor { media_type: entry.media_type.clone(), digest, size: entry.size };
        Box::new(Image { name, files: Arc::clone(&files), root }) as Box<dyn Source>
    });
    Ok(sources.collect())
}

fn none_chosen(place: &str, wanted: Option<&str>, entries: &[Entry]) -> SourceError {
    let Some(wanted) = wanted else {
        return SourceError::NotFound(format!("{place}: no image in it (index.json lists none)"));
    };
    let there = entries.iter().filter_map(|entry| entry.names().next());
    no_such_image(place, wanted, there)
}

/// The message for an image that is not among those there are.
pub(super) fn no_such_image<'a>(place: &str, wanted: &str, there: impl Iterator<Item = &'a str>) -> SourceError {
    let there: Vec<_> = there.map(text::escape).collect();
    let there = match there.split_at_checked(NAMED).filter(|(_, more)| !more.is_empty()) {
        _ if there.is_empty() => "images without a name".to_owned(),
        Some((some, more)) => format!("{} and {} more", some.join(", "), more.len()),
        None => there.join(", "),
    };
    SourceError::NotFound(format!("{place}: no image {:?} in it; it holds {there}", text::escape(wanted)))
}

/// Where a layout keeps a blob.
fn blob_path(digest: Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

impl Source for Image {
    fn name(&self) -> &str {
        &self.name
    }

    fn root(&self) -> Result<(Descriptor, Vec<u8>), SourceError> {
        let bytes = self.manifest(&self.root)?;
        let declared = Some(self.root.media_type.as_str()).filter(|declared| !declared.is_empty());
        let media_type = media_type::of(&bytes, declared);
        Ok((Descriptor { media_type, ..self.root.clone() }, bytes))
    }

    fn manifest(&self, descriptor: &Descriptor) -> Result<Vec<u8>, SourceError> {
        read_small(&*self.files, &blob_path(descriptor.digest))
    }

    fn blob(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send + '_>, SourceError> {
        Ok(self.files.open(&blob_path(descriptor.digest))?.0)
    }

    fn opens_again(&self) -> bool {
        self.files.opens_again()
    }
}
