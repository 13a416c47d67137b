//! Bundles that a Dockerfile takes from its build context, or has in its own text: their bytes are known before the build.

use std::collections::BTreeMap;

use crate::bundle::{Contents, Form, Judgement, judge};
use crate::dockerfile::facts::{Facts, Presence, Stage};
use crate::finding::Location;
use crate::shell::Source;
use crate::text;

use super::Settings;

/// Endings of files that are no PEM, and are not meant to be: keystores, and what keytool and Windows read.
const OTHER_FORMS: &[&str] = &[".jks", ".p12", ".pfx", ".truststore", ".p7b", ".p7c", ".der", ".cer"];

/// One bundle, or a directory of its pieces.
pub struct Vendored<'a> {
    /// What it is called in a message: its path in the context, the pieces of which directory, or the file it becomes.
    pub name: String,
    /// Where it is in the stage; of pieces, the first.
    pub place: &'a Presence,
    /// What it is worth.
    pub judgement: Judgement,
}

impl Vendored<'_> {
    /// The instruction that brings it.
    pub fn location(&self, facts: &Facts) -> Location {
        location(self.place, facts)
    }
}

/// The instruction that brings something.
pub fn location(place: &Presence, facts: &Facts) -> Location {
    place.by.map_or(Location::Whole, |by| Location::Text(facts.place(by)))
}

/// Whether a file is not meant to be PEM, by its name.
pub fn is_other_form(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    OTHER_FORMS.iter().any(|ending| name.ends_with(ending))
}

/// The bytes of a file that is meant to be PEM, where they are known.
fn bytes(place: &Presence) -> Option<Vec<u8>> {
    if is_other_form(&place.resolved.to_string()) { None } else { place.contents.exact() }
}

/// Whether a place is among those that [`of`] judges.
pub fn is_judged(place: &Presence) -> bool {
    bytes(place).is_some()
}

/// The bundles of a stage whose bytes are known, judged. Files of one authority each that lie in one directory are a bundle that
/// was split, and judged together.
pub fn of<'a>(stage: &'a Stage, settings: &Settings) -> Vec<Vendored<'a>> {
    let mut found = Vec::new();
    let mut pieces: BTreeMap<String, Vec<(&Presence, Vec<u8>)>> = BTreeMap::new();
    for place in stage.materials() {
        let Some(bytes) = bytes(place) else { continue };
        let contents = Contents::read(&bytes);
        if contents.form == Form::Pem && contents.problems.is_empty() && contents.certificates.len() == 1 {
            let directory = place.path.parent().unwrap_or_default().to_string();
            pieces.entry(directory).or_default().push((place, bytes));
        } else {
            let judgement = judge(&contents, &settings.reference, settings.at);
            found.push(Vendored { name: name(place), place, judgement });
        }
    }
    for (directory, pieces) in pieces {
        let bytes: Vec<&[u8]> = pieces.iter().map(|(_, bytes)| bytes.as_slice()).collect();
        let judgement = judge(&Contents::read(&bytes.join(&b'\n')), &settings.reference, settings.at);
        let several = pieces.len() > 1;
        let Some((place, _)) = pieces.into_iter().next() else { continue };
        let name = if several { format!("the files of {}", text::escape(&directory)) } else { name(place) };
        found.push(Vendored { name, place, judgement });
    }
    found
}

/// The path in the context, or where what is in the Dockerfile's own text goes.
fn name(place: &Presence) -> String {
    let mut sources = place.contents.parts.iter().filter_map(|part| match &part.source {
        Source::Bytes { path, .. } => path.as_deref(),
        Source::Fetch(_) | Source::Named(_) | Source::Image { .. } => None,
    });
    match (sources.next(), sources.next()) {
        (Some(path), None) => text::escape(path).into_owned(),
        _ => place.path.to_string(),
    }
}
