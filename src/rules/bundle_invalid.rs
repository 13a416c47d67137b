//! What becomes the bundle is nothing that a client can use.

use super::{Check, Rule, Settings, vendored, worth};
use crate::bundle::url;
use crate::dockerfile::facts::{Facts, Presence};
use crate::finding::{Finding, Level};
use crate::shell::{Form, Source};

pub static RULE: Rule = Rule {
    id: "bundle-invalid",
    level: Level::Error,
    summary: "the file that becomes the bundle is none that a client can use",
    page: include_str!("../../docs/rules/bundle-invalid.md"),
    check: Check::Dockerfile(check),
};

fn check(facts: &Facts, settings: &Settings) -> Vec<Finding> {
    let Some(stage) = facts.shipped() else { return Vec::new() };
    let mut findings = Vec::new();
    for vendored in vendored::of(stage, settings) {
        if let Some(why) = worth::unusable(&vendored.judgement).or_else(|| worth::private_key(&vendored.judgement)) {
            let message = format!("{} is no bundle that a client can use: {why}", vendored.name);
            findings.push(
                RULE.finding(vendored.location(facts), message)
                    .help("take the bundle as AWS publishes it: rdsca bundle write FILE"),
            );
        }
    }
    for place in stage.materials().iter().filter(|place| is_misnamed_pkcs7(place)) {
        let message =
            format!("{} is PKCS#7, which PEM clients can't read: AWS serves PEM under the ending .pem", place.path);
        findings.push(
            RULE.finding(vendored::location(place, facts), message)
                .help("fetch https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"),
        );
    }
    findings
}

/// Whether it is a `.p7b` as AWS serves it, unconverted, under a name that says otherwise.
fn is_misnamed_pkcs7(place: &Presence) -> bool {
    let contents = &place.contents;
    let untouched = contents.form == Form::Plain && !contents.open;
    let is_pkcs7 = |source: &Source| match source {
        Source::Fetch(fetch) => url::classify(&fetch.url).is_some_and(|url| url.pkcs7),
        Source::Bytes { .. } | Source::Named(_) | Source::Image { .. } => false,
    };
    untouched
        && contents.parts.iter().any(|part| is_pkcs7(&part.source))
        && !vendored::is_other_form(&place.resolved.to_string())
}
