//! What an image has where a connection looks for authorities: before the build, as far as its Dockerfile tells, and after it.

use super::barrier::Barrier;
use super::{Settings, image_views};
use crate::bundle::{Contents as BundleContents, Judgement as BundleJudgement, Verdict, judge};
use crate::client::dialect::FileState;
use crate::client::{Judgement, Surroundings, Value, mount};
use crate::dockerfile::There;
use crate::dockerfile::facts::Stage;
use crate::image::{Access, Answer, CaPlace, Facts};
use crate::shell::Contents;
use crate::tree::TreePath;

/// What an image has where a connection looks for authorities.
#[derive(Clone, Debug)]
pub struct CaFile {
    /// Where it looks.
    pub path: TreePath,
    /// What is there.
    pub found: Found,
    /// Where something may be mounted over it when the image runs.
    pub mount: Option<TreePath>,
    /// What it is worth as a bundle; none where there is no file, or what it holds is not known.
    pub worth: Option<BundleJudgement>,
}

/// What is at the path.
#[derive(Clone, Debug)]
pub enum Found {
    /// A file that the image's user can read.
    File,
    /// A file, and what keeps the user from it.
    Barred(Barrier),
    /// Nothing.
    Nothing,
    /// A link that leads nowhere, a directory, a device.
    Unusable,
    /// Can't be told.
    Unknown,
}

impl CaFile {
    /// What a client finds there; none where that can't be told.
    pub fn state(&self) -> Option<FileState> {
        match self.found {
            Found::File => Some(FileState::Readable),
            Found::Barred(_) => Some(FileState::Unreadable),
            // Something may be mounted there.
            _ if self.mount.is_some() => None,
            Found::Nothing | Found::Unusable => Some(FileState::Missing),
            Found::Unknown => None,
        }
    }

    /// Adds what is there to what decides with a connection that comes to look there.
    pub fn stand_around(&self, surroundings: &mut Surroundings, judgement: &Judgement) {
        if let (Some(Value::Text(text)), Some(state)) = (judgement.file(), self.state()) {
            surroundings.files.insert(text.clone(), state);
        }
        surroundings.ca_has_amazon_roots = self.worth.as_ref().map(|worth| worth.verdict == Verdict::Extended);
    }

    /// Of an image.
    pub fn of_image(place: &CaPlace, facts: &Facts, settings: &Settings) -> Self {
        let found = match &place.facts.overlay {
            Answer::Present(file) => match (&file.access, &facts.user.identity) {
                (Access::Granted, _) => Found::File,
                (Access::Denied { at, attributes }, Ok(identity)) => {
                    Found::Barred(Barrier::of_image(identity, at, *attributes))
                }
                _ => Found::Unknown,
            },
            Answer::Absent | Answer::Removed { .. } => Found::Nothing,
            Answer::Unusable { .. } => Found::Unusable,
            Answer::Unknown { .. } => Found::Unknown,
        };
        let worth = match &place.facts.overlay {
            Answer::Present(file) => image_views::judged(file, settings),
            _ => None,
        };
        Self { path: place.facts.path.clone(), found, mount: place.mount.clone(), worth }
    }

    /// Of what a Dockerfile makes.
    pub fn of_stage(path: TreePath, stage: &Stage, settings: &Settings) -> Self {
        let (found, worth) = match stage.there(&path) {
            There::File { contents, barrier: None } => (Found::File, worth(&contents, settings)),
            There::File { contents, barrier: Some(barrier) } => {
                (Found::Barred(Barrier::of_stage(&stage.user.name, barrier)), worth(&contents, settings))
            }
            There::Nothing => (Found::Nothing, None),
            There::Unknown => (Found::Unknown, None),
        };
        let mount = mount(&path, stage.volumes.iter().cloned(), stage.environment.keys().map(String::as_str));
        Self { path, found, mount, worth }
    }
}

fn worth(contents: &Contents, settings: &Settings) -> Option<BundleJudgement> {
    let bytes = contents.exact()?;
    Some(judge(&BundleContents::read(&bytes), &settings.reference, settings.at))
}
