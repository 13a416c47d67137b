//! Who can read what: owner, group and other bits, as the kernel looks at them.

use crate::tree::{Attributes, Lookup, Node, TreePath};

use super::facts::{Access, Identity};

/// The bit that lets search a directory, and the one that lets read a file.
const SEARCH: u32 = 0o1;
const READ: u32 = 0o4;

/// Whether `identity` can come to the end of a walk and read the file there.
pub fn access<P>(walk: &Lookup<'_, P>, file: &Node<P>, identity: Option<&Identity>) -> Access {
    let Some(identity) = identity else { return Access::Unknown };
    let directories = walk.passed().into_iter().map(|(at, node)| (at, node.attributes, SEARCH));
    for (at, attributes, bit) in directories.chain([(walk.path.clone(), file.attributes, READ)]) {
        if !allows(attributes, identity, bit) {
            return Access::Denied { at, attributes };
        }
    }
    Access::Granted
}

/// The first directory on a walk that `identity` can't search, with what keeps it out.
pub fn barrier<P>(walk: &Lookup<'_, P>, identity: &Identity) -> Option<(TreePath, Attributes)> {
    let mut directories = walk.passed().into_iter().map(|(at, node)| (at, node.attributes));
    directories.find(|(_, attributes)| !allows(*attributes, identity, SEARCH))
}

/// The first of owner, group and others that applies decides, and root may read and search everything (path_resolution(7)).
fn allows(attributes: Attributes, identity: &Identity, bit: u32) -> bool {
    let Attributes { mode, uid, gid } = attributes;
    if identity.uid == 0 {
        return true;
    }
    let shift = if identity.uid == uid {
        6
    } else if identity.gid == gid || identity.groups.contains(&gid) {
        3
    } else {
        0
    };
    mode >> shift & bit != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_class_that_applies_decides() {
        let user = Identity { uid: 1000, gid: 100, groups: vec![200] };
        let file = |mode, uid, gid| Attributes { mode, uid, gid };
        for (attributes, expected) in [
            (file(0o644, 0, 0), true),
            (file(0o600, 0, 0), false),
            (file(0o600, 1000, 0), true),
            (file(0o044, 1000, 0), false),
            (file(0o640, 0, 100), true),
            (file(0o640, 0, 200), true),
            (file(0o604, 0, 200), false),
            (file(0o640, 0, 300), false),
        ] {
            assert_eq!(allows(attributes, &user, READ), expected, "{attributes:?}");
        }
        let root = Identity { uid: 0, gid: 0, groups: Vec::new() };
        assert!(allows(file(0, 5, 5), &root, READ));
    }
}
