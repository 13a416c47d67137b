//! Facts about a Dockerfile: what its instructions say, and what the image that it builds will hold.

pub mod context;
pub mod facts;
pub mod instruction;
mod material;
mod options;

pub use options::Options;
