//! The table of contents of an archive: what lies at which path, links followed.

use std::collections::HashMap;

/// Links from file to file; docker save links equal layers to one another, never further.
const MOST_LINKS: usize = 8;

/// Something of `T` for each path.
pub(super) struct Directory<T> {
    places: HashMap<String, Place<T>>,
}

enum Place<T> {
    Here(T),
    /// The full path that a link leads to.
    Elsewhere(String),
}

impl<T> Default for Directory<T> {
    fn default() -> Self {
        Self { places: HashMap::new() }
    }
}

impl<T> Directory<T> {
    /// How many paths there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Puts something at a path, in place of what was there.
    pub(super) fn put(&mut self, path: &str, value: T) {
        self.places.insert(clean(path), Place::Here(value));
    }

    /// A hard link: `target` is a path in the archive.
    pub(super) fn link(&mut self, path: &str, target: &str) {
        self.places.insert(clean(path), Place::Elsewhere(clean(target)));
    }

    /// A symbolic link: `target` begins at the folder that the link is in.
    pub(super) fn symlink(&mut self, path: &str, target: &str) {
        let path = clean(path);
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let target = clean(&format!("{folder}/{target}"));
        self.places.insert(path, Place::Elsewhere(target));
    }

    /// What lies at a path.
    pub(super) fn find(&self, path: &str) -> Option<&T> {
        let mut place = self.places.get(&clean(path))?;
        for _ in 0..MOST_LINKS {
            match place {
                Place::Here(value) => return Some(value),
                Place::Elsewhere(path) => place = self.places.get(path)?,
            }
        }
        None
    }
}

/// A path without `.`, `..` and empty parts; what leads above the archive stays at its top.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_and_circles_end() {
        let mut directory = Directory::default();
        directory.put("./one/layer.tar", 1);
        directory.symlink("two/layer.tar", "../one/layer.tar");
        directory.link("three", "two/layer.tar");
        directory.symlink("out", "../../../one/layer.tar");
        directory.link("round", "about");
        directory.link("about", "round");
        for path in ["one/layer.tar", "/one//layer.tar", "two/layer.tar", "three", "out"] {
            assert_eq!(directory.find(path), Some(&1), "{path}");
        }
        assert_eq!(directory.find("round"), None);
        assert_eq!(directory.find("absent"), None);
        (0..20).for_each(|number| directory.link(&format!("link{number}"), &format!("link{}", number + 1)));
        directory.put("link20", 3);
        assert_eq!((directory.find("link13"), directory.find("link0")), (Some(&3), None), "too many links");
        directory.put("one/layer.tar", 2);
        assert_eq!(directory.find("three"), Some(&2));
    }
}
