//! What is another than in the sweep before.

use std::collections::{BTreeMap, HashMap};
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
    /// What it came to before; none for a new one, and for one that could not be looked at then.
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

/// What a sweep has seen, as far as others are compared with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Every image that it looked at.
    pub images: Vec<Known>,
    /// What it could not look at, by target, and why.
    pub missed: BTreeMap<Box<str>, Box<str>>,
    /// Whether it came to its end.
    pub complete: bool,
}

impl Seen {
    /// Whether an image that it has not seen may have been there all the same.
    fn may_have_had(&self, image: &str, platform: &str) -> bool {
        let is_missed = |target: &str| self.missed.contains_key(target);
        if !self.complete || is_missed(image) || is_missed(&format!("{image} ({platform})")) {
            return true;
        }
        let repository = match image.split_once('@').or_else(|| image.rsplit_once(':')) {
            Some((repository, _)) => repository,
            None => image,
        };
        // The repository may not have been listed, and neither what it is below of: a prefix, the registry.
        let above = repository.match_indices('/').filter_map(|(slash, _)| repository.get(..slash));
        above.chain([repository]).any(is_missed)
    }

    /// How many of its images somebody has to mend.
    pub fn broken(&self) -> usize {
        self.images.iter().filter(|image| image.state.is_broken()).count()
    }
}

impl SweepReport {
    /// What it has seen, as a later sweep remembers it.
    pub fn seen(&self) -> Seen {
        let images = self.images.iter().map(|image| Known {
            image: image.name().into(),
            platform: Arc::clone(&image.platform),
            state: image.state,
        });
        let missed = self.not_scanned.iter().map(|missed| (missed.target.clone(), missed.reason.clone()));
        Seen { images: images.collect(), missed: missed.collect(), complete: self.scope.incomplete.is_none() }
    }
}

/// What is another now than it was before, in the order of kinds and names. What could not be looked at now is neither mended nor gone; what
/// could not be looked at before is not new, and is told only where somebody has to mend it.
pub fn compare(before: &Seen, now: &Seen) -> Vec<Change> {
    let mut known: HashMap<(&str, &str), State> =
        before.images.iter().map(|image| ((&*image.image, &*image.platform), image.state)).collect();
    let mut changes = Vec::new();
    for Known { image, platform, state } in &now.images {
        let from = known.remove(&(&**image, &**platform));
        let kind = match from {
            None if !before.may_have_had(image, platform) => ChangeKind::New,
            None if state.is_broken() => ChangeKind::NewlyBroken,
            Some(from) if !from.is_broken() && state.is_broken() => ChangeKind::NewlyBroken,
            Some(from) if from.is_broken() && matches!(state, State::Ok | State::NotRequired) => ChangeKind::Mended,
            Some(_) | None => continue,
        };
        let (image, platform) = (image.clone(), Arc::clone(platform));
        changes.push(Change { kind, image, platform, from, to: Some(*state) });
    }
    let gone = known.into_iter().filter(|((image, platform), _)| !now.may_have_had(image, platform));
    changes.extend(gone.map(|((image, platform), from)| Change {
        kind: ChangeKind::Gone,
        image: image.into(),
        platform: platform.into(),
        from: Some(from),
        to: None,
    }));
    changes.sort();
    changes
}
