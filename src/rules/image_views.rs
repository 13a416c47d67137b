//! What the rules about images share: which answers they have to look at, and what is a bundle in them.

use std::ops::Deref;

use crate::bundle::{Contents, Judgement, judge, of_rds};
use crate::image::{Answer, CertificateFile, Facts, File};
use crate::tree::TreePath;

use super::Settings;
use super::image_stores;

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

/// Files that clients rely on: those at declared paths, and where there is none of them the stores with RDS authorities that
/// clients look into without being told.
pub fn relied_on(facts: &Facts) -> Vec<(View, &TreePath, &File)> {
    let present = present(facts);
    if !present.is_empty() {
        return present;
    }
    image_stores::stores(facts).into_iter().map(|found| (View::Overlay, &found.file.resolved, &found.file)).collect()
}

/// Files with RDS authorities that no declared path leads to.
pub fn elsewhere(facts: &Facts) -> Vec<&CertificateFile> {
    let declared: Vec<_> = present(facts).into_iter().map(|(_, _, file)| &file.resolved).collect();
    facts
        .certificate_files
        .iter()
        .filter(|found| found.contents.holds_rds() && !declared.contains(&&found.file.resolved))
        .collect()
}

/// An image, and what the files that clients rely on in it are worth: several rules ask, and it is found out once.
pub struct JudgedImage<'f> {
    facts: &'f Facts,
    worth: Vec<(&'f File, Option<Judgement>)>,
}

impl<'f> JudgedImage<'f> {
    /// Judges the files that clients rely on.
    pub fn new(facts: &'f Facts, settings: &Settings) -> Self {
        let worth = relied_on(facts).into_iter().map(|(_, _, file)| (file, judged(file, settings))).collect();
        Self { facts, worth }
    }

    /// What one of these files is worth, as [`judged`] says; none for any other file.
    pub fn judged(&self, file: &File) -> Option<&Judgement> {
        self.worth.iter().find(|(known, _)| std::ptr::eq(*known, file)).and_then(|(_, judgement)| judgement.as_ref())
    }
}

impl Deref for JudgedImage<'_> {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        self.facts
    }
}

/// What a file is worth; none where it shows no sign of a certificate, and where it is a keystore that can't be opened.
pub fn judged(file: &File, settings: &Settings) -> Option<Judgement> {
    let contents = file.contents.as_ref().filter(|contents| contents.locked().is_none())?;
    let judge = |contents: &Contents| judge(contents, &settings.reference, settings.at);
    if contents.keystore.is_some() && is_called_pem(&file.resolved) {
        // Whoever looks here reads PEM, and finds none.
        return Some(judge(&Contents { keystore: None, certificates: Vec::new(), ..contents.clone() }));
    }
    if !image_stores::is_shared(&file.resolved) {
        return Some(judge(contents));
    }
    // That the public's authorities are in the public's store is as it should be.
    Some(judge(&of_rds(contents, &settings.reference)))
}

/// Whether a file says by its name that it is PEM.
fn is_called_pem(path: &TreePath) -> bool {
    [".pem", ".crt", ".cer"].iter().any(|ending| path.as_bytes().ends_with(ending.as_bytes()))
}
