//! What shell scripts do to files: a POSIX and bash interpreter that acts on a [`crate::tree::Tree`] and runs nothing.

mod accounts;
mod holding;

pub use accounts::Accounts;
pub use holding::{Contents, Extent, Fetch, Form, Gap, Holding, Part, Reach, Source};
