//! The addresses from which RDS certificates are fetched, also the retired ones.
//!
//! Hosts and paths as the RDS user guide names them, "Using SSL/TLS to encrypt a connection to a DB instance or cluster", today and
//! in earlier versions.

/// What an address leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RdsUrl {
    /// Which bundle.
    pub class: Class,
    /// The region, where it is for one and is written out (not a variable).
    pub region: Option<String>,
    /// The form of the file.
    pub format: Format,
    /// Whether it is fetched over https.
    pub https: bool,
}

/// The families of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The global bundle of all commercial regions.
    Global,
    /// The bundle of one commercial region.
    Regional,
    /// The global bundle of AWS GovCloud (US).
    GovCloudGlobal,
    /// The bundle of one GovCloud region.
    GovCloudRegional,
    /// The global bundle of AWS China.
    ChinaGlobal,
    /// The bundle of one China region.
    ChinaRegional,
    /// The retired combined bundle, of `rds-downloads`.
    RetiredCombined,
    /// A retired single root, of `rds-downloads`.
    RetiredRoot,
    /// A retired certificate of one region, of `rds-downloads`.
    RetiredRegional,
    /// The retired bundle of GovCloud.
    RetiredGovCloud,
    /// A root of Amazon Trust Services, which RDS Proxy and Aurora Serverless v1 use. Not an RDS bundle.
    AmazonTrust,
    /// A bundle for Amazon Redshift. Not an RDS bundle.
    Redshift,
    /// On a host or in a bucket for RDS certificates, but what file it is cannot be told: a variable stands for its name, or no
    /// such file is known.
    Unrecognised,
}

impl Class {
    /// Whether AWS has retired it: what it serves has expired, or it serves nothing any more.
    pub const fn is_retired(self) -> bool {
        matches!(self, Self::RetiredCombined | Self::RetiredRoot | Self::RetiredRegional | Self::RetiredGovCloud)
    }

    /// Whether what it serves is for one region.
    pub const fn is_regional(self) -> bool {
        matches!(self, Self::Regional | Self::GovCloudRegional | Self::ChinaRegional | Self::RetiredRegional)
    }

    /// Whether RDS authorities come from it.
    pub const fn is_rds(self) -> bool {
        !matches!(self, Self::AmazonTrust | Self::Redshift)
    }
}

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// PEM certificates, as most clients need.
    Pem,
    /// PKCS#7 (`.p7b`), which only Windows reads.
    Pkcs7,
    /// One certificate as DER.
    Der,
    /// It cannot be told.
    Unknown,
}

const COMMERCIAL: &str = "truststore.pki.rds.amazonaws.com";
const GOVCLOUD: &str = "truststore.pki.us-gov-west-1.rds.amazonaws.com";
const CHINA_BUCKET: &str = "rds-truststore";
const RETIRED_BUCKET: &str = "rds-downloads";
const REDSHIFT_BUCKET: &str = "redshift-downloads";
const AMAZON_TRUST: &[&str] = &["www.amazontrust.com", "amazontrust.com"];

