//! Which files of a stage hold RDS certificates, and whether the stage's user can read them.

use super::facts::{BundleState, Presence, Stage};

impl Stage {
    /// Every place in the stage's tree that holds RDS certificates.
    pub fn materials(&self) -> Vec<Presence> {
        Vec::new()
    }

    /// Whether the RDS bundle is in the stage.
    pub fn bundle(&self) -> BundleState {
        BundleState::Absent
    }
}
