//! What is kept between runs: facts, never findings.

pub mod layers;
pub mod sweep;
