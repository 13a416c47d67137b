//! One path, one image: reads facts through what does I/O, runs the rules over them, and puts a report together.

pub mod baseline;
pub mod bases;
pub mod configuration;
mod context;
pub mod dockerfiles;
mod documents;
pub mod fixes;
mod folders;
pub mod hashing;
pub mod images;
mod neighbours;
mod plan;
pub mod policy;
pub mod pool;
pub mod progress;
mod pull;
pub(crate) mod repository;
mod sources;
pub mod sweep;
