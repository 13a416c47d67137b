//! What an image is: its configuration, its operating system, and what its merged file system has at the paths asked for.

mod facts;

pub use facts::*;
