//! Base images looked up where they are, with the image scanner.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::images::Scanner;
use crate::bundle::Contents;
use crate::dockerfile::facts::Os;
use crate::dockerfile::foundation::Foundation;
use crate::image::{Facts, Reading};
use crate::shell::Reach;
use crate::tree::TreePath;

/// What was found of one image.
type Looked = Arc<OnceLock<Result<Arc<Facts>, String>>>;

/// Images that were looked up in this run. Each is read once, and a layer that several share is read once, too.
pub struct Bases<'a> {
    scanner: &'a Scanner<'a>,
    /// By platform and reference.
    known: Mutex<BTreeMap<(String, String), Looked>>,
}

impl<'a> Bases<'a> {
    /// Nothing looked up yet.
    pub fn new(scanner: &'a Scanner<'a>) -> Self {
        Self { scanner, known: Mutex::default() }
    }

    /// What an image brings to those built upon it.
    ///
    /// # Errors
    /// Why it could not be told.
    pub fn look_up(&self, reference: &str, platform: &str) -> Result<Foundation, String> {
        let facts = self.facts(reference, platform)?;
        Ok(foundation(reference, &facts))
    }

    /// The certificates in a file of an image that was looked up, by the name that [`Foundation`] gives the file.
    pub fn contents(&self, reference: &str, path: &str) -> Option<Contents> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let looked = known.iter().filter(|((_, name), _)| name == reference).find_map(|(_, looked)| looked.get());
        let files = looked?.as_ref().ok()?.certificate_files.iter();
        let file = files.clone().find(|found| found.file.resolved.to_string() == path)?;
        Some(file.contents.clone())
    }

    fn facts(&self, reference: &str, platform: &str) -> Result<Arc<Facts>, String> {
        let looked = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(known.entry((platform.to_owned(), reference.to_owned())).or_default())
        };
        // Whoever comes second waits here for the first.
        let found = looked.get_or_init(|| self.scanner.look(reference, platform).map(Arc::new));
        found.clone().map_err(|why| format!("looking it up failed: {why}"))
    }
}

/// An image's facts as what a stage begins with.
fn foundation(reference: &str, facts: &Facts) -> Foundation {
    let (os, why) = match &facts.os {
        Reading::Known(os) if os.is_amazon() => (Os::Amazon { version: os.version.clone() }, None),
        Reading::Known(_) | Reading::Absent => (Os::Other, None),
        Reading::Unknown(why) => (Os::Unknown, Some(why.clone())),
    };
    let identity = facts.user.identity.as_ref().ok().map(|identity| (identity.uid, identity.gid));
    let mut foundation =
        Foundation::new(os).user(&facts.user.declared, identity).workdir(TreePath::new(&facts.working_directory));
    for (name, value) in &facts.environment {
        foundation = foundation.variable(name, value);
    }
    for instruction in &facts.on_build {
        foundation = foundation.on_build(instruction);
    }
    for found in &facts.certificate_files {
        if found.contents.holds_rds() {
            let (path, attributes) = (&found.file.resolved, found.file.attributes);
            foundation = match found.contents.keystore {
                Some(_) => foundation.keystore(path, reference, attributes),
                None => foundation.bundle(path, reference, attributes),
            };
        }
    }
    if let Some(why) = why {
        foundation = foundation.gap(why, Reach::Anywhere);
    }
    if !facts.certificate_files_complete {
        let why = "it has more files with certificates than are kept of one image";
        foundation = foundation.gap(why, Reach::Anywhere);
    }
    foundation
}
