//! What keeps the user of an image from a file or a directory.

use crate::image::Identity;
use crate::tree::{Attributes, TreePath};

/// What keeps a user from something.
#[derive(Clone, Debug)]
pub struct Barrier {
    /// The user: "uid 1000", "user app".
    user: String,
    /// The directory or the file.
    at: TreePath,
    /// Its mode and owner.
    attributes: Attributes,
}

impl Barrier {
    /// In an image, whose user has numbers.
    pub fn of_image(identity: &Identity, at: &TreePath, attributes: Attributes) -> Self {
        Self { user: format!("uid {}", identity.uid), at: at.clone(), attributes }
    }

    /// In what a Dockerfile makes, whose user has a name.
    pub fn of_stage(user: &str, (at, attributes): (TreePath, Attributes)) -> Self {
        Self { user: format!("user {user}"), at, attributes }
    }

    /// Who can't do what, and why: "uid 1000 can't read: /app has mode 0700 and belongs to 0:0".
    pub fn keeps_from(&self, what: &str) -> String {
        let Attributes { mode, uid, gid } = self.attributes;
        format!("{} can't {what}: {} has mode {mode:04o} and belongs to {uid}:{gid}", self.user, self.at)
    }
}
