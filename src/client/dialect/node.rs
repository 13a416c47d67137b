//! The options of Node's `tls.connect`, which every Node.js driver hands on.

use std::collections::BTreeMap;

use super::{Database, Driver, Judgement, Settings, Trap};
use crate::client::{Authorities, TlsMode, Value};

/// Node.js itself, of which `NODE_TLS_REJECT_UNAUTHORIZED=0` is asked by every driver that does not ask otherwise.
pub static ENVIRONMENT: Driver = Driver {
    name: "Node.js",
    packages: &[],
    database: Database::PostgreSql,
    judge: |_| Judgement::known(TlsMode::Require),
    remedy: "NODE_EXTRA_CA_CERTS={path} instead",
};

/// What stands for a function that does nothing, as a value: `checkServerIdentity: () => undefined`.
pub const NOTHING_DONE: &str = "a function that does nothing";

/// Whether `NODE_TLS_REJECT_UNAUTHORIZED=0` turns off what nothing else turns on.
pub(super) fn environment_is_off(settings: &Settings<'_>) -> bool {
    settings.variable("NODE_TLS_REJECT_UNAUTHORIZED") == Some("0")
}

/// What an object of options comes to, where a driver checks as far as `mode` unless told otherwise. The environment turns it off
/// where `is_off`.
pub(super) fn options(options: &BTreeMap<String, Value>, mode: TlsMode, is_off: bool) -> Judgement {
    let given = |name: &str| options.get(name).filter(|value| !matches!(value, Value::Null));
    let authorities = given("ca").map(authorities);
    let rejects = match given("rejectUnauthorized") {
        None => None,
        Some(value) => match value.why_unknown() {
            Some(why) => return Judgement::undetermined(why),
            None => value.is_true(),
        },
    };
    if let Some(why) = options.get(UNSEEN).and_then(Value::why_unknown)
        && rejects != Some(false)
    {
        return Judgement::undetermined(why);
    }
    if rejects == Some(false) || rejects.is_none() && is_off {
        let judgement = Judgement::known(TlsMode::Require);
        return match authorities {
            Some(_) => judgement.trap(Trap::AuthoritiesNotUsed { parameter: "ca".to_owned() }),
            None => judgement,
        };
    }
    let mode = match given("checkServerIdentity") {
        None => mode,
        Some(Value::Text(text)) if text == NOTHING_DONE => TlsMode::VerifyCa,
        // Whatever it does, the authority is checked.
        Some(_) => mode.min(TlsMode::VerifyCa),
    };
    Judgement::known(mode).trusting(authorities.unwrap_or(Authorities::System))
}

/// The key under which an object keeps why it may have more keys than were seen.
pub const UNSEEN: &str = "...";

/// Whom a `ca` stands for.
fn authorities(value: &Value) -> Authorities {
    match value {
        Value::Contents(path) => Authorities::File((**path).clone()),
        _ => Authorities::Given,
    }
}
