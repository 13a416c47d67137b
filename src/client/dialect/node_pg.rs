//! node-postgres (`pg`) from version 8: the connection string beats the object, and its words are not libpq's.

use super::{Database, Driver, Given, Judgement, Settings, Trap, node};
use crate::client::{Authorities, TlsMode, Value};

/// node-postgres.
pub static NODE_PG: Driver = Driver {
    name: "pg",
    packages: &["pg"],
    database: Database::PostgreSql,
    judge,
    remedy: "ssl: { ca: fs.readFileSync(\"{path}\", \"utf8\") }",
};

fn judge(settings: &Settings<'_>) -> Judgement {
    let said = settings.get("sslmode").or_absent();
    let object = settings.get("ssl").or_absent();
    match said {
        // The connection string is not known, and whatever it says about TLS beats the object.
        Given::Unknown(why) => {
            let by_default = settings.raw("ssl").and_then(|_| self::object(&object, settings).mode());
            Judgement { by_default, ..Judgement::undetermined(why) }
        }
        Given::Value(word) => named(&word.to_string(), settings),
        Given::Absent if matches!(object, Given::Absent) => match settings.raw("sslrootcert") {
            // A root file alone turns TLS on, with everything checked.
            Some(path) => Judgement::known(TlsMode::VerifyFull).trusting(Authorities::File(path.clone())),
            None => environment(settings),
        },
        Given::Absent => self::object(&object, settings),
    }
}

/// `ssl`, of the object or of the connection string.
fn object(given: &Given<'_>, settings: &Settings<'_>) -> Judgement {
    match given {
        Given::Unknown(why) => Judgement::undetermined(why.clone()),
        Given::Value(Value::Text(word)) => match word.as_str() {
            "true" | "1" => on(settings),
            "false" | "0" | "" => Judgement::known(TlsMode::Disable),
            "no-verify" => Judgement::known(TlsMode::Require),
            other => Judgement::refuses(format!("ssl is {other:?}, which is no object")),
        },
        Given::Value(Value::Bool(true)) => on(settings),
        Given::Value(Value::Bool(false)) => Judgement::known(TlsMode::Disable),
        Given::Value(Value::Map(options)) => {
            node::options(options, TlsMode::VerifyFull, node::environment_is_off(settings))
        }
        Given::Value(other) => Judgement::undetermined(format!("ssl is {other}")),
        Given::Absent => Judgement::known(TlsMode::Disable).trap(Trap::Default),
    }
}

/// TLS with everything checked against Node's own authorities, unless the environment says otherwise.
fn on(settings: &Settings<'_>) -> Judgement {
    if node::environment_is_off(settings) {
        return Judgement::known(TlsMode::Require);
    }
    Judgement::known(TlsMode::VerifyFull).trusting(Authorities::System)
}

/// `sslmode` of a connection string.
fn named(word: &str, settings: &Settings<'_>) -> Judgement {
    let root = settings.raw("sslrootcert").cloned();
    let as_libpq = matches!(settings.get("uselibpqcompat"), Given::Value(value) if value.is_true() == Some(true));
    let with_root = |mode: TlsMode| match &root {
        Some(path) => Judgement::known(mode).trusting(Authorities::File(path.clone())),
        None => Judgement::known(mode).trusting(Authorities::System),
    };
    match word {
        "disable" => Judgement::known(TlsMode::Disable),
        "no-verify" => Judgement::known(TlsMode::Require),
        "require" if as_libpq && root.is_some() => with_root(TlsMode::VerifyCa),
        "prefer" | "require" if as_libpq => Judgement::known(TlsMode::Require),
        "verify-ca" if as_libpq && root.is_none() => Judgement::refuses("verify-ca has no sslrootcert"),
        "verify-ca" if as_libpq => with_root(TlsMode::VerifyCa),
        "prefer" | "require" | "verify-ca" | "verify-full" if root.is_none() => on(settings),
        "prefer" | "require" | "verify-ca" | "verify-full" => with_root(TlsMode::VerifyFull),
        other => Judgement::undetermined(format!("pg knows no sslmode {other:?}")),
    }
}

/// `PGSSLMODE`, which is asked where nothing else says anything. `PGSSLROOTCERT` is never read.
fn environment(settings: &Settings<'_>) -> Judgement {
    match settings.variable("PGSSLMODE") {
        Some("disable") => Judgement::known(TlsMode::Disable),
        Some("no-verify") => Judgement::known(TlsMode::Require),
        Some("prefer" | "require" | "verify-ca" | "verify-full") => match settings.variable("PGSSLROOTCERT") {
            Some(_) => on(settings).trap(Trap::Ignored { parameter: "PGSSLROOTCERT".to_owned() }),
            None => on(settings),
        },
        _ => Judgement::known(TlsMode::Disable).trap(Trap::Default),
    }
}
