//! `rdsca` tells whether a workload on AWS can really verify the Amazon RDS database it talks to.
//!
//! The modules stand in rows; each uses only rows below its own (`docs/architecture.md`, proved by `tests/architecture.rs`).

pub mod audit;
pub mod buildfile;
pub mod bundle;
pub mod cli;
pub mod client;
pub mod config;
pub mod digest;
pub mod dockerfile;
pub mod finding;
pub mod fix;
pub mod image;
pub mod oci;
pub mod registry;
pub mod report;
pub mod rules;
pub mod shell;
pub mod store;
pub mod text;
pub mod tree;
