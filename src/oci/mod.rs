//! The image format: descriptors, manifests and layers, as the OCI image specification (v1.1) and Docker's schema 2 have it.

pub mod compression;
pub mod json;
pub mod layer;
pub mod manifest;
pub mod reference;
pub mod source;
pub mod tar;
