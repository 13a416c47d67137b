//! What is kept between runs: facts, never findings; and the bundle that was fetched last.

pub mod bundle;
pub mod layers;
pub mod sweep;
