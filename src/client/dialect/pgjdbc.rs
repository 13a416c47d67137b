//! pgjdbc, the JDBC driver of PostgreSQL: libpq's words, but `require` never checks, and a factory may decide instead.

use super::{Database, Driver, Given, Judgement, Settings, Trap};
use crate::client::{Authorities, TlsMode, Value};

/// pgjdbc.
pub static PGJDBC: Driver = Driver {
    name: "pgjdbc",
    packages: &["org.postgresql:postgresql", "postgresql"],
    database: Database::PostgreSql,
    judge,
    remedy: "sslmode=verify-full&sslrootcert={path}",
};

fn judge(settings: &Settings<'_>) -> Judgement {
    let mode = match settings.get("sslmode").or_absent() {
        Given::Unknown(why) => return Judgement::undetermined(why),
        Given::Value(word) => match TlsMode::named(&word.to_string()) {
            Some(mode) => mode,
            None => return Judgement::refuses(format!("there is no sslmode {:?}", word.to_string())),
        },
        Given::Absent => match settings.get("ssl").or_absent() {
            Given::Unknown(why) => return Judgement::undetermined(why),
            // `ssl` alone is `ssl=true`.
            Given::Value(value) if value.as_text() == Some("") || value.is_true() == Some(true) => TlsMode::VerifyFull,
            _ => TlsMode::Prefer,
        },
    };
    let judgement = match settings.raw("sslfactory").map(|factory| (factory, factory.as_text())) {
        None => by_files(mode, settings),
        Some((_, Some(name))) if name.ends_with("LibPQFactory") => by_files(mode, settings),
        Some((_, Some(name))) if name.ends_with("NonValidatingFactory") => not_validating(mode, settings),
        Some((_, Some(name))) if name.ends_with("DefaultJavaSSLFactory") => by_java(mode),
        Some((factory, _)) => match mode {
            TlsMode::Disable | TlsMode::Allow => Judgement::known(mode),
            _ => Judgement::undetermined(format!("{factory} decides")),
        },
    };
    let nothing_said = !settings.has("sslmode") && !settings.has("ssl") && !settings.has("sslfactory");
    if nothing_said { judgement.trap(Trap::Default) } else { judgement }
}

/// The driver's own factory, with `sslrootcert` or the user's `root.crt`.
fn by_files(mode: TlsMode, settings: &Settings<'_>) -> Judgement {
    let root = settings.raw("sslrootcert");
    match (mode, root) {
        (TlsMode::VerifyCa | TlsMode::VerifyFull, Some(path)) => {
            Judgement::known(mode).trusting(Authorities::File(path.clone()))
        }
        (TlsMode::VerifyCa | TlsMode::VerifyFull, None) => Judgement::known(mode).trusting(Authorities::Home),
        (TlsMode::Require, Some(_)) => {
            Judgement::known(mode).trap(Trap::AuthoritiesNotUsed { parameter: "sslrootcert".to_owned() })
        }
        (_, Some(file)) => Judgement::known(mode)
            .trap(Trap::RootWithoutMode { parameter: "sslrootcert".to_owned(), file: file.clone() }),
        (_, None) => Judgement::known(mode),
    }
}

/// Takes any authority, whatever the mode says.
fn not_validating(mode: TlsMode, settings: &Settings<'_>) -> Judgement {
    let judgement = Judgement::known(mode.min(TlsMode::Require));
    match settings.raw("sslrootcert") {
        Some(Value::Null) | None => judgement,
        Some(_) => judgement.trap(Trap::AuthoritiesNotUsed { parameter: "sslrootcert".to_owned() }),
    }
}

/// Java's own trust store, which is asked as soon as TLS is talked.
fn by_java(mode: TlsMode) -> Judgement {
    match mode {
        TlsMode::Disable | TlsMode::Allow => Judgement::known(mode),
        TlsMode::Prefer => Judgement::known(TlsMode::VerifyCa).trusting(Authorities::System).strippable(),
        TlsMode::Require | TlsMode::VerifyCa => Judgement::known(TlsMode::VerifyCa).trusting(Authorities::System),
        TlsMode::VerifyFull => Judgement::known(mode).trusting(Authorities::System),
    }
}
