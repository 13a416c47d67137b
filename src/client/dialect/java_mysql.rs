//! The JDBC drivers of MySQL: MariaDB Connector/J, which was measured, and MySQL Connector/J, which could not be: what is said of
//! it is what its manual says (Connector/J 8.0 Developer Guide, 6.9, "Connecting Securely Using SSL").

use super::{Database, Driver, Given, Judgement, Settings, Trap};
use crate::client::{Authorities, TlsMode, Value};

/// MariaDB Connector/J.
pub static MARIADB_JDBC: Driver = Driver {
    name: "mariadb-jdbc",
    packages: &["org.mariadb.jdbc:mariadb-java-client", "mariadb-java-client"],
    database: Database::MySql,
    judge: mariadb,
    remedy: "sslMode=verify-full&serverSslCert={path}",
};

/// MySQL Connector/J.
pub static CONNECTOR_J: Driver = Driver {
    name: "MySQL Connector/J",
    packages: &["com.mysql:mysql-connector-j", "mysql:mysql-connector-java", "mysql-connector-j"],
    database: Database::MySql,
    judge: connector_j,
    remedy: "sslMode=VERIFY_IDENTITY with a trust store that has all certificates of {path}",
};

/// Version 3 speaks of `sslMode`; before, `useSsl` decided.
const SSL_MODE: &[u64] = &[3];

fn mariadb(settings: &Settings<'_>) -> Judgement {
    let is_new = settings.surroundings().version.as_ref().map(|version| version.is_at_least(SSL_MODE));
    let asked = |names: &[&str]| names.iter().find_map(|name| settings.raw(name)).and_then(Value::is_true);
    if let Some(word) = settings.raw("sslMode") {
        // Version 2 does not know it, and talks in plain text.
        return match (word.as_text(), is_new) {
            (_, Some(false)) => {
                Judgement::known(TlsMode::Disable).trap(Trap::Ignored { parameter: "sslMode".to_owned() })
            }
            // In neither version is anything checked.
            (Some("trust"), Some(true)) => Judgement::known(TlsMode::Require),
            (Some("disable" | "trust"), _) => Judgement::known(TlsMode::Disable),
            _ => Judgement::undetermined("version 2 of the driver does not know sslMode, and version 3 does"),
        };
    }
    if asked(&["useSsl", "useSSL"]) != Some(true) {
        return match settings.get("useSsl") {
            Given::Unknown(why) => Judgement::undetermined(why),
            _ => Judgement::known(TlsMode::Disable).trap(Trap::Default),
        };
    }
    let authorities = match settings.raw("serverSslCert") {
        Some(path) => Authorities::File(path.clone()),
        None => Authorities::System,
    };
    if asked(&["trustServerCertificate"]) == Some(true) || asked(&["verifyServerCertificate"]) == Some(false) {
        return match asked(&["trustServerCertificate"]) {
            Some(true) => Judgement::known(TlsMode::Require),
            _ => Judgement::undetermined("verifyServerCertificate is MySQL Connector/J's, and not this driver's"),
        };
    }
    let mode = match asked(&["disableSslHostnameVerification"]) {
        Some(true) => TlsMode::VerifyCa,
        _ => TlsMode::VerifyFull,
    };
    Judgement::known(mode).trusting(authorities)
}

fn connector_j(settings: &Settings<'_>) -> Judgement {
    let authorities = match settings.raw("trustCertificateKeyStoreUrl") {
        Some(path) => Authorities::File(match path.as_text().and_then(|url| url.strip_prefix("file:")) {
            Some(path) => Value::text(path.trim_start_matches("//")),
            None => path.clone(),
        }),
        None => Authorities::System,
    };
    match settings.get("sslMode").or_absent() {
        Given::Unknown(why) => return Judgement::undetermined(why),
        Given::Value(word) => {
            return match word.to_string().to_ascii_uppercase().as_str() {
                "DISABLED" => Judgement::known(TlsMode::Disable),
                "PREFERRED" => Judgement::known(TlsMode::Prefer),
                "REQUIRED" => Judgement::known(TlsMode::Require),
                "VERIFY_CA" => Judgement::known(TlsMode::VerifyCa).trusting(authorities),
                "VERIFY_IDENTITY" => Judgement::known(TlsMode::VerifyFull).trusting(authorities),
                // MariaDB's words, which read `jdbc:mysql:`, too.
                "TRUST" => Judgement::undetermined("sslMode is a word of MariaDB Connector/J"),
                other => Judgement::refuses(format!("there is no sslMode {other:?}")),
            };
        }
        Given::Absent => {}
    }
    let asked = |name: &str| settings.raw(name).and_then(Value::is_true);
    match (asked("useSSL"), asked("requireSSL"), asked("verifyServerCertificate")) {
        (Some(false), ..) => Judgement::known(TlsMode::Disable),
        (Some(true), _, Some(true)) => Judgement::known(TlsMode::VerifyCa).trusting(authorities),
        (_, Some(true), Some(false)) => Judgement::known(TlsMode::Require),
        (Some(true), Some(true), None) => {
            Judgement::undetermined("version 5 of the driver verifies, and version 8 does not")
        }
        (Some(true), _, None) => Judgement::undetermined("version 5 of the driver verifies, and version 8 does not"),
        (_, _, Some(false)) => Judgement::known(TlsMode::Prefer),
        _ => match settings.unseen() {
            Some(why) => Judgement::undetermined(why),
            None => Judgement::known(TlsMode::Prefer).trap(Trap::Default),
        },
    }
}
