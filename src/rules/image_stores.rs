//! As what authorities lie in an image: in a file of their own, in a keystore, or in the store of the whole system; and into which of
//! these clients look.

use crate::bundle::{Judgement, is_java_store, is_system_store};
use crate::dockerfile::facts::Home;
use crate::image::{Answer, CertificateFile, Facts, File};
use crate::tree::TreePath;

use super::{Settings, image_views};

/// As what authorities lie in a file.
pub fn home_of(file: &File) -> Home {
    if is_system_store(&file.resolved) {
        return Home::SystemStore;
    }
    let is_keystore = file.contents.as_ref().is_some_and(|contents| contents.keystore.is_some());
    if is_keystore { Home::Keystore } else { Home::File }
}

/// Whether the public's authorities belong there, too: the store of the system, or of a Java installation.
pub fn is_shared(path: &TreePath) -> bool {
    is_system_store(path) || is_java_store(path)
}

/// The stores with RDS authorities that clients look into, where no declared path leads to them: the system's, Java's, and keystores that the image's environment names.
pub fn stores(facts: &Facts) -> Vec<&CertificateFile> {
    image_views::elsewhere(facts).into_iter().filter(|found| is_looked_into(&found.file, facts)).collect()
}

/// Whether clients look into a store without being told on the command line.
pub fn is_looked_into(file: &File, facts: &Facts) -> bool {
    match home_of(file) {
        Home::SystemStore => true,
        Home::Keystore => is_shared(&file.resolved) || is_named(file, facts),
        Home::File => false,
    }
}

/// Whether a variable of the image's environment leads to a file.
fn is_named(file: &File, facts: &Facts) -> bool {
    let places = facts.ca_variables.iter().flat_map(|variable| &variable.places);
    places
        .map(|place| &place.facts.overlay)
        .any(|answer| matches!(answer, Answer::Present(found) if found.resolved == file.resolved))
}

/// RDS authorities that are in an image though no declared path leads to them.
pub struct Held {
    /// As what.
    pub home: Home,
    /// Where.
    pub file: File,
    /// What they are worth.
    pub judgement: Option<Judgement>,
}

/// The best place in a store or a keystore that has RDS authorities, where no declared path leads to a file: one that clients
/// look into, then one with the most of them.
pub fn held(facts: &Facts, settings: &Settings) -> Option<Held> {
    if !image_views::present(facts).is_empty() {
        return None;
    }
    let candidates = image_views::elsewhere(facts).into_iter().filter(|found| home_of(&found.file) != Home::File);
    let rank = |found: &&CertificateFile| {
        let looked_into = is_looked_into(&found.file, facts);
        (looked_into, found.contents.certificates.len(), found.file.resolved.clone())
    };
    let file = candidates.max_by_key(rank)?.file.clone();
    Some(Held { home: home_of(&file), judgement: image_views::judged(&file, settings), file })
}
