//! pg8000: `ssl_context` is true or a context. What true means changed in 1.14.0 and back in 1.31.0.

use super::{Database, Driver, Given, Judgement, Settings, Trap, context};
use crate::client::{Authorities, TlsMode, Value};

/// pg8000.
pub static PG8000: Driver = Driver {
    name: "pg8000",
    packages: &["pg8000"],
    database: Database::PostgreSql,
    judge,
    remedy: "ssl_context=ssl.create_default_context(cafile=\"{path}\")",
};

/// From here on `True` checks nothing, and without it TLS is taken where it is offered.
const UNCHECKED_AGAIN: &[u64] = &[1, 31];

/// From here on there is `ssl_context`; before, there was `ssl`.
const CONTEXTS: &[u64] = &[1, 14];

fn judge(settings: &Settings<'_>) -> Judgement {
    if settings.raw("unix_sock").is_some() {
        return Judgement::of(super::Outcome::Local);
    }
    let version = settings.surroundings().version.as_ref();
    // What is not known is taken as new: whoever installs without a version gets the newest.
    let is_new = version.is_none_or(|version| version.is_at_least(UNCHECKED_AGAIN));
    let has_contexts = version.is_none_or(|version| version.is_at_least(CONTEXTS));
    if !has_contexts {
        return match settings.get("ssl").or_absent() {
            Given::Value(value) if value.is_true() == Some(true) => Judgement::known(TlsMode::Require),
            Given::Unknown(why) => Judgement::undetermined(why),
            _ => Judgement::known(TlsMode::Disable).trap(Trap::Default),
        };
    }
    match settings.get("ssl_context").or_absent() {
        Given::Unknown(why) => Judgement::undetermined(why),
        Given::Value(Value::Context(given)) => context::judge(given, "ssl_context"),
        Given::Value(Value::Bool(true)) if is_new => {
            let judgement = Judgement::known(TlsMode::Require);
            if version.is_none() { judgement.trap(Trap::Version("1.31.0")) } else { judgement }
        }
        Given::Value(Value::Bool(true)) => Judgement::known(TlsMode::VerifyFull).trusting(Authorities::System),
        Given::Value(Value::Bool(false)) => Judgement::known(TlsMode::Disable),
        Given::Value(other) => Judgement::refuses(format!("ssl_context is {other}, which is no context")),
        Given::Absent => {
            let mode = if is_new { TlsMode::Prefer } else { TlsMode::Disable };
            Judgement::known(mode).trap(Trap::Default)
        }
    }
}
