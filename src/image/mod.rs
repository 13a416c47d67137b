//! What is true of an image: the answer for each path in both merged views, its user, its system, and the certificates in it.

mod facts;

pub use crate::bundle::Contents;

pub use facts::{
    Access, Answer, CertificateFile, Facts, File, Identity, Obstacle, OperatingSystem, Origin, PathFacts, Reading,
    Refusal, User,
};
