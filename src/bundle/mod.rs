//! RDS CA bundles: what a file holds, what AWS has published, and what that makes of the file.

pub mod catalog;
pub mod contents;
mod difference;
mod form;
mod judgement;
pub mod need;
mod pem;
mod reference;
pub mod url;

pub use catalog::{Authority, Catalog, Publication, Scope};
pub use contents::{Certificate, Contents, Problem};
pub use difference::{Difference, difference};
pub use form::Form;
pub use judgement::{Flaw, Judgement, Verdict, day, judge};
pub use reference::{Reference, ReferenceError};

/// The newest bundle whose bytes are known: the publication first seen on 2025-08-04, 108 authorities (source and hash in
/// `testdata/bundles/README.md`).
pub static BUILTIN_PEM: &[u8] = include_bytes!("../../testdata/bundles/global-2025-08.pem");
