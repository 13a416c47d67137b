//! What `rdsca bundle verify` answers.

use std::fmt::Write as _;

use crate::bundle::{Flaw, Judgement, Reference};

/// Whether a bundle is good enough.
#[derive(Debug, PartialEq, Eq)]
pub enum Goodness {
    /// Clients can verify every database that was asked about.
    Good,
    /// They can't.
    Bad,
    /// Nothing speaks against it but that the catalog doesn't know these regions: could not tell, and so no pass.
    UnknownRegions(Vec<String>),
}

/// Weighs a judgement. A newer publication that is known by its hash alone is worth a word and no failure: which regions it adds
/// is not known. With `regions`, authorities of other regions may be missing too.
pub fn goodness(judgement: &Judgement, regions: &[String]) -> Goodness {
    let tolerable = |flaw: &Flaw| match flaw {
        Flaw::Newer { .. } => true,
        Flaw::Missing { .. } => !regions.is_empty(),
        _ => false,
    };
    if !judgement.flaws.iter().all(tolerable) || regions.iter().any(|region| judgement.covers(region) == Some(false)) {
        return Goodness::Bad;
    }
    let unknown: Vec<String> = regions.iter().filter(|region| judgement.covers(region).is_none()).cloned().collect();
    if unknown.is_empty() { Goodness::Good } else { Goodness::UnknownRegions(unknown) }
}

/// The verdict in one line, and a line for everything that is wrong.
pub fn describe(name: &str, judgement: &Judgement, reference: &Reference, goodness: &Goodness) -> String {
    let answer = match goodness {
        Goodness::Good => "good",
        Goodness::Bad => "not good",
        Goodness::UnknownRegions(_) => "could not tell",
    };
    let mut out = format!("{name}: {answer} ({}, compared with {})\n", judgement.verdict, reference.describe());
    for flaw in &judgement.flaws {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "  {flaw}");
    }
    if let Goodness::UnknownRegions(regions) = goodness {
        let regions: Vec<_> = regions.iter().map(|region| crate::text::escape(region)).collect();
        let _ = writeln!(
            out,
            "  this version knows no authority of {}: check the name, or compare with a newer --bundle",
            regions.join(", ")
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{BUILTIN_PEM, Contents, judge};

    const OLDER: &[u8] = include_bytes!("../../../testdata/bundles/global-2023-03.pem");

    fn answer(bytes: &[u8], regions: &[&str]) -> Goodness {
        let at = "2026-11-24T00:00:00Z".parse().unwrap();
        let regions: Vec<_> = regions.iter().map(ToString::to_string).collect();
        goodness(&judge(&Contents::read(bytes), &Reference::builtin(), at), &regions)
    }

    #[test]
    fn only_what_was_asked_about_counts() {
        assert_eq!(answer(BUILTIN_PEM, &[]), Goodness::Good);
        assert_eq!(answer(OLDER, &[]), Goodness::Bad);
        assert_eq!(answer(OLDER, &["us-east-1", "eu-west-1"]), Goodness::Good);
        assert_eq!(answer(OLDER, &["us-east-1", "mx-central-1"]), Goodness::Bad);
        assert_eq!(answer(b"", &["us-east-1"]), Goodness::Bad);
    }

    #[test]
    fn a_region_that_nobody_knows_is_no_pass_and_does_not_hide_a_failure() {
        assert_eq!(answer(BUILTIN_PEM, &["xx-moon-1"]), Goodness::UnknownRegions(vec!["xx-moon-1".to_owned()]));
        assert_eq!(answer(OLDER, &["xx-moon-1", "mx-central-1"]), Goodness::Bad);
    }

    #[test]
    fn a_private_key_is_never_good() {
        let key = b"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n";
        assert_eq!(answer(&[BUILTIN_PEM, key].concat(), &["us-east-1"]), Goodness::Bad);
    }
}
