//! The Node.js drivers of MySQL: mysql2, its elder mysql, and MariaDB's own.

use super::{Database, Driver, Given, Judgement, Settings, Trap, node};
use crate::client::{Authorities, TlsMode, Value};

/// mysql2.
pub static MYSQL2: Driver = Driver {
    name: "mysql2",
    packages: &["mysql2"],
    database: Database::MySql,
    judge: |settings| judge(settings, Kind::Mysql2),
    remedy: "ssl: { ca: fs.readFileSync(\"{path}\", \"utf8\"), verifyIdentity: true }",
};

/// mysql (mysqljs).
pub static MYSQL_JS: Driver = Driver {
    name: "mysql",
    packages: &["mysql"],
    database: Database::MySql,
    judge: |settings| judge(settings, Kind::Mysql),
    remedy: "ssl: { ca: fs.readFileSync(\"{path}\", \"utf8\") }, which checks the authority only: mysql2 checks the name, too",
};

/// MariaDB Connector/Node.js.
pub static MARIADB_JS: Driver = Driver {
    name: "mariadb",
    packages: &["mariadb"],
    database: Database::MySql,
    judge: |settings| judge(settings, Kind::Mariadb),
    remedy: "ssl: { ca: fs.readFileSync(\"{path}\", \"utf8\") }",
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Mysql2,
    Mysql,
    Mariadb,
}

/// What these drivers do not know, and say nothing about.
const IGNORED: &[&str] = &["sslmode", "ssl-mode", "sslaccept", "sslMode", "useSSL", "ssl_mode"];

fn judge(settings: &Settings<'_>, kind: Kind) -> Judgement {
    let mut judgement = match settings.get("ssl").or_absent() {
        Given::Unknown(why) => Judgement::undetermined(why),
        Given::Absent => Judgement::known(TlsMode::Disable).trap(Trap::Default),
        Given::Value(Value::Map(options)) => self::options(options, settings, kind),
        // A connection string has it as JSON.
        Given::Value(Value::Text(text)) => match (kind, text.as_str(), serde_json::from_str(text)) {
            (Kind::Mysql2 | Kind::Mysql, "Amazon RDS", _) => {
                Judgement::known(TlsMode::VerifyCa).trusting(Authorities::BuiltIn)
            }
            (Kind::Mysql2, _, Ok(serde_json::Value::Object(object))) => {
                self::options(&object.into_iter().map(|(key, value)| (key, read(value))).collect(), settings, kind)
            }
            (Kind::Mysql2, "true" | "1", _) => Judgement::refuses("ssl is true, which mysql2 does not take"),
            _ => Judgement::undetermined(format!("ssl is {text:?}")),
        },
        Given::Value(Value::Bool(false)) => Judgement::known(TlsMode::Disable),
        Given::Value(Value::Bool(true)) => match kind {
            Kind::Mysql2 => Judgement::refuses("ssl is true, which mysql2 does not take"),
            Kind::Mysql => Judgement::known(TlsMode::Require),
            Kind::Mariadb => Judgement::known(TlsMode::VerifyFull).trusting(Authorities::System),
        },
        Given::Value(other) => Judgement::undetermined(format!("ssl is {other}")),
    };
    if kind == Kind::Mysql2 {
        for name in IGNORED.iter().filter(|name| settings.has(name)) {
            judgement = judgement.trap(Trap::Ignored { parameter: (*name).to_owned() });
        }
    }
    judgement
}

fn options(options: &std::collections::BTreeMap<String, Value>, settings: &Settings<'_>, kind: Kind) -> Judgement {
    let checks_name = match kind {
        Kind::Mariadb => true,
        Kind::Mysql2 => options.get("verifyIdentity").and_then(Value::is_true) == Some(true),
        Kind::Mysql => false,
    };
    let mode = if checks_name { TlsMode::VerifyFull } else { TlsMode::VerifyCa };
    match kind {
        Kind::Mariadb if node::environment_is_off(settings) && !options.contains_key("rejectUnauthorized") => {
            Judgement::undetermined("whether NODE_TLS_REJECT_UNAUTHORIZED=0 counts here is not known")
        }
        // They say themselves whether to reject, and so the environment is not asked.
        _ => node::options(options, mode, false),
    }
}

fn read(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Bool(value) => Value::Bool(value),
        serde_json::Value::Null => Value::Null,
        serde_json::Value::String(text) => Value::Text(text),
        serde_json::Value::Object(object) => {
            Value::Map(object.into_iter().map(|(key, value)| (key, read(value))).collect())
        }
        other => Value::Text(other.to_string()),
    }
}
