//! One path, one image: reads facts through what does I/O, runs the rules over them, and puts a report together.

pub mod ahead;
pub mod baseline;
pub mod bases;
mod clients;
pub mod configuration;
mod context;
mod dockerfiles;
mod documents;
mod files;
pub mod fixes;
mod folders;
mod hashing;
pub mod images;
mod neighbours;
mod plan;
pub mod policy;
pub mod pool;
pub mod progress;
mod pull;
pub(crate) mod repository;
pub mod source_tree;
pub mod sweep;
mod texts;
