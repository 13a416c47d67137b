//! Facts about a Dockerfile: what its instructions say, and what the image that it builds will hold.

mod argument;
pub mod base;
mod brought;
mod build;
pub mod context;
mod expansion;
pub mod facts;
pub mod foundation;
mod from;
mod heredoc;
pub mod instruction;
mod lines;
mod material;
mod need;
mod options;
mod parse;
pub mod patterns;
mod refusal;
mod run;
mod sources;
mod stage;
mod syntax;
mod there;
mod transfer;
pub mod word;

pub use build::{foundation, read, read_parsed};
pub use material::{is_bundle_name, region_of_bundle_name};
pub use options::Options;
pub use parse::parse;
pub use sources::sources;
pub use there::There;
