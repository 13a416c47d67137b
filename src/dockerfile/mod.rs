//! Facts about a Dockerfile: what its instructions say, and what the image that it builds will hold.

pub mod instruction;