/// What an address leads to; none where it is not about certificates of AWS databases. Case of scheme and host, a default port,
/// a query and doubled slashes do not matter. Variables (`${REGION}`, `$REGION`) may stand in the path: the family is told by what
/// is written out. An address without a scheme (as curl takes it) is http.
pub fn classify(url: &str) -> Option<RdsUrl> {
    let url = url.trim();
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let https = scheme.eq_ignore_ascii_case("https");
    if !https && !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("s3") {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let host = host.split_once(':').map_or(host, |(host, _)| host).trim_end_matches('.').to_ascii_lowercase();
    // A `#` or `?` inside a `${…}` belongs to the variable.
    let path = without_query(path);
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let (class, region) = if scheme.eq_ignore_ascii_case("s3") {
        // `aws s3 cp` speaks https.
        return in_bucket(&host, &segments).map(|(class, region)| found(class, region, path, true));
    } else if host == COMMERCIAL {
        bundle(&segments, Class::Global, Class::Regional)
    } else if host == GOVCLOUD {
        bundle(&segments, Class::GovCloudGlobal, Class::GovCloudRegional)
    } else if AMAZON_TRUST.contains(&host.as_str()) && segments.first() == Some(&"repository") {
        (Class::AmazonTrust, None)
    } else {
        let (bucket, key) = s3(&host, &segments)?;
        in_bucket(bucket, key)?
    };
    Some(found(class, region, path, https))
}

fn found(class: Class, region: Option<String>, path: &str, https: bool) -> RdsUrl {
    let extension = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, extension)| extension);
    let format = match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("pem" | "crt") => Format::Pem,
        Some("p7b") => Format::Pkcs7,
        Some("cer" | "der") => Format::Der,
        _ => Format::Unknown,
    };
    RdsUrl { class, region, format, https }
}

/// The path before `?` or `#`, where these do not stand in a `${…}`.
fn without_query(path: &str) -> &str {
    let mut depth = 0_usize;
    for (at, character) in path.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '?' | '#' if depth == 0 => return path.get(..at).unwrap_or(path),
            _ => {}
        }
    }
    path
}

