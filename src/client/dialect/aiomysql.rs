//! aiomysql: `ssl` is a context; a server that offers no TLS is talked to in plain text all the same.

use super::{Database, Driver, Given, Judgement, Settings, Trap, context};
use crate::client::{Authorities, TlsMode, Value};

/// aiomysql.
pub static AIOMYSQL: Driver = Driver {
    name: "aiomysql",
    packages: &["aiomysql"],
    database: Database::MySql,
    judge,
    remedy: "ssl=ssl.create_default_context(cafile=\"{path}\")",
};

fn judge(settings: &Settings<'_>) -> Judgement {
    if settings.raw("unix_socket").is_some() {
        return Judgement::of(super::Outcome::Local);
    }
    match settings.get("ssl").or_absent() {
        Given::Unknown(why) => Judgement::undetermined(why),
        Given::Value(Value::Context(given)) => {
            let judgement = context::judge(given, "ssl");
            match judgement.mode() {
                Some(TlsMode::Require) => Judgement { outcome: Judgement::known(TlsMode::Prefer).outcome, ..judgement },
                _ => judgement.strippable(),
            }
        }
        Given::Value(Value::Bool(true)) => {
            Judgement::known(TlsMode::VerifyFull).trusting(Authorities::System).strippable()
        }
        Given::Value(Value::Bool(false)) | Given::Absent => Judgement::known(TlsMode::Disable).trap(Trap::Default),
        Given::Value(other) => Judgement::refuses(format!("ssl is {other}, which is no context")),
    }
}
