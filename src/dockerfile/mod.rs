//! Facts about a Dockerfile: what its instructions say, and what the image that it builds will hold.

pub mod context;
pub mod facts;
mod heredoc;
pub mod instruction;
mod lines;
mod material;
mod options;
mod parse;
mod refusal;
mod syntax;
pub mod word;

pub use options::Options;
pub use parse::parse;
