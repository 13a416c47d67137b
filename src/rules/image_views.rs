//! What the rules about images share: which answers they have to look at, and what is a bundle in them.

use crate::bundle::{Contents, Judgement, judge};
use crate::image::{Answer, CertificateFile, Facts, File};
use crate::tree::TreePath;

use super::Settings;

/// One of the two ways in which runtimes put layers together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// As nearly every node does.
    Overlay,
    /// As some do, with another outcome for this image.
    Applied,
}

impl View {
    /// What to add to a message, so that it says where it holds.
    pub const fn suffix(self) -> &'static str {
        match self {
            View::Overlay => "",
            View::Applied => {
                " (depends on the runtime: where layers are applied one after another, as native and vfs snapshotters do)"
            }
        }
    }
}

/// The answers that count, path by path: those of the overlay view, and where an answer depends on the runtime those of the
/// applied view too, as the worse one counts.
pub fn of(facts: &Facts) -> Vec<(View, Vec<(&TreePath, &Answer)>)> {
    let mut views = vec![(View::Overlay, facts.paths.iter().map(|path| (&path.path, &path.overlay)).collect())];
    if facts.paths.iter().any(|path| path.runtime_dependent) {
        views.push((View::Applied, facts.paths.iter().map(|path| (&path.path, &path.applied)).collect()));
    }
    views
}

/// Files at declared paths with the views in which they are there; one that is the same in both is here once.
pub fn present(facts: &Facts) -> Vec<(View, &TreePath, &File)> {
    let mut found: Vec<(View, &TreePath, &File)> = Vec::new();
    for (view, answers) in of(facts) {
        for (path, answer) in answers {
            if let Answer::Present(file) = answer
                && !found.iter().any(|(_, other, same)| *other == path && **same == **file)
            {
                found.push((view, path, file));
            }
        }
    }
    found
}

/// Files with RDS authorities that no declared path leads to.
pub fn elsewhere(facts: &Facts) -> Vec<&CertificateFile> {
    let declared: Vec<_> = present(facts).into_iter().map(|(_, _, file)| &file.resolved).collect();
    facts
        .certificate_files
        .iter()
        .filter(|found| holds_rds(&found.contents) && !declared.contains(&&found.file.resolved))
        .collect()
}

/// Whether any of the certificates is an RDS authority.
fn holds_rds(contents: &Contents) -> bool {
    let catalog = crate::bundle::Catalog::builtin();
    contents
        .certificates
        .iter()
        .filter_map(|certificate| catalog.authority(&certificate.fingerprint))
        .any(|authority| !authority.is_amazon_trust())
}

/// What a file at a declared path is worth; none where it shows no sign of a certificate.
pub fn judged(file: &File, settings: &Settings) -> Option<Judgement> {
    file.contents.as_ref().map(|contents| judge(contents, &settings.reference, settings.at))
}
