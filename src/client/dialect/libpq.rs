//! libpq, and what is built on it: it takes `sslmode` and `sslrootcert`, and else the environment.

use super::{Database, Driver, FileState, Given, Judgement, Settings, Trap};
use crate::client::{Authorities, TlsMode, Value};

/// psycopg2, and aiopg on it.
pub static PSYCOPG2: Driver = Driver {
    name: "psycopg2",
    packages: &["psycopg2", "psycopg2-binary", "aiopg"],
    database: Database::PostgreSql,
    judge,
    remedy: "sslmode=\"verify-full\", sslrootcert=\"{path}\"",
};

/// psycopg 3.
pub static PSYCOPG: Driver = Driver {
    name: "psycopg",
    packages: &["psycopg", "psycopg-binary", "psycopg-c"],
    database: Database::PostgreSql,
    judge,
    remedy: "sslmode=\"verify-full\", sslrootcert=\"{path}\"",
};

/// Whatever else is built on libpq: psql, ruby-pg, PHP's pgsql.
pub static LIBPQ: Driver = Driver {
    name: "libpq",
    packages: &["libpq5", "libpq", "postgresql-client"],
    database: Database::PostgreSql,
    judge,
    remedy: "sslmode=verify-full sslrootcert={path}",
};

/// The mode, and whether anybody chose it.
enum Mode {
    Chosen(TlsMode),
    Default,
}

pub(super) fn judge(settings: &Settings<'_>) -> Judgement {
    let mode = match mode(settings) {
        Ok(mode) => mode,
        Err(judgement) => return *judgement,
    };
    let root = root(settings);
    let is_system = root.as_ref().is_some_and(|(_, value)| value.as_text() == Some("system"));
    let (mode, chosen) = match mode {
        Mode::Chosen(mode) => (mode, true),
        // libpq 16 and later takes `verify-full` for it.
        Mode::Default if is_system => (TlsMode::VerifyFull, true),
        Mode::Default => (TlsMode::Prefer, false),
    };
    let mut judgement = match (mode, &root) {
        (TlsMode::Disable | TlsMode::Allow | TlsMode::Prefer, Some((parameter, file))) => Judgement::known(mode)
            .trap(Trap::RootWithoutMode { parameter: (*parameter).to_owned(), file: file.clone() }),
        (TlsMode::Disable | TlsMode::Allow | TlsMode::Prefer, None) => Judgement::known(mode),
        (TlsMode::Require | TlsMode::VerifyCa, Some(_)) if is_system => {
            Judgement::refuses(format!("sslrootcert=system goes with verify-full only, and this is {}", mode.as_str()))
        }
        (TlsMode::Require, Some((_, path))) => match settings.file(path) {
            Some(FileState::Missing) => Judgement::known(TlsMode::Require).trap(Trap::FallsOpen { file: path.clone() }),
            _ => Judgement::known(TlsMode::VerifyCa)
                .trusting(Authorities::File(path.clone()))
                .trap(Trap::FallsOpen { file: path.clone() }),
        },
        (TlsMode::Require, None) if settings.surroundings().home_root == Some(true) => {
            Judgement::known(TlsMode::VerifyCa).trusting(Authorities::Home)
        }
        (TlsMode::Require, None) => Judgement::known(TlsMode::Require),
        (TlsMode::VerifyCa | TlsMode::VerifyFull, Some(_)) if is_system => {
            Judgement::known(mode).trusting(Authorities::System)
        }
        (TlsMode::VerifyCa | TlsMode::VerifyFull, Some((_, path))) => {
            Judgement::known(mode).trusting(Authorities::File(path.clone()))
        }
        (TlsMode::VerifyCa | TlsMode::VerifyFull, None) => Judgement::known(mode).trusting(Authorities::Home),
    };
    if !chosen {
        judgement = judgement.trap(Trap::Default);
    }
    judgement
}

/// The mode that counts: that of the call, then `requiressl`, then the environment.
fn mode(settings: &Settings<'_>) -> Result<Mode, Box<Judgement>> {
    let said = match settings.get("sslmode").or_absent() {
        Given::Value(value) => Some(value.to_string()),
        Given::Unknown(why) => return Err(Box::new(Judgement::undetermined(why))),
        Given::Absent => {
            if settings.has("service") {
                return Err(Box::new(Judgement::undetermined("a service file has the settings")));
            }
            match settings.get("requiressl").or_absent() {
                Given::Value(value) if value.is_true() == Some(true) => Some("require".to_owned()),
                _ => settings.variable("PGSSLMODE").map(ToOwned::to_owned),
            }
        }
    };
    match said {
        Some(word) if word.is_empty() => Ok(Mode::Default),
        Some(word) => match TlsMode::named(&word) {
            Some(mode) => Ok(Mode::Chosen(mode)),
            None => Err(Box::new(Judgement::refuses(format!("there is no sslmode {word:?}")))),
        },
        None if settings.variable("PGREQUIRESSL") == Some("1") => Ok(Mode::Chosen(TlsMode::Require)),
        None => Ok(Mode::Default),
    }
}

/// The root file and what gives it.
fn root(settings: &Settings<'_>) -> Option<(&'static str, Value)> {
    let given = settings.raw("sslrootcert").map(|value| ("sslrootcert", value.clone()));
    given
        .or_else(|| settings.variable("PGSSLROOTCERT").map(|value| ("PGSSLROOTCERT", Value::text(value))))
        .filter(|(_, value)| value.as_text() != Some(""))
}
