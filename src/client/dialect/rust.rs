//! The Rust drivers: sqlx, in which `require` never checks, and tokio-postgres, in which the connector decides and not the mode.

use super::{Database, Driver, Given, Judgement, Settings, Trap};
use crate::client::{Authorities, TlsMode};

/// sqlx on PostgreSQL.
pub static SQLX_POSTGRES: Driver = Driver {
    name: "sqlx",
    packages: &["sqlx"],
    database: Database::PostgreSql,
    judge: |settings| sqlx(settings, "sslmode", "sslrootcert"),
    remedy: "sslmode=verify-full&sslrootcert={path}",
};

/// sqlx on MySQL.
pub static SQLX_MYSQL: Driver = Driver {
    name: "sqlx (MySQL)",
    packages: &["sqlx"],
    database: Database::MySql,
    judge: |settings| sqlx(settings, "ssl-mode", "ssl-ca"),
    remedy: "ssl-mode=VERIFY_IDENTITY&ssl-ca={path}",
};

/// tokio-postgres.
pub static TOKIO_POSTGRES: Driver = Driver {
    name: "tokio-postgres",
    packages: &["tokio-postgres"],
    database: Database::PostgreSql,
    judge: by_connector,
    remedy: "a TLS connector that trusts the certificates of {path}, and sslmode=require",
};

/// The name of the parameter that tells tokio-postgres's connector.
pub const CONNECTOR: &str = "connector";

fn sqlx(settings: &Settings<'_>, mode: &str, root: &str) -> Judgement {
    let said = match settings.get(mode).or_absent() {
        Given::Unknown(why) => return Judgement::undetermined(why),
        Given::Value(word) => Some(word.to_string().to_ascii_lowercase().replace('_', "-")),
        Given::Absent => None,
    };
    let given = settings.raw(root);
    let trusting = |mode| {
        let authorities = given.map_or(Authorities::System, |path| Authorities::File(path.clone()));
        Judgement::known(mode).trusting(authorities)
    };
    let mode = match said.as_deref() {
        None | Some("prefer" | "preferred") => TlsMode::Prefer,
        Some("disable" | "disabled") => TlsMode::Disable,
        Some("allow") => TlsMode::Allow,
        Some("require" | "required") => TlsMode::Require,
        Some("verify-ca") => return trusting(TlsMode::VerifyCa),
        Some("verify-full" | "verify-identity") => return trusting(TlsMode::VerifyFull),
        Some(other) => return Judgement::refuses(format!("sqlx knows no mode {other:?}")),
    };
    let judgement = Judgement::known(mode);
    let judgement = match (mode, given) {
        (TlsMode::Require, Some(_)) => judgement.trap(Trap::AuthoritiesNotUsed { parameter: root.to_owned() }),
        (_, Some(file)) => judgement.trap(Trap::RootWithoutMode { parameter: root.to_owned(), file: file.clone() }),
        _ => judgement,
    };
    if said.is_none() { judgement.trap(Trap::Default) } else { judgement }
}

fn by_connector(settings: &Settings<'_>) -> Judgement {
    match settings.get(CONNECTOR) {
        Given::Value(word) if word.as_text() == Some("NoTls") => Judgement::known(TlsMode::Disable),
        _ => Judgement::undetermined("the connector decides, and not the connection string"),
    }
}
