//! What is another than in the sweep before.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{State, SweepReport};

/// One image that is another than before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What became of it.
    pub kind: ChangeKind,
    /// Its name.
    pub image: Box<str>,
    /// Its platform.
    pub platform: Arc<str>,
    /// What it came to before; none for a new one.
    pub from: Option<State>,
    /// What it comes to now; none for one that is gone.
    pub to: Option<State>,
}

/// What can become of an image between two sweeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// Somebody has to mend it, and nobody had to before.
    NewlyBroken,
    /// Somebody had to mend it, and nobody has to any more.
    Mended,
    /// It was not there before.
    New,
    /// It is not there any more.
    Gone,
}

impl ChangeKind {
    /// Every kind, in the order of reports.
    pub const ALL: [ChangeKind; 4] = [ChangeKind::NewlyBroken, ChangeKind::Mended, ChangeKind::New, ChangeKind::Gone];

    /// As in reports for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            ChangeKind::NewlyBroken => "newly-broken",
            ChangeKind::Mended => "mended",
            ChangeKind::New => "new",
            ChangeKind::Gone => "gone",
        }
    }

    /// As in reports for people.
    pub const fn label(self) -> &'static str {
        match self {
            ChangeKind::NewlyBroken => "newly broken",
            ChangeKind::Mended => "mended",
            ChangeKind::New => "new",
            ChangeKind::Gone => "gone",
        }
    }

    /// The kind of that name, as in reports for programs.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// An image as it was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub image: Box<str>,
    /// Its platform.
    pub platform: Arc<str>,
    /// What it came to.
    pub state: State,
}

impl SweepReport {
    /// Its images as a later sweep remembers them.
    pub fn known(&self) -> impl Iterator<Item = Known> {
        self.images.iter().map(|image| Known {
            image: image.name().into(),
            platform: Arc::clone(&image.platform),
            state: image.state,
        })
    }
}

/// What is another now than it was before, in the order of kinds and names. What could not be looked at now is neither mended nor gone, and where
/// not all was looked through, nothing is gone.
pub fn compare(before: impl IntoIterator<Item = Known>, now: &SweepReport) -> Vec<Change> {
    let mut known: HashMap<(Box<str>, Arc<str>), State> =
        before.into_iter().map(|image| ((image.image, image.platform), image.state)).collect();
    let mut changes = Vec::new();
    for image in &now.images {
        let key = (image.name().into_boxed_str(), Arc::clone(&image.platform));
        let from = known.remove(&key);
        let kind = match from {
            None => ChangeKind::New,
            Some(from) if !from.is_broken() && image.state.is_broken() => ChangeKind::NewlyBroken,
            Some(from) if from.is_broken() && matches!(image.state, State::Ok | State::NotRequired) => {
                ChangeKind::Mended
            }
            Some(_) => continue,
        };
        let (image_name, platform) = key;
        changes.push(Change { kind, image: image_name, platform, from, to: Some(image.state) });
    }
    if now.scope.incomplete.is_none() {
        let missed: HashSet<&str> = now.not_scanned.iter().map(|missed| &*missed.target).collect();
        changes.extend(known.into_iter().filter_map(|((image, platform), from)| {
            let repository = image.split_once('@').map_or_else(
                || image.rsplit_once(':').map_or(&*image, |(repository, _)| repository),
                |(repository, _)| repository,
            );
            let could_be_there = missed.contains(&*image)
                || missed.contains(format!("{image} ({platform})").as_str())
                || missed.contains(repository);
            let gone = Change { kind: ChangeKind::Gone, image: image.clone(), platform, from: Some(from), to: None };
            (!could_be_there).then_some(gone)
        }));
    }
    changes.sort();
    changes
}
