//! Npgsql (.NET), which could not be measured: what is said of it is what its manual says ("Security and Encryption") of every
//! version from 6 on, and nothing where they differ.

use super::{Database, Driver, Given, Judgement, Settings, Trap};
use crate::client::{Authorities, TlsMode, Value};

/// Npgsql.
pub static NPGSQL: Driver = Driver {
    name: "Npgsql",
    packages: &["Npgsql"],
    database: Database::PostgreSql,
    judge,
    remedy: "SSL Mode=VerifyFull;Root Certificate={path}",
};

fn judge(settings: &Settings<'_>) -> Judgement {
    let trusts_any = settings.raw("trustservercertificate").and_then(Value::is_true) == Some(true);
    let authorities = match settings.raw("rootcertificate") {
        Some(path) => Authorities::File(path.clone()),
        None => Authorities::System,
    };
    match settings.get("sslmode").or_absent() {
        Given::Unknown(why) => Judgement::undetermined(why),
        Given::Absent => Judgement::known(TlsMode::Prefer).trap(Trap::Default),
        Given::Value(word) => {
            let word: String = word.to_string().to_ascii_lowercase();
            match word.replace(['-', '_', ' '], "").as_str() {
                "disable" => Judgement::known(TlsMode::Disable),
                "allow" => Judgement::known(TlsMode::Allow),
                "prefer" => Judgement::known(TlsMode::Prefer),
                // Without it, version 7 and before refuse or verify, and version 8 checks nothing.
                "require" if !trusts_any => Judgement::undetermined("versions of Npgsql differ in what Require checks"),
                "require" => Judgement::known(TlsMode::Require),
                "verifyca" => Judgement::known(TlsMode::VerifyCa).trusting(authorities),
                "verifyfull" => Judgement::known(TlsMode::VerifyFull).trusting(authorities),
                other => Judgement::refuses(format!("there is no SSL Mode {other:?}")),
            }
        }
    }
}
