//! What shell scripts do to files: a POSIX and bash interpreter that acts on a [`crate::tree::Tree`] and runs nothing.
//!
//! [`run`] walks a script as a shell would and changes a [`Machine`]. It assumes that commands succeed, because an image is only
//! there where they did; where a condition could not be told, both ways are taken and joined, and what only one of them has is
//! doubtful. What it does not understand is a [`Gap`].

mod accounts;
mod arguments;
mod arithmetic;
mod command;
mod compound;
mod condition;
mod files;
mod holding;
mod interpreter;
mod join;
mod machine;
mod pattern;
mod pieces;
mod redirect;
mod script;
mod simple;
mod variables;
mod words;

pub use accounts::Accounts;
pub use command::{MANAGED_DIRECTORY, changed_mode, run_program, run_words, without_grammar};
pub use files::{adopt, living};
pub use holding::{Contents, Extent, Fetch, Form, Gap, Holding, Part, Reach, Source};
pub use machine::{Flow, Machine, Opaque, Origin, Outcome, Status};
pub use pattern::{is_pattern, matches};
pub use script::{Places, Scripts, end_shell, run};
pub use variables::{UNKNOWN, Variables, is_unknown};
