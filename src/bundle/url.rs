//! Addresses from which RDS authorities are, or were, to be had.

/// What an address serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UrlClass {
    /// The bundle of all commercial regions.
    Global,
    /// The bundle of one region, where it is named literally.
    Regional(Option<String>),
    /// A bundle of AWS GovCloud (US).
    GovCloud,
    /// A bundle of the regions in China.
    China,
    /// A bundle or root of the retired bucket `rds-downloads`.
    Retired,
    /// A root of Amazon Trust Services, for RDS Proxy.
    AmazonTrust,
}

/// An address of RDS authorities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RdsUrl {
    /// What it serves.
    pub class: UrlClass,
    /// Whether it serves PKCS#7, which PEM clients can't read.
    pub pkcs7: bool,
}

/// Tells what an address serves; none where it serves no RDS authority. The scheme does not matter here, nor do the case of
/// the host, a port, a query, and variables in the path (`https://truststore.pki.rds.amazonaws.com/${REGION}/${REGION}-bundle.pem`).
pub fn classify(url: &str) -> Option<RdsUrl> {
    let (scheme, rest) = url.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("https")
        && !scheme.eq_ignore_ascii_case("http")
        && !scheme.eq_ignore_ascii_case("s3")
    {
        return None;
    }
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit('@').next().unwrap_or(host).split(':').next().unwrap_or(host).to_ascii_lowercase();
    let path = path.trim_start_matches('/');
    let class = match host.as_str() {
        "truststore.pki.rds.amazonaws.com" => commercial(path),
        "truststore.pki.us-gov-west-1.rds.amazonaws.com" => UrlClass::GovCloud,
        "rds-truststore.s3.cn-north-1.amazonaws.com.cn" => UrlClass::China,
        "rds-downloads" | "rds-downloads.s3.amazonaws.com" => UrlClass::Retired,
        "www.amazontrust.com" if path.starts_with("repository/") => UrlClass::AmazonTrust,
        // The bucket as the first part of the path, on any of S3's hosts.
        _ if host.starts_with("s3") && host.ends_with(".amazonaws.com") && path.starts_with("rds-downloads/") => {
            UrlClass::Retired
        }
        _ if host.starts_with("rds-downloads.s3") && host.ends_with(".amazonaws.com") => UrlClass::Retired,
        _ => return None,
    };
    Some(RdsUrl { class, pkcs7: path.ends_with(".p7b") })
}

fn commercial(path: &str) -> UrlClass {
    let folder = path.split('/').next().unwrap_or_default();
    match folder {
        "global" => UrlClass::Global,
        literal if !literal.is_empty() && literal.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') => {
            UrlClass::Regional(Some(literal.to_owned()))
        }
        _ => UrlClass::Regional(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart() {
        let class = |url: &str| classify(url).map(|url| url.class);
        let regional = |region: &str| Some(UrlClass::Regional(Some(region.to_owned())));
        for (url, expected) in [
            ("https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem", Some(UrlClass::Global)),
            ("HTTP://TrustStore.pki.rds.amazonaws.com:443//global/global-bundle.pem?x#y", Some(UrlClass::Global)),
            ("https://truststore.pki.rds.amazonaws.com/eu-west-1/eu-west-1-bundle.pem", regional("eu-west-1")),
            ("https://truststore.pki.rds.amazonaws.com/${R}/${R}-bundle.pem", Some(UrlClass::Regional(None))),
            (
                "https://truststore.pki.us-gov-west-1.rds.amazonaws.com/global/global-bundle.pem",
                Some(UrlClass::GovCloud),
            ),
            ("https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/global/global-bundle.pem", Some(UrlClass::China)),
            ("https://s3.amazonaws.com/rds-downloads/rds-combined-ca-bundle.pem", Some(UrlClass::Retired)),
            (
                "https://s3-us-gov-west-1.amazonaws.com/rds-downloads/rds-combined-ca-us-gov-bundle.pem",
                Some(UrlClass::Retired),
            ),
            ("https://rds-downloads.s3.amazonaws.com/rds-ca-2019-root.pem", Some(UrlClass::Retired)),
            ("s3://rds-downloads/rds-ca-2019-root.pem", Some(UrlClass::Retired)),
            ("https://www.amazontrust.com/repository/AmazonRootCA1.pem", Some(UrlClass::AmazonTrust)),
            ("https://example.com/truststore.pki.rds.amazonaws.com/global/global-bundle.pem", None),
            ("https://truststore.pki.rds.amazonaws.com.example.com/global/global-bundle.pem", None),
            ("https://s3.amazonaws.com/redshift-downloads/redshift-ca-bundle.crt", None),
            ("global-bundle.pem", None),
        ] {
            assert_eq!(class(url), expected, "{url}");
        }
        assert!(classify("https://truststore.pki.rds.amazonaws.com/global/global-bundle.p7b").unwrap().pkcs7);
    }
}
