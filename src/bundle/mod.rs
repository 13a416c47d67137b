//! RDS CA bundles: what a file holds, what AWS has published, and what that makes of the file.

pub mod catalog;
pub mod contents;
mod difference;
mod form;
mod judgement;
pub mod keystore;
pub mod need;
mod pem;
mod reference;
pub mod url;

pub use catalog::{Authority, Catalog, Publication, Scope};
pub use contents::{Certificate, Contents, Problem};
pub use difference::{Difference, difference};
pub use form::Form;
pub use judgement::{Flaw, Judgement, Verdict, day, judge, of_rds};
pub use keystore::{Effort, Keystore, Locked, Opening, Passwords};
pub use reference::{Reference, ReferenceError};

use crate::tree::TreePath;

/// Where systems have the one file with all authorities that they trust.
const SYSTEM_STORES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/cert.pem",
    "/etc/pki/tls/cert.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/tls/certs/ca-bundle.trust.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
];

/// What Java calls the keystore with all authorities that it trusts, wherever it is installed: its own, and the one that
/// comes before it where somebody made it.
const JAVA_STORES: &[&str] = &["cacerts", "jssecacerts"];

/// Whether systems have the one file with all authorities that they trust there.
pub fn is_system_store(path: &TreePath) -> bool {
    SYSTEM_STORES.iter().any(|store| *path == TreePath::new(store))
}

/// Whether a file is called as Java calls the keystore with all authorities that it trusts.
pub fn is_java_store(path: &TreePath) -> bool {
    JAVA_STORES.iter().any(|name| path.file_name() == Some(name.as_bytes()))
}

/// The newest bundle whose bytes are known: the publication first seen on 2025-08-04, 108 authorities (source and hash in
/// `testdata/bundles/README.md`).
pub static BUILTIN_PEM: &[u8] = include_bytes!("../../testdata/bundles/global-2025-08.pem");
