//! What is kept of the rest of a layer: enough to say "nothing of this layer is there", in four bytes an entry.

use crate::tree::TreePath;

/// Prints kept of one layer: 4 million, 16 MiB. A layer with more says "may be" of every path.
const MOST: usize = 4 << 20;

/// Prints (32-bit hashes) of the paths of all entries that are not recorded. A print that is not there proves that the layer
/// has no such entry; one that is there proves nothing, and the layer has to be read again with the path in the watch set.
///
/// Stored sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Unwatched {
    #[serde(with = "differences")]
    prints: Vec<u32>,
    /// Whether there were more than are kept.
    overflowed: bool,
    /// Whether [`Unwatched::seal`] has sorted them.
    #[serde(skip, default = "sealed")]
    sealed: bool,
}

/// What was stored was sealed before.
fn sealed() -> bool {
    true
}

/// Sorted numbers, stored as the differences between them, which are shorter.
mod differences {
    use serde::de::Error as _;
    use serde::ser::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(numbers: &[u32], serializer: S) -> Result<S::Ok, S::Error> {
        let mut last = 0;
        let differences = numbers.iter().map(|number| number.checked_sub(std::mem::replace(&mut last, *number)));
        let differences: Option<Vec<u32>> = differences.collect();
        serializer.collect_seq(differences.ok_or_else(|| S::Error::custom("the prints are not sealed"))?)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
        let mut numbers = Vec::<u32>::deserialize(deserializer)?;
        let mut last = 0u32;
        for number in &mut numbers {
            last = last.checked_add(*number).ok_or_else(|| D::Error::custom("a print is too large"))?;
            *number = last;
        }
        Ok(numbers)
    }
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
    /// How many prints are kept.
    pub fn len(&self) -> usize {
        self.prints.len()
    }

    /// Whether no print is kept.
    pub fn is_empty(&self) -> bool {
        self.prints.is_empty()
    }

    /// Notes an entry.
    pub fn add(&mut self, path: &TreePath, effect: Effect) {
        self.push(print(path, effect));
    }

    /// Notes a directory and all above it, up to but not `above`: in one pass, however deep it is.
    pub fn add_directories(&mut self, directory: &TreePath, above: &TreePath) {
        self.add_above(directory, above.as_bytes().len(), Effect::Merges);
        if directory.as_bytes().len() > above.as_bytes().len() {
            self.add(directory, Effect::Merges);
        }
    }

    /// Notes every directory above a path whose name is longer than `longer_than` bytes.
    fn add_above(&mut self, path: &TreePath, longer_than: usize, effect: Effect) {
        let mut hash = seed(effect);
        for (at, byte) in path.as_bytes().iter().enumerate() {
            if *byte == b'/' && at > longer_than {
                self.push(fold(hash));
            }
            hash = step(hash, *byte);
        }
    }

    fn push(&mut self, print: u32) {
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
        self.prints.push(print);
    }

    /// Notes where a link leads.
    pub fn add_target(&mut self, target: &TreePath) {
        self.add(target, Effect::Leads);
        self.add_above(target, 0, Effect::LeadsBelow);
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

/// What the hash of an entry begins with.
const fn seed(effect: Effect) -> u64 {
    match effect {
        Effect::Merges => 0xcbf2_9ce4_8422_2325,
        Effect::Covers => 0x8422_2325_cbf2_9ce4,
        Effect::Leads => 0x2325_cbf2_9ce4_8422,
        Effect::LeadsBelow => 0x9ce4_8422_2325_cbf2,
    }
}

const fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ byte as u64).wrapping_mul(0x100_0000_01b3)
}

const fn fold(hash: u64) -> u32 {
    (hash >> 32) as u32 ^ hash as u32
}

/// FNV-1a of 64 bits, folded: fixed for ever, as prints are stored. Whoever makes two paths collide gains a second reading.
fn print(path: &TreePath, effect: Effect) -> u32 {
    fold(path.as_bytes().iter().fold(seed(effect), |hash, byte| step(hash, *byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_noted_up_to_the_one_above() {
        let mut rest = Unwatched::default();
        rest.add_directories(&TreePath::new("/etc/a/b/c"), &TreePath::new("/etc"));
        rest.add_directories(&TreePath::new("/opt"), &TreePath::ROOT);
        rest.add_directories(&TreePath::new("/usr/lib"), &TreePath::new("/usr/lib"));
        rest.add_directories(&TreePath::ROOT, &TreePath::ROOT);
        rest.seal();
        let has = |path: &str| rest.may_have(&TreePath::new(path));
        assert!(["/etc/a", "/etc/a/b", "/etc/a/b/c", "/opt"].into_iter().all(has));
        assert!(!["/", "/etc", "/usr", "/usr/lib", "/etc/a/b/c/d"].into_iter().any(has));
        assert_eq!(rest.prints.len(), 4);
    }

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
    fn where_there_are_too_many_everything_may_be() {
        let mut rest = Unwatched::default();
        let most = u32::try_from(MOST).unwrap();
        (0..most).for_each(|print| rest.push(print));
        rest.seal();
        assert_eq!(rest.len(), MOST);
        assert!(!rest.may_have(&TreePath::new("/srv")));
        rest.push(most);
        rest.seal();
        assert!(rest.is_empty() && rest.may_have(&TreePath::new("/srv")));
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
