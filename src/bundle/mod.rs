//! The RDS CA bundle: what a file of certificates holds, what AWS has published, and how the two compare.
//!
//! [`Contents::read`] says what is in a file, without judgement. The [`Catalog`] knows every authority and publication of
//! AWS. [`judge`] compares contents with a [`Reference`] on a day. Nothing here reads a file, a clock or the network.

pub mod catalog;
pub mod certificate;
pub mod contents;
mod der;
pub mod difference;
pub mod flaw;
pub mod judgement;
mod pem;
pub mod reference;
pub mod url;

pub use catalog::{Authority, Catalog, Generation, Publication, PublicationKind};
pub use certificate::Certificate;
pub use contents::{Contents, Form, Problem, ProblemKind};
pub use difference::{Difference, diff};
pub use flaw::Flaw;
pub use judgement::{Coverage, Judgement, Newer, Verdict, judge};
pub use reference::{Reference, ReferenceError};

/// The newest bundle whose bytes are known: the publication of 2025-08-04, 108 authorities. Where it comes from is said in
/// `src/bundle/README.md`.
pub const BUILTIN_PEM: &[u8] = include_bytes!("global-bundle.pem");
