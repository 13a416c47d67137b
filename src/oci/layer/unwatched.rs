//! What is kept of the rest of a layer: enough to say "nothing of this layer is there", in four bytes an entry.

use crate::tree::TreePath;

/// Prints kept of one layer: 4 million, 16 MiB. A layer with more says "may be" of every path.
const MOST: usize = 4 << 20;

/// Prints (32-bit hashes) of the paths of all entries that are not recorded. A print that is not there proves that the layer
/// has no such entry; one that is there proves nothing, and the layer has to be read again with the path in the watch set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unwatched {
    prints: Vec<u32>,
    /// Whether there were more than are kept.
    overflowed: bool,
    /// Whether [`Unwatched::seal`] has sorted them.
    sealed: bool,
}

/// What an entry does to what lies below it in lower layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A directory: nothing.
    Merges,
    /// Anything else: replaces or removes it.
    Covers,
    /// A link leads to this path, as its words say.
    Leads,
    /// A link leads to something below this path.
    LeadsBelow,
}

impl Unwatched {
    /// Notes an entry.
    pub fn add(&mut self, path: &TreePath, effect: Effect) {
        if self.overflowed {
            return;
        }
        if self.prints.len() >= MOST {
            self.seal();
            self.sealed = false;
            if self.prints.len() >= MOST / 2 {
                self.prints = Vec::new();
                self.overflowed = true;
                return;
            }
        }
        self.prints.push(print(path, effect));
    }

    /// Notes where a link leads.
    pub fn add_target(&mut self, target: &TreePath) {
        self.add(target, Effect::Leads);
        let mut above = target.parent();
        while let Some(directory) = above.filter(|directory| !directory.is_root()) {
            self.add(&directory, Effect::LeadsBelow);
            above = directory.parent();
        }
    }

    /// Sorts the prints, once all are there.
    pub fn seal(&mut self) {
        self.prints.sort_unstable();
        self.prints.dedup();
        self.prints.shrink_to_fit();
        self.sealed = true;
    }

    /// Whether there may be an entry for this very path.
    pub fn may_have(&self, path: &TreePath) -> bool {
        self.may(path, Effect::Merges) || self.may(path, Effect::Covers)
    }

    /// Whether there may be a directory at `path`, be it only for what lies below it.
    pub fn may_hold(&self, path: &TreePath) -> bool {
        self.may(path, Effect::Merges)
    }

    /// Whether there may be an entry that replaces or removes what is at `path` in a lower layer.
    pub fn may_change(&self, path: &TreePath) -> bool {
        self.may_have(path) || self.may_cover(path, &TreePath::ROOT)
    }

    /// Whether anything between `top` and `path`, neither included, may be something else than a directory.
    pub fn may_cover(&self, path: &TreePath, top: &TreePath) -> bool {
        let mut above = path.parent();
        while let Some(directory) = above.filter(|directory| directory != top && directory.starts_with(top)) {
            if self.may(&directory, Effect::Covers) {
                return true;
            }
            above = directory.parent();
        }
        false
    }

    /// Whether a link may be another name for what is at `path`, above or below it.
    pub fn may_lead(&self, path: &TreePath) -> bool {
        let mut above = Some(path.clone());
        while let Some(directory) = above {
            if self.may(&directory, Effect::Leads) {
                return true;
            }
            above = directory.parent();
        }
        self.may(path, Effect::LeadsBelow)
    }

    fn may(&self, path: &TreePath, effect: Effect) -> bool {
        self.overflowed || !self.sealed || self.prints.binary_search(&print(path, effect)).is_ok()
    }
}

/// FNV-1a of 64 bits, folded: fixed for ever, as prints are stored. Whoever makes two paths collide gains a second reading.
fn print(path: &TreePath, effect: Effect) -> u32 {
    let seed = match effect {
        Effect::Merges => 0xcbf2_9ce4_8422_2325u64,
        Effect::Covers => 0x8422_2325_cbf2_9ce4,
        Effect::Leads => 0x2325_cbf2_9ce4_8422,
        Effect::LeadsBelow => 0x9ce4_8422_2325_cbf2,
    };
    let hash = path.as_bytes().iter().fold(seed, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    (hash >> 32) as u32 ^ hash as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_there_is_known() {
        let mut rest = Unwatched::default();
        rest.add(&TreePath::new("/opt"), Effect::Merges);
        rest.add(&TreePath::new("/opt/app"), Effect::Covers);
        assert!(rest.may_have(&TreePath::new("/srv")), "before it is sealed nothing is known");
        rest.seal();
        assert!(rest.may_have(&TreePath::new("/opt")) && rest.may_have(&TreePath::new("/opt/app")));
        assert!(!rest.may_have(&TreePath::new("/srv")));
        assert!(rest.may_change(&TreePath::new("/opt/app/x/y")));
        assert!(!rest.may_change(&TreePath::new("/opt/other")));
    }

    #[test]
    fn where_links_lead_is_known() {
        let mut rest = Unwatched::default();
        rest.add_target(&TreePath::new("/srv/certs"));
        rest.seal();
        for (path, expected) in [
            ("/srv", true),
            ("/srv/certs", true),
            ("/srv/certs/rds.pem", true),
            ("/srv/other", false),
            ("/opt", false),
            ("/", false),
        ] {
            assert_eq!(rest.may_lead(&TreePath::new(path)), expected, "{path}");
        }
    }
}
