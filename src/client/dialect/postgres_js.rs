//! Postgres.js (`postgres`): libpq's words but for `sslrootcert`, which it does not know, and the environment, which it does not ask.

use super::{Database, Driver, Given, Judgement, Settings, Trap, node};
use crate::client::{Authorities, TlsMode, Value};

/// Postgres.js.
pub static POSTGRES_JS: Driver = Driver {
    name: "postgres.js",
    packages: &["postgres"],
    database: Database::PostgreSql,
    judge,
    remedy: "ssl: { ca: fs.readFileSync(\"{path}\", \"utf8\") }",
};

fn judge(settings: &Settings<'_>) -> Judgement {
    // The object beats the connection string, in which `ssl` beats `sslmode`.
    let given = match settings.get("ssl").or_absent() {
        Given::Absent => settings.get("sslmode").or_absent(),
        given => given,
    };
    let judgement = match given {
        Given::Unknown(why) => Judgement::undetermined(why),
        Given::Value(Value::Text(word)) => match word.as_str() {
            "false" | "disable" => Judgement::known(TlsMode::Disable),
            "prefer" => Judgement::known(TlsMode::Prefer),
            "allow" | "require" => Judgement::known(TlsMode::Require),
            _ => checked(settings),
        },
        Given::Value(Value::Bool(false)) | Given::Absent => Judgement::known(TlsMode::Disable),
        Given::Value(Value::Bool(true)) => checked(settings),
        Given::Value(Value::Map(options)) => {
            node::options(options, TlsMode::VerifyFull, node::environment_is_off(settings))
        }
        Given::Value(other) => Judgement::undetermined(format!("ssl is {other}")),
    };
    let nothing_said = !settings.has("ssl") && !settings.has("sslmode");
    let judgement = if nothing_said && settings.unseen().is_none() { judgement.trap(Trap::Default) } else { judgement };
    match settings.has("sslrootcert") {
        true => judgement.trap(Trap::Ignored { parameter: "sslrootcert".to_owned() }),
        false => judgement,
    }
}

fn checked(settings: &Settings<'_>) -> Judgement {
    if node::environment_is_off(settings) {
        return Judgement::known(TlsMode::Require);
    }
    Judgement::known(TlsMode::VerifyFull).trusting(Authorities::System)
}
