//! asyncpg: `ssl` is a mode's name, true, or a context; the connection string has libpq's parameters.

use super::{Database, Driver, Given, Judgement, Settings, Trap, context};
use crate::client::{Authorities, TlsMode, Value};

/// asyncpg.
pub static ASYNCPG: Driver = Driver {
    name: "asyncpg",
    packages: &["asyncpg"],
    database: Database::PostgreSql,
    judge,
    remedy: "ssl=ssl.create_default_context(cafile=\"{path}\")",
};

fn judge(settings: &Settings<'_>) -> Judgement {
    match settings.get("ssl").or_absent() {
        Given::Unknown(why) => Judgement::undetermined(why),
        Given::Value(Value::Context(given)) => context::judge(given, "ssl"),
        Given::Value(Value::Bool(true)) => Judgement::known(TlsMode::VerifyFull).trusting(Authorities::System),
        Given::Value(Value::Bool(false)) => Judgement::known(TlsMode::Disable),
        Given::Value(Value::Text(word)) => named(word, settings),
        Given::Value(other) => Judgement::undetermined(format!("ssl is {other}")),
        // The connection string and the environment are asked where the argument is not given.
        Given::Absent => match settings.get("sslmode").or_absent() {
            Given::Unknown(why) => Judgement::undetermined(why),
            Given::Value(value) => named(&value.to_string(), settings),
            Given::Absent => match settings.variable("PGSSLMODE") {
                Some(word) => named(word, settings),
                None => Judgement::known(TlsMode::Prefer).trap(Trap::Default),
            },
        },
    }
}

fn named(word: &str, settings: &Settings<'_>) -> Judgement {
    let Some(mode) = TlsMode::named(word) else {
        return Judgement::refuses(format!("there is no sslmode {word:?}"));
    };
    let root = settings.raw("sslrootcert").cloned().or_else(|| settings.variable("PGSSLROOTCERT").map(Value::text));
    match (mode, root) {
        (TlsMode::Require, Some(path)) => Judgement::known(TlsMode::VerifyCa).trusting(Authorities::File(path)),
        (TlsMode::Require, None) if settings.surroundings().home_root == Some(true) => {
            Judgement::known(TlsMode::VerifyCa).trusting(Authorities::Home)
        }
        (TlsMode::VerifyCa | TlsMode::VerifyFull, Some(path)) => {
            Judgement::known(mode).trusting(Authorities::File(path))
        }
        (TlsMode::VerifyCa | TlsMode::VerifyFull, None) => Judgement::known(mode).trusting(Authorities::Home),
        (mode, Some(file)) => {
            Judgement::known(mode).trap(Trap::RootWithoutMode { parameter: "sslrootcert".to_owned(), file })
        }
        (mode, None) => Judgement::known(mode),
    }
}
