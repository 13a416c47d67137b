//! What a file with authorities is to an image: a file of its own, a keystore, or the store of the whole system.

use crate::bundle::{Judgement, is_java_store, is_system_store};
use crate::dockerfile::facts::Home;
use crate::image::{CertificateFile, Facts, File};
use crate::tree::TreePath;

use super::{Settings, image_views};

/// As what a file is there.
pub fn of(file: &File) -> Home {
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
    let candidates = image_views::elsewhere(facts).into_iter().filter(|found| of(&found.file) != Home::File);
    let rank = |found: &&CertificateFile| {
        let looked_into = image_views::is_looked_into(&found.file, facts);
        (looked_into, found.contents.certificates.len(), found.file.resolved.clone())
    };
    let file = candidates.max_by_key(rank)?.file.clone();
    Some(Held { home: of(&file), judgement: image_views::judged(&file, settings), file })
}
