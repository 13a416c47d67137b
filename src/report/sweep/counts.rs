//! What an image comes to in one word, and how many come to what.

use crate::finding::{Finding, Kind};

/// Whether what runs in an image can verify its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It can't: no bundle, or one that no client can use or nobody should trust.
    Missing,
    /// There is a bundle, and the image's user can't read it.
    Unreadable,
    /// It can, in some regions only: the bundle lacks authorities.
    Outdated,
    /// It could not be told.
    Unknown,
    /// It can.
    Ok,
    /// It has no bundle, and nobody asks for one.
    NotRequired,
}

impl State {
    /// Every state, the worst first.
    pub const ALL: [State; 6] =
        [State::Missing, State::Unreadable, State::Outdated, State::Unknown, State::Ok, State::NotRequired];

    /// What the findings that count come to. `has_bundle` says whether there is a file where the bundle should be.
    pub fn of<'f>(findings: impl IntoIterator<Item = &'f Finding>, has_bundle: bool) -> Self {
        let worst = findings.into_iter().filter_map(|finding| match (finding.kind, finding.rule) {
            (Kind::Open, _) => Some(State::Unknown),
            (Kind::Fail, "image-bundle-missing" | "image-bundle-removed") => Some(State::Missing),
            (Kind::Fail, "image-bundle-invalid" | "image-bundle-foreign-authority") => Some(State::Missing),
            (Kind::Fail, "image-bundle-unreadable") => Some(State::Unreadable),
            (Kind::Fail, "image-bundle-outdated" | "image-bundle-regional") => Some(State::Outdated),
            // What else may be wrong with an image is told beside its state.
            (Kind::Fail, _) => None,
        });
        worst.min().unwrap_or(if has_bundle { State::Ok } else { State::NotRequired })
    }

    /// Whether somebody has to mend it.
    pub const fn is_broken(self) -> bool {
        matches!(self, State::Missing | State::Unreadable | State::Outdated)
    }

    /// As in reports for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            State::Missing => "missing",
            State::Unreadable => "unreadable",
            State::Outdated => "outdated",
            State::Unknown => "unknown",
            State::Ok => "ok",
            State::NotRequired => "not-required",
        }
    }

    /// As in reports for people.
    pub const fn label(self) -> &'static str {
        match self {
            State::Missing => "can't verify",
            State::Unreadable => "unreadable",
            State::Outdated => "outdated",
            State::Unknown => "can't tell",
            State::Ok => "ok",
            State::NotRequired => "none needed",
        }
    }

    /// The state of that name, as in reports for programs.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// How many images come to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// See [`State::Ok`].
    pub ok: u64,
    /// See [`State::Outdated`].
    pub outdated: u64,
    /// See [`State::Missing`].
    pub missing: u64,
    /// See [`State::Unreadable`].
    pub unreadable: u64,
    /// See [`State::Unknown`].
    pub unknown: u64,
    /// See [`State::NotRequired`].
    pub not_required: u64,
    /// What could not be looked at; not among the images.
    pub not_scanned: u64,
}

/// One of the numbers, or a sum of several.
pub type Number = fn(&Counts) -> u64;

impl Counts {
    /// Counts one more image.
    pub fn add(&mut self, state: State) {
        *self.of_mut(state) += 1;
    }

    /// How many have that state, to be set.
    pub const fn of_mut(&mut self, state: State) -> &mut u64 {
        match state {
            State::Missing => &mut self.missing,
            State::Unreadable => &mut self.unreadable,
            State::Outdated => &mut self.outdated,
            State::Unknown => &mut self.unknown,
            State::Ok => &mut self.ok,
            State::NotRequired => &mut self.not_required,
        }
    }

    /// How many have that state.
    pub const fn of(&self, state: State) -> u64 {
        match state {
            State::Missing => self.missing,
            State::Unreadable => self.unreadable,
            State::Outdated => self.outdated,
            State::Unknown => self.unknown,
            State::Ok => self.ok,
            State::NotRequired => self.not_required,
        }
    }

    /// Images that were looked at.
    pub const fn images(&self) -> u64 {
        self.ok + self.outdated + self.missing + self.unreadable + self.unknown + self.not_required
    }

    /// Images that somebody has to mend.
    pub const fn broken(&self) -> u64 {
        self.outdated + self.missing + self.unreadable
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Level, Location};

    #[test]
    fn the_worst_finding_that_is_about_the_bundle_decides() {
        let finding = |rule| Finding::new(rule, Level::Error, Location::Whole, "m");
        for (rules, has_bundle, state) in [
            (&[][..], true, State::Ok),
            (&[], false, State::NotRequired),
            (&["image-private-key"], true, State::Ok),
            (&["image-bundle-outdated", "image-bundle-unreadable"], true, State::Unreadable),
            (&["image-bundle-regional"], true, State::Outdated),
            (&["image-bundle-unreadable", "image-bundle-invalid"], true, State::Missing),
            (&["image-bundle-removed"], false, State::Missing),
        ] {
            let findings: Vec<_> = rules.iter().copied().map(finding).collect();
            assert_eq!(State::of(&findings, has_bundle), state, "{rules:?}");
        }
        assert_eq!(State::of(&[finding("image-bundle-missing").open()], false), State::Unknown);
    }

    #[test]
    fn every_rule_that_decides_is_a_rule() {
        for rule in crate::rules::ALL {
            let state = State::of(&[rule_finding(rule.id)], true);
            assert_eq!(
                state != State::Ok,
                rule.id.starts_with("image-bundle-") && !rule.id.ends_with("misplaced"),
                "{}",
                rule.id
            );
        }
    }

    fn rule_finding(id: &'static str) -> Finding {
        Finding::new(id, Level::Error, Location::Whole, "m")
    }

    #[test]
    fn names_are_read_back_and_counts_add_up() {
        let mut counts = Counts::default();
        for state in State::ALL {
            assert_eq!(State::from_name(state.as_str()), Some(state));
            counts.add(state);
            assert_eq!(counts.of(state), 1);
        }
        assert_eq!((counts.images(), counts.broken()), (6, 3));
    }
}