/// Bucket and key of an address of S3: path-style and virtual-hosted, the old `s3-REGION` hosts too.
fn s3<'a>(host: &'a str, segments: &'a [&'a str]) -> Option<(&'a str, &'a [&'a str])> {
    let rest = host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"))?;
    let is_endpoint = |name: &str| name == "s3" || name.starts_with("s3.") || name.starts_with("s3-");
    if is_endpoint(rest) {
        let (bucket, key) = segments.split_first()?;
        return Some((bucket, key));
    }
    let (bucket, endpoint) = rest.split_once('.')?;
    is_endpoint(endpoint).then_some((bucket, segments))
}

fn in_bucket(bucket: &str, key: &[&str]) -> Option<(Class, Option<String>)> {
    match bucket {
        CHINA_BUCKET => Some(bundle(key, Class::ChinaGlobal, Class::ChinaRegional)),
        RETIRED_BUCKET => Some(retired(key)),
        REDSHIFT_BUCKET if key.last().is_some_and(|name| name.ends_with("ca-bundle.crt")) => {
            Some((Class::Redshift, None))
        }
        _ => None,
    }
}

/// `global/global-bundle.pem` or `REGION/REGION-bundle.pem`.
fn bundle(segments: &[&str], global: Class, regional: Class) -> (Class, Option<String>) {
    let [folder, file] = segments else { return (Class::Unrecognised, None) };
    let Some((name, _)) = file.split_once("-bundle.") else { return (Class::Unrecognised, None) };
    if *folder == "global" && name == "global" {
        (global, None)
    } else if is_region(folder) && name == *folder {
        (regional, Some((*folder).to_owned()))
    } else if folder.contains('$') && name.contains('$') {
        (regional, None)
    } else {
        (Class::Unrecognised, None)
    }
}

/// The files of the bucket `rds-downloads`.
fn retired(key: &[&str]) -> (Class, Option<String>) {
    let Some(name) = key.last().and_then(|file| file.split_once('.')).map(|(name, _)| name) else {
        return (Class::Unrecognised, None);
    };
    if name == "rds-combined-ca-bundle" {
        return (Class::RetiredCombined, None);
    }
    if name == "rds-combined-ca-us-gov-bundle" || name == "rds-GovCloud-Root-CA-2017" {
        return (Class::RetiredGovCloud, None);
    }
    // rds-ca-2019-root, rds-ca-2019-us-east-1, rds-ca-2019-${REGION}
    let Some((_, scope)) = name.strip_prefix("rds-ca-").and_then(|rest| rest.split_once('-')) else {
        return (Class::Unrecognised, None);
    };
    match scope {
        "root" => (Class::RetiredRoot, None),
        scope if is_region(scope) => (Class::RetiredRegional, Some(scope.to_owned())),
        scope if scope.contains('$') => (Class::RetiredRegional, None),
        _ => (Class::Unrecognised, None),
    }
}

/// Whether it has the shape of a region's name: `eu-west-1`, `us-gov-west-1`.
fn is_region(text: &str) -> bool {
    let mut parts: Vec<&str> = text.split('-').collect();
    let number = parts.pop();
    (2..=3).contains(&parts.len())
        && number.is_some_and(|number| number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit()))
        && parts.iter().all(|part| part.len() >= 2 && part.bytes().all(|byte| byte.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart() {
        let table: &[(&str, Option<(Class, Option<&str>, Format, bool)>)] = &[
            (
                "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem",
                Some((Class::Global, None, Format::Pem, true)),
            ),
            (
                "HTTPS://TrustStore.pki.rds.amazonaws.com:443/global/global-bundle.pem?x=1#y",
                Some((Class::Global, None, Format::Pem, true)),
            ),
            (
                "http://truststore.pki.rds.amazonaws.com//global/global-bundle.p7b",
                Some((Class::Global, None, Format::Pkcs7, false)),
            ),
            (
                "truststore.pki.rds.amazonaws.com/global/global-bundle.pem",
                Some((Class::Global, None, Format::Pem, false)),
            ),
            (
                "https://truststore.pki.rds.amazonaws.com/eu-west-1/eu-west-1-bundle.pem",
                Some((Class::Regional, Some("eu-west-1"), Format::Pem, true)),
            ),
            (
                "https://truststore.pki.rds.amazonaws.com/${AWS_REGION:-us?}/${AWS_REGION:-us?}-bundle.pem",
                Some((Class::Regional, None, Format::Pem, true)),
            ),
            (
                "https://truststore.pki.rds.amazonaws.com/$FILE",
                Some((Class::Unrecognised, None, Format::Unknown, true)),
            ),
            (
                "https://truststore.pki.us-gov-west-1.rds.amazonaws.com/us-gov-east-1/us-gov-east-1-bundle.pem",
                Some((Class::GovCloudRegional, Some("us-gov-east-1"), Format::Pem, true)),
            ),
            (
                "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/global/global-bundle.pem",
                Some((Class::ChinaGlobal, None, Format::Pem, true)),
            ),
            (
                "https://s3.amazonaws.com/rds-downloads/rds-combined-ca-bundle.pem",
                Some((Class::RetiredCombined, None, Format::Pem, true)),
            ),
            (
                "https://rds-downloads.s3.amazonaws.com/rds-ca-2019-us-east-1.pem",
                Some((Class::RetiredRegional, Some("us-east-1"), Format::Pem, true)),
            ),
            ("s3://rds-downloads/rds-ca-2015-root.pem", Some((Class::RetiredRoot, None, Format::Pem, true))),
            (
                "https://s3-us-gov-west-1.amazonaws.com/rds-downloads/rds-combined-ca-us-gov-bundle.pem",
                Some((Class::RetiredGovCloud, None, Format::Pem, true)),
            ),
            (
                "https://www.amazontrust.com/repository/AmazonRootCA1.pem",
                Some((Class::AmazonTrust, None, Format::Pem, true)),
            ),
            ("https://example.com/global/global-bundle.pem", None),
            ("https://truststore.pki.rds.amazonaws.com.example.com/global/global-bundle.pem", None),
            ("https://truststore.pki.rds.amazonaws.com@example.com/global/global-bundle.pem", None),
            ("${URL}", None),
            ("", None),
        ];
        for (url, expected) in table {
            let expected = expected.map(|(class, region, format, https)| RdsUrl {
                class,
                region: region.map(ToOwned::to_owned),
                format,
                https,
            });
            assert_eq!(classify(url), expected, "{url}");
        }
    }
}
