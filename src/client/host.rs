//! Whom a connection talks to, as far as its name tells.

// Only the form of an address: nothing is connected to here.
use core::net::IpAddr;

use super::Value;

/// An endpoint of Amazon RDS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RdsHost {
    /// The whole name.
    pub name: String,
    /// Its region, where it stands in the name literally.
    pub region: Option<String>,
    /// Whether it is an RDS Proxy, whose certificate is of Amazon Trust Services and not of RDS.
    pub proxy: bool,
}

/// A host, by kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// An endpoint of Amazon RDS or Aurora.
    Rds(RdsHost),
    /// This machine.
    Loopback,
    /// A Unix socket: TLS does not come into it.
    Socket,
    /// A name without dots, as compose services and Kubernetes services in one namespace have.
    Dotless(String),
    /// Any other name or address that stands there literally.
    Named(String),
    /// Can't be told.
    Unknown,
}

impl Host {
    /// The kind of host that a value names; one that is not given is this machine, as every driver takes it.
    pub fn of(value: Option<&Value>) -> Self {
        match value {
            None | Some(Value::Null) => Host::Loopback,
            Some(Value::Text(name)) => Host::named(name),
            // A default tells where developers run it, not where it matters.
            Some(_) => Host::Unknown,
        }
    }

    /// The kind of host that a name stands for.
    pub fn named(name: &str) -> Self {
        let name = name.trim();
        if name.starts_with('/') || name.starts_with('@') {
            return Host::Socket;
        }
        let bare = name.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
        if bare.is_empty() || bare.eq_ignore_ascii_case("localhost") || bare.ends_with(".localhost") {
            return Host::Loopback;
        }
        if let Ok(address) = bare.parse::<IpAddr>() {
            let is_here = address.is_loopback() || address.is_unspecified();
            return if is_here { Host::Loopback } else { Host::Named(bare.to_owned()) };
        }
        if let Some(host) = rds(bare) {
            return Host::Rds(host);
        }
        if bare.contains(['$', '{', '<', '%', '*']) {
            return Host::Unknown;
        }
        if bare.contains('.') { Host::Named(bare.to_owned()) } else { Host::Dotless(bare.to_owned()) }
    }

    /// The RDS endpoint that it is; none for others.
    pub fn as_rds(&self) -> Option<&RdsHost> {
        match self {
            Host::Rds(host) => Some(host),
            _ => None,
        }
    }

    /// Whether nobody can stand between: this machine, or a socket on it.
    pub const fn is_local(&self) -> bool {
        matches!(self, Host::Loopback | Host::Socket)
    }
}

/// `ID.cluster-HASH.REGION.rds.amazonaws.com` and its like; parts of it may be variables.
fn rds(name: &str) -> Option<RdsHost> {
    let lower = name.to_ascii_lowercase();
    let rest = lower.strip_suffix(".amazonaws.com.cn").or_else(|| lower.strip_suffix(".amazonaws.com"))?;
    // In China the order is `rds.REGION`.
    let (rest, region) = match rest.strip_suffix(".rds") {
        Some(rest) => rest.rsplit_once('.').unwrap_or(("", rest)),
        None => {
            let (rest, region) = rest.rsplit_once('.')?;
            (rest.strip_suffix(".rds")?, region)
        }
    };
    let is_literal = region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') && region.contains('-');
    Some(RdsHost {
        name: name.to_owned(),
        region: is_literal.then(|| region.to_owned()),
        proxy: rest.split('.').any(|part| part.starts_with("proxy-")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_its_kind() {
        let rds = |name: &str, region: &str, proxy| {
            Host::Rds(RdsHost { name: name.to_owned(), region: Some(region.to_owned()), proxy })
        };
        for (name, expected) in [
            ("db.c1a2.eu-west-1.rds.amazonaws.com", rds("db.c1a2.eu-west-1.rds.amazonaws.com", "eu-west-1", false)),
            (
                "app.proxy-c1a2.us-east-1.rds.amazonaws.com",
                rds("app.proxy-c1a2.us-east-1.rds.amazonaws.com", "us-east-1", true),
            ),
            (
                "db.c1a2.rds.cn-north-1.amazonaws.com.cn",
                rds("db.c1a2.rds.cn-north-1.amazonaws.com.cn", "cn-north-1", false),
            ),
            ("localhost", Host::Loopback),
            ("127.0.0.1", Host::Loopback),
            ("::1", Host::Loopback),
            ("[::1]", Host::Loopback),
            ("", Host::Loopback),
            ("/var/run/postgresql", Host::Socket),
            ("db", Host::Dotless("db".to_owned())),
            ("10.0.0.7", Host::Named("10.0.0.7".to_owned())),
            ("db.example.com", Host::Named("db.example.com".to_owned())),
            ("${DB_HOST}", Host::Unknown),
        ] {
            assert_eq!(Host::named(name), expected, "{name}");
        }
    }

    #[test]
    fn a_region_that_is_a_variable_is_none() {
        let host = Host::named("db.c1.${REGION}.rds.amazonaws.com");
        assert!(host.as_rds().is_some_and(|host| host.region.is_none()), "{host:?}");
    }
}
