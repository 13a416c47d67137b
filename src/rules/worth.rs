//! What a judged bundle is worth to clients, in the words that the rules about Dockerfiles and those about images share.

use crate::bundle::{Flaw, Judgement, Verdict};
use crate::finding::Level;

use super::Settings;

/// Named in one finding; a whole public root store in a bundle's place needs no hundred of them.
const NAMED: usize = 3;

/// Why no client can use it; none where one can.
pub fn unusable(judgement: &Judgement) -> Option<String> {
    let fatal = |flaw: &&Flaw| {
        matches!(
            flaw,
            Flaw::NotBundle(_)
                | Flaw::PassedOver { .. }
                | Flaw::Unreadable(_)
                | Flaw::NoRdsAuthority { .. }
                | Flaw::Expired { .. }
        )
    };
    judgement.flaws.iter().find(fatal).map(ToString::to_string)
}

/// What is to be said of a private key in it; after the build `image-private-key` says it.
pub fn private_key(judgement: &Judgement) -> Option<String> {
    judgement.flaws.iter().find(|flaw| matches!(flaw, Flaw::PrivateKey)).map(ToString::to_string)
}

/// The authorities in it that AWS never published for RDS; none where there are none.
pub fn strangers(judgement: &Judgement) -> Option<String> {
    let strangers: Vec<_> =
        judgement.flaws.iter().filter(|flaw| matches!(flaw, Flaw::Foreign(_) | Flaw::Lookalike(_))).collect();
    if strangers.is_empty() {
        return None;
    }
    let mut message = strangers.iter().take(NAMED).map(ToString::to_string).collect::<Vec<_>>().join("; ");
    if strangers.len() > NAMED {
        message.push_str(&format!("; and {} more", strangers.len() - NAMED));
    }
    Some(message)
}

/// Whether it was made to be the whole bundle, and can be used: of one that no client can use or that has expired it does not
/// matter what else it lacks, and one that was made for a part of the world is told as that.
pub fn is_whole(judgement: &Judgement) -> bool {
    !matches!(judgement.verdict, Verdict::Invalid | Verdict::Expired | Verdict::Regional)
}

/// What it lacks of the reference, and how bad that is; none where it lacks nothing, or was not made to be whole.
pub fn lack(judgement: &Judgement, settings: &Settings) -> Option<(Level, String)> {
    if !is_whole(judgement) {
        return None;
    }
    let (broken, _) = uncovered(judgement, settings);
    if !broken.is_empty() {
        let broken = broken.join(", ");
        return Some((Level::Error, format!("{}: your databases in {broken} can't be verified", named(judgement))));
    }
    let missing = judgement.flaws.iter().find(|flaw| matches!(flaw, Flaw::Missing { .. } | Flaw::Newer { .. }))?;
    Some((Level::Warning, format!("{}: {missing}", named(judgement))))
}

/// Of the regions whose databases are used: those that a bundle does not verify, and those that this version does not know.
pub fn uncovered<'a>(judgement: &Judgement, settings: &'a Settings) -> (Vec<&'a str>, Vec<&'a str>) {
    let those = |wanted: Option<bool>| {
        let regions = settings.rds_regions.iter().filter(|region| judgement.covers(region) == wanted);
        regions.map(String::as_str).collect()
    };
    (those(Some(false)), those(None))
}

/// That some regions are not known.
pub fn unknown_regions(regions: &[&str]) -> String {
    let regions = regions.join(", ");
    format!("can't tell whether databases in {regions} can be verified: this version does not know that region")
}

/// "this is the global bundle of 2023-03-10".
pub fn named(judgement: &Judgement) -> String {
    match judgement.publication {
        Some(publication) => format!("this is the {} bundle of {}", publication.scope, publication.date()),
        None => {
            format!("this bundle of {} RDS authorities is none that AWS has published", judgement.authorities.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{Certificate, Contents, Reference, judge};
    use crate::digest::Digest;

    #[test]
    fn no_more_than_three_strangers_are_named() {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let said = |count: usize| {
            let mut judgement = judge(&Contents::read(b""), &Reference::builtin(), at);
            judgement.flaws = (1..=count)
                .map(|line| {
                    Flaw::Foreign(Certificate {
                        fingerprint: Digest::of([line as u8]),
                        common_name: format!("stranger {line}"),
                        not_before: at,
                        not_after: at,
                        self_signed: true,
                        is_ca: true,
                        line,
                    })
                })
                .collect();
            strangers(&judgement)
        };
        assert_eq!(said(0), None);
        assert!(said(3).is_some_and(|said| said.contains("stranger 3") && !said.contains("more")));
        assert!(said(5).is_some_and(|said| !said.contains("stranger 4") && said.ends_with("; and 2 more")));
    }
}
