//! Everything that can be wrong with a bundle besides the authorities it lacks, each in a sentence.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::digest::Digest;
use crate::text::escape;

use super::catalog::Generation;
use super::contents::{Form, Problem};

/// Something that is wrong with a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It is not PEM.
    Form(Form),
    /// A keystore, which was not opened.
    Keystore(Form),
    /// No certificate in it can be read.
    NoCertificate,
    /// No authority of RDS is in it; so many of Amazon Trust Services are.
    NoRdsAuthority {
        /// How many of Amazon Trust Services.
        amazon_trust: usize,
    },
    /// Something that does not belong in it or cannot be read.
    Problem(Problem),
    /// An authority that AWS never published.
    Foreign(Named),
    /// An authority that bears a name of AWS's and is not known.
    Lookalike(Named),
    /// A certificate that may not sign others, such as that of a server.
    NotAuthority(Named),
    /// Authorities of RDS that have expired.
    Expired {
        /// How many.
        count: usize,
        /// The last moment at which the longest-lived of them was valid.
        since: Timestamp,
        /// Whether they are all there are.
        all: bool,
    },
    /// Authorities of RDS that are not valid yet.
    NotYetValid {
        /// How many.
        count: usize,
    },
    /// A region of which some generations are there and some are not.
    PartialRegion {
        /// The region.
        region: String,
        /// The generations that are not there or not valid.
        missing: Vec<Generation>,
    },
    /// No authority of generation 1, which all instances use today.
    OnlySuperseded,
    /// Certificates that are in it more than once.
    Duplicates {
        /// How many more than needed.
        count: usize,
    },
}

/// A certificate by its name, its place and its fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The common name. From a stranger: escape before printing.
    pub common_name: String,
    /// SHA-256 of the DER.
    pub fingerprint: Digest,
    /// The line of its `BEGIN`.
    pub line: usize,
}

impl Flaw {
    /// Whether it does no harm: nothing fails, and nobody is trusted who should not be.
    pub const fn is_harmless(&self) -> bool {
        matches!(self, Self::Duplicates { .. } | Self::Expired { all: false, .. })
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(form) => write!(out, "it is {form}, where clients need PEM certificates"),
            Self::Keystore(form) => write!(out, "it is {form}, and what is inside could not be told"),
            Self::NoCertificate => out.write_str("it holds no certificate that can be read"),
            Self::NoRdsAuthority { amazon_trust: 0 } => out.write_str("it holds no authority of RDS"),
            Self::NoRdsAuthority { .. } => out.write_str(
                "it holds only authorities of Amazon Trust Services, which RDS Proxy and Aurora Serverless v1 use: no database instance \
                 can be verified with it",
            ),
            Self::Problem(problem) => problem.fmt(out),
            Self::Foreign(named) => write!(
                out,
                "line {}: {} is an authority that AWS never published: whoever holds its key can pose as the database",
                named.line,
                escape(&named.common_name)
            ),
            Self::Lookalike(named) => write!(
                out,
                "line {}: {} bears a name as AWS gives it, but its fingerprint {} is not known: it is newer than this tool's catalog, or \
                 forged",
                named.line,
                escape(&named.common_name),
                named.fingerprint
            ),
            Self::NotAuthority(named) => write!(
                out,
                "line {}: {} is not an authority: it may not sign the certificate of a database",
                named.line,
                escape(&named.common_name)
            ),
            Self::Expired { count, since, all } => {
                let date = TimeZone::UTC.to_datetime(*since).date();
                match (all, count) {
                    (true, 1) => write!(out, "its only RDS authority expired on {date}"),
                    (true, _) => write!(out, "all of its {count} RDS authorities have expired, the last on {date}"),
                    (false, 1) => write!(out, "1 of its RDS authorities expired on {date}"),
                    (false, _) => write!(out, "{count} of its RDS authorities have expired, the last on {date}"),
                }
            }
            Self::NotYetValid { count } => write!(out, "{count} of its RDS authorities are not valid yet"),
            Self::PartialRegion { region, missing } => {
                write!(out, "{region}: instances with ")?;
                for (index, generation) in missing.iter().enumerate() {
                    write!(out, "{}{generation}", if index == 0 { "" } else { " or " })?;
                }
                out.write_str(" cannot be verified")
            }
            Self::OnlySuperseded => out.write_str("its authorities are of generations that RDS no longer uses"),
            Self::Duplicates { count: 1 } => out.write_str("1 certificate is there twice"),
            Self::Duplicates { count } => write!(out, "{count} certificates are there more than once"),
        }
    }
}
