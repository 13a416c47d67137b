//! The bundle comes from somebody else than AWS, and nobody compares its bytes.

use super::{Check, Rule, Settings};
use crate::bundle::url;
use crate::dockerfile::facts::Facts;
use crate::finding::{Finding, Level, Location};
use crate::text;

pub static RULE: Rule = Rule {
    id: "fetch-not-pinned",
    level: Level::Note,
    summary: "the bundle is fetched from a mirror, and its bytes are not compared with a digest",
    page: include_str!("../../docs/rules/fetch-not-pinned.md"),
    check: Check::Dockerfile(check),
};

fn check(facts: &Facts, _: &Settings) -> Vec<Finding> {
    let Some(stage) = facts.shipped() else { return Vec::new() };
    let places = stage.materials();
    let mut mirrored = facts.bundle_fetches().filter(|fetch| {
        // Where not even the connection is verified, `fetch-not-verified` says worse.
        let believed = !fetch.pinned && fetch.is_encrypted() && fetch.certificate_checked;
        believed
            && url::classify(&fetch.url).is_none()
            && places.iter().any(|place| !place.pinned && place.holds_of(fetch))
    });
    let Some(first) = mirrored.next() else { return Vec::new() };
    let message = format!(
        "the RDS CA bundle comes from {} and not from AWS, and is compared with no digest",
        text::escape(host(&first.url))
    );
    let help = "compare it: ADD --checksum=sha256:…, or sha256sum -c; `rdsca bundle show` has the digests";
    let finding = RULE.finding(Location::Text(facts.place(first.span)), message).help(help);
    vec![mirrored.fold(finding, |finding, more| finding.related(facts.place(more.span), "and so is this"))]
}

/// The host of an address, or the bucket.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    // What stands before `@` is somebody's secret.
    host.rsplit('@').next().unwrap_or(host)
}
