//! The Go drivers: lib/pq and pgx, which read libpq's words each in its own way, and go-sql-driver/mysql.

use super::{Database, Driver, FileState, Given, Judgement, Settings, Trap, context};
use crate::client::{Authorities, TlsMode, Value};

/// lib/pq.
pub static LIB_PQ: Driver = Driver {
    name: "lib/pq",
    packages: &["github.com/lib/pq"],
    database: Database::PostgreSql,
    judge: lib_pq,
    remedy: "sslmode=verify-full sslrootcert={path}",
};

/// pgx.
pub static PGX: Driver = Driver {
    name: "pgx",
    packages: &["github.com/jackc/pgx/v5", "github.com/jackc/pgx/v4"],
    database: Database::PostgreSql,
    judge: pgx,
    remedy: "sslmode=verify-full sslrootcert={path}",
};

/// go-sql-driver/mysql.
pub static GO_MYSQL: Driver = Driver {
    name: "go-sql-driver/mysql",
    packages: &["github.com/go-sql-driver/mysql"],
    database: Database::MySql,
    judge: mysql,
    remedy: "mysql.RegisterTLSConfig(\"rds\", &tls.Config{RootCAs: pool}) with the certificates of {path}, and tls=rds",
};

/// The mode that is said, by the connection string and else by the environment.
fn said(settings: &Settings<'_>) -> Result<Option<String>, Judgement> {
    match settings.get("sslmode").or_absent() {
        Given::Unknown(why) => Err(Judgement::undetermined(why)),
        Given::Value(word) if word.as_text() == Some("") => Ok(None),
        Given::Value(word) => Ok(Some(word.to_string())),
        Given::Absent => Ok(settings.variable("PGSSLMODE").map(ToOwned::to_owned)),
    }
}

fn root(settings: &Settings<'_>) -> Option<Value> {
    settings.raw("sslrootcert").cloned().or_else(|| settings.variable("PGSSLROOTCERT").map(Value::text))
}

/// Without a mode it is `require`; `allow` and `prefer` are not known. Whoever checks the authority checks the name, too.
fn lib_pq(settings: &Settings<'_>) -> Judgement {
    let said = match said(settings) {
        Ok(said) => said,
        Err(judgement) => return judgement,
    };
    let root = root(settings);
    let checked = || {
        let authorities = root.clone().map_or(Authorities::System, Authorities::File);
        Judgement::known(TlsMode::VerifyFull).trusting(authorities)
    };
    match said.as_deref() {
        Some("disable") => Judgement::known(TlsMode::Disable),
        None | Some("require") => {
            let judgement = match &root {
                // A file that is missing is no error.
                Some(path) if settings.file(path) == Some(FileState::Missing) => {
                    Judgement::known(TlsMode::Require).trap(Trap::FallsOpen { file: path.clone() })
                }
                Some(path) => checked().trap(Trap::FallsOpen { file: path.clone() }),
                None => Judgement::known(TlsMode::Require),
            };
            if said.is_none() { judgement.trap(Trap::Default) } else { judgement }
        }
        Some("verify-ca" | "verify-full") => checked(),
        Some(other) => Judgement::refuses(format!("lib/pq knows no sslmode {other:?}")),
    }
}

/// As libpq, but for `verify-*` without a root file, which goes by the system's.
fn pgx(settings: &Settings<'_>) -> Judgement {
    // A configuration of its own beats the connection string.
    match settings.get("tls").or_absent() {
        Given::Value(Value::Context(given)) => return context::judge(given, "TLSConfig"),
        Given::Value(Value::Null) | Given::Absent => {}
        Given::Value(other) => return Judgement::undetermined(format!("TLSConfig is {other}")),
        Given::Unknown(why) => return Judgement::undetermined(why),
    }
    let said = match said(settings) {
        Ok(said) => said,
        Err(judgement) => return judgement,
    };
    let mode = match said.as_deref().map(TlsMode::named) {
        None => TlsMode::Prefer,
        Some(Some(mode)) => mode,
        Some(None) => return Judgement::refuses("there is no such sslmode"),
    };
    let judgement = match (mode, root(settings)) {
        (TlsMode::Require, Some(path)) => Judgement::known(TlsMode::VerifyCa).trusting(Authorities::File(path)),
        (TlsMode::VerifyCa | TlsMode::VerifyFull, Some(path)) => {
            Judgement::known(mode).trusting(Authorities::File(path))
        }
        (TlsMode::VerifyCa | TlsMode::VerifyFull, None) => Judgement::known(mode).trusting(Authorities::System),
        (_, Some(file)) => Judgement::known(mode)
            .trap(Trap::RootWithoutMode { parameter: "sslrootcert".to_owned(), file: file.clone() }),
        (_, None) => Judgement::known(mode),
    };
    if said.is_none() { judgement.trap(Trap::Default) } else { judgement }
}

fn mysql(settings: &Settings<'_>) -> Judgement {
    match settings.get("tls").or_absent() {
        Given::Unknown(why) => Judgement::undetermined(why),
        Given::Value(Value::Context(given)) => context::judge(given, "RootCAs"),
        Given::Value(Value::Text(word)) => match word.to_ascii_lowercase().as_str() {
            "true" | "1" => Judgement::known(TlsMode::VerifyFull).trusting(Authorities::System),
            "skip-verify" => Judgement::known(TlsMode::Require),
            "preferred" => Judgement::known(TlsMode::Prefer),
            "false" | "0" => Judgement::known(TlsMode::Disable),
            _ => Judgement::undetermined(format!("tls={word} is registered elsewhere")),
        },
        Given::Value(other) => Judgement::undetermined(format!("tls is {other}")),
        Given::Absent => Judgement::known(TlsMode::Disable).trap(Trap::Default),
    }
}
