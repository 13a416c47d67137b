//! Which paths of a layer are recorded.

use std::collections::BTreeSet;

use crate::tree::TreePath;

/// Where systems and programs keep certificates: everything below is recorded, whatever it holds.
const PLACES: &[&str] = &[
    // Amazon Linux, Fedora, Debian, Alpine; `/usr/lib/ssl` and `/usr/share/ssl` are OpenSSL's own names for them.
    "/etc/ca-certificates",
    "/etc/pki/ca-trust",
    "/etc/pki/java",
    "/etc/pki/tls/cert.pem",
    "/etc/pki/tls/certs",
    "/etc/ssl",
    "/usr/lib/ssl",
    "/usr/local/share/ca-certificates",
    "/usr/share/pki/ca-trust-source",
    "/usr/share/ssl",
];

/// Small files whose text decides: the system, and the users and groups by name.
const TEXTS: &[&str] = &["/etc/group", "/etc/os-release", "/etc/passwd", "/usr/lib/os-release"];

/// What is recorded of a layer: paths, and everything that lies above them and could move or remove them.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    places: BTreeSet<TreePath>,
    /// Recorded without what lies below them.
    single: BTreeSet<TreePath>,
    texts: BTreeSet<TreePath>,
}

impl Default for Watch {
    /// The places where certificates are kept, and the texts that tell the system and its users.
    fn default() -> Self {
        let paths = |names: &[&str]| names.iter().map(TreePath::new).collect();
        Self { places: paths(PLACES), single: BTreeSet::new(), texts: paths(TEXTS) }
    }
}

impl Watch {
    /// The default, and these paths.
    pub fn new(paths: impl IntoIterator<Item = TreePath>) -> Self {
        let mut watch = Self::default();
        watch.places.extend(paths);
        watch
    }

    /// Adds a path, to be recorded with what lies below it. False where it was recorded already.
    pub fn add(&mut self, path: TreePath) -> bool {
        !self.covers(&path) && self.places.insert(path)
    }

    /// Adds a path, to be recorded without what lies below it: where a stranger chose the path, and it may be a directory of
    /// everything. False where it was recorded already.
    pub fn add_single(&mut self, path: TreePath) -> bool {
        !self.covers(&path) && self.single.insert(path)
    }

    /// Adds a path whose text is to be kept. False where it was kept already.
    pub fn add_text(&mut self, path: TreePath) -> bool {
        self.texts.insert(path)
    }

    /// Adds all that `other` records.
    pub fn extend(&mut self, other: &Watch) {
        self.places.extend(other.places.iter().cloned());
        self.single.extend(other.single.iter().cloned());
        self.texts.extend(other.texts.iter().cloned());
    }

    /// Whether what is at `path` is recorded whatever it is.
    pub fn covers(&self, path: &TreePath) -> bool {
        self.texts.contains(path)
            || self.single.contains(path)
            || self.places.iter().any(|place| path.starts_with(place))
    }

    /// Whether what is at `path` is recorded: it is covered, or lies above something that is.
    pub fn concerns(&self, path: &TreePath) -> bool {
        self.covers(path) || self.paths().any(|place| place.starts_with(path))
    }

    /// Whether the text of the file at `path` is kept.
    pub fn keeps_text(&self, path: &TreePath) -> bool {
        self.texts.contains(path)
    }

    /// Whether all that `other` records is recorded.
    pub fn includes(&self, other: &Watch) -> bool {
        let below = |place: &TreePath| self.places.iter().any(|own| place.starts_with(own));
        other.places.iter().all(below)
            && other.single.iter().all(|path| self.covers(path))
            && other.texts.is_subset(&self.texts)
    }

    fn paths(&self) -> impl Iterator<Item = &TreePath> {
        self.places.iter().chain(&self.single).chain(&self.texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_above_is_recorded_and_what_lies_below() {
        let watch = Watch::new([TreePath::new("/opt/app/rds.pem")]);
        for path in
            ["/", "/opt", "/opt/app", "/opt/app/rds.pem", "/opt/app/rds.pem/x", "/etc", "/etc/passwd", "/usr/lib"]
        {
            assert!(watch.concerns(&TreePath::new(path)), "{path}");
        }
        for path in ["/opt/application", "/opt/app/other", "/usr/bin", "/etc/shadow"] {
            assert!(!watch.concerns(&TreePath::new(path)), "{path}");
        }
        assert!(!watch.covers(&TreePath::new("/opt/app")));
        assert!(watch.covers(&TreePath::new("/etc/ssl/certs/a")));
    }

    #[test]
    fn what_lies_below_a_single_path_is_left_out() {
        let mut watch = Watch::default();
        assert!(watch.add_single(TreePath::new("/usr/local")));
        assert!(watch.covers(&TreePath::new("/usr/local")) && watch.concerns(&TreePath::new("/usr")));
        assert!(!watch.concerns(&TreePath::new("/usr/local/bin")));
        let whole = Watch::new([TreePath::new("/usr/local")]);
        assert!(whole.includes(&watch) && !watch.includes(&whole));
    }

    #[test]
    fn it_grows_and_knows_when_it_did() {
        let mut watch = Watch::default();
        let before = watch.clone();
        assert!(!watch.add(TreePath::new("/etc/ssl/certs/a")));
        assert!(watch.add(TreePath::new("/srv")));
        assert!(watch.includes(&before) && !before.includes(&watch));
        let mut both = Watch::new([TreePath::new("/opt")]);
        both.extend(&watch);
        assert!(both.includes(&watch) && both.covers(&TreePath::new("/opt/a")) && !watch.includes(&both));
    }
}
