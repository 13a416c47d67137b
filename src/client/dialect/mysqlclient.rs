//! mysqlclient on MariaDB Connector/C: `ssl_mode` and `ssl`, of which not all is enforced.

use super::{Database, Driver, Given, Judgement, Settings, Trap};
use crate::client::{Authorities, TlsMode, Value};

/// mysqlclient (`MySQLdb`).
pub static MYSQLCLIENT: Driver = Driver {
    name: "mysqlclient",
    packages: &["mysqlclient"],
    database: Database::MySql,
    judge,
    remedy: "ssl_mode=\"VERIFY_IDENTITY\", ssl={\"ca\": \"{path}\"}",
};

fn judge(settings: &Settings<'_>) -> Judgement {
    if settings.raw("unix_socket").is_some() {
        return Judgement::of(super::Outcome::Local);
    }
    let foreign = ["ssl_ca", "ssl_cert", "ssl_key", "ssl_verify_cert", "ssl_verify_identity"];
    if let Some(name) = foreign.into_iter().find(|name| settings.has(name)) {
        return Judgement::refuses(format!("mysqlclient has no {name}"));
    }
    let authorities = match settings.get("ssl").or_absent() {
        Given::Unknown(why) => return Judgement::undetermined(why),
        Given::Value(Value::Map(map)) => {
            map.get("ca").filter(|value| !matches!(value, Value::Null)).map(|path| Authorities::File(path.clone()))
        }
        // Asks for TLS, as far as the server offers it.
        Given::Value(Value::Bool(true)) => return Judgement::known(TlsMode::Prefer),
        Given::Value(Value::Context(_)) => return Judgement::undetermined("mysqlclient takes no TLS context"),
        _ => None,
    };
    let mode = match settings.get("ssl_mode").or_absent() {
        Given::Unknown(why) => return Judgement::undetermined(why),
        Given::Value(value) => value.to_string().to_ascii_uppercase(),
        Given::Absent => String::new(),
    };
    match (mode.as_str(), authorities) {
        ("DISABLED", _) => Judgement::known(TlsMode::Disable),
        ("VERIFY_CA" | "VERIFY_IDENTITY", Some(authorities)) => {
            Judgement::known(TlsMode::VerifyFull).trusting(authorities)
        }
        ("VERIFY_CA" | "VERIFY_IDENTITY", None) => Judgement::known(TlsMode::VerifyFull).trusting(Authorities::System),
        // Demanded by its name, and given up where the server offers none.
        (_, Some(authorities)) => Judgement::known(TlsMode::VerifyCa).trusting(authorities).strippable(),
        ("REQUIRED", None) => Judgement::known(TlsMode::Prefer),
        (_, None) => Judgement::known(TlsMode::Disable).trap(Trap::Default),
    }
}
