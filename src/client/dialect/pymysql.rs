//! PyMySQL: `ssl` is a context or a dictionary with the keys of one; `ssl_ca` and its like are arguments of their own.

use super::{Database, Driver, Given, Judgement, Settings, Trap, context};
use crate::client::{Authorities, TlsMode, Value};

/// PyMySQL.
pub static PYMYSQL: Driver = Driver {
    name: "PyMySQL",
    packages: &["PyMySQL", "pymysql"],
    database: Database::MySql,
    judge,
    remedy: "ssl={\"ca\": \"{path}\"}",
};

/// From here on TLS is taken where it is offered, and demanded where it is asked for.
const DEMANDS: &[u64] = &[1, 2];

/// From here on `ssl_ca` and its like are arguments.
const HAS_ARGUMENTS: &[u64] = &[0, 10];

fn judge(settings: &Settings<'_>) -> Judgement {
    if settings.raw("unix_socket").is_some() {
        return Judgement::of(super::Outcome::Local);
    }
    if settings.has("ssl_mode") {
        return Judgement::refuses("PyMySQL has no ssl_mode");
    }
    let is_before = |first: &[u64]| settings.surroundings().version.as_ref().is_some_and(|it| !it.is_at_least(first));
    if is_before(HAS_ARGUMENTS)
        && ["ssl_ca", "ssl_verify_cert", "ssl_verify_identity"].iter().any(|it| settings.has(it))
    {
        return Judgement::refuses("this version of PyMySQL has no ssl_ca");
    }
    let demands = settings.surroundings().version.as_ref().is_none_or(|version| version.is_at_least(DEMANDS));
    let judgement = match arguments(settings) {
        Some(judgement) => judgement,
        None => match settings.get("ssl").or_absent() {
            Given::Unknown(why) => Judgement::undetermined(why),
            Given::Value(Value::Context(given)) => context::judge(given, "ssl"),
            Given::Value(Value::Map(map)) if !map.is_empty() => dictionary(map),
            Given::Value(Value::Map(_) | Value::Bool(false)) | Given::Absent => {
                let mode = if demands { TlsMode::Prefer } else { TlsMode::Disable };
                return Judgement::known(mode).trap(Trap::Default);
            }
            Given::Value(other) => Judgement::refuses(format!("ssl is {other}, which is no dictionary")),
        },
    };
    if demands { judgement } else { stripped(judgement) }
}

/// What is demanded as long as the server offers it.
fn stripped(judgement: Judgement) -> Judgement {
    match judgement.mode() {
        Some(TlsMode::Require) => Judgement { outcome: Judgement::known(TlsMode::Prefer).outcome, ..judgement },
        _ => judgement.strippable(),
    }
}

/// `ssl_ca`, `ssl_verify_cert` and `ssl_verify_identity`; none where none is given.
fn arguments(settings: &Settings<'_>) -> Option<Judgement> {
    let names = ["ssl_ca", "ssl_cert", "ssl_key", "ssl_verify_cert", "ssl_verify_identity"];
    if let Given::Value(value) = settings.get("ssl_disabled")
        && value.is_true() == Some(true)
    {
        return Some(Judgement::known(TlsMode::Disable));
    }
    if !names.iter().any(|name| settings.raw(name).is_some()) {
        return None;
    }
    let asked = |name: &str| match settings.get(name).or_absent() {
        Given::Value(value) => value.is_true().ok_or_else(|| format!("{name} is {value}")),
        Given::Absent => Ok(false),
        Given::Unknown(why) => Err(why),
    };
    let authorities = match settings.raw("ssl_ca") {
        Some(path) => Authorities::File(path.clone()),
        None => Authorities::System,
    };
    // A dictionary beside them gives way to them, and with it its authorities.
    if matches!(settings.raw("ssl"), Some(Value::Map(_))) && settings.raw("ssl_verify_identity").is_some() {
        return Some(Judgement::known(TlsMode::VerifyCa).trusting(authorities));
    }
    Some(match (asked("ssl_verify_cert"), asked("ssl_verify_identity")) {
        (_, Ok(true)) => Judgement::known(TlsMode::VerifyFull).trusting(authorities),
        (Ok(true), Ok(false)) => Judgement::known(TlsMode::VerifyCa).trusting(authorities),
        (Ok(false), Ok(false)) => {
            let judgement = Judgement::known(TlsMode::Require);
            match authorities {
                Authorities::File(_) => judgement.trap(Trap::AuthoritiesNotUsed { parameter: "ssl_ca".to_owned() }),
                _ => judgement,
            }
        }
        (Err(why), _) | (_, Err(why)) => Judgement::undetermined(why),
    })
}

/// `ssl={"ca": …}`: with authorities everything is checked unless told otherwise, without them nothing.
fn dictionary(map: &std::collections::BTreeMap<String, Value>) -> Judgement {
    let has_authorities = map.get("ca").or_else(|| map.get("capath")).filter(|value| !matches!(value, Value::Null));
    let mode = match map.get("verify_mode") {
        None | Some(Value::Null) => None,
        Some(Value::Text(word)) => Some(matches!(word.as_str(), "required" | "optional" | "1" | "2" | "yes")),
        Some(Value::Bool(value)) => Some(*value),
        Some(other) => return Judgement::undetermined(format!("verify_mode is {other}")),
    };
    let checks = mode.unwrap_or(has_authorities.is_some());
    let names = map.get("check_hostname").map_or(Some(has_authorities.is_some()), Value::is_true);
    // Python refuses a context that checks names and no authority.
    if !checks && names == Some(true) {
        return Judgement::refuses("verify_mode is none while check_hostname is on");
    }
    if !checks {
        let judgement = Judgement::known(TlsMode::Require);
        return match has_authorities {
            Some(_) => judgement.trap(Trap::AuthoritiesNotUsed { parameter: "ssl".to_owned() }),
            None => judgement,
        };
    }
    let authorities = has_authorities.map_or(Authorities::System, |path| Authorities::File(path.clone()));
    match names {
        Some(true) => Judgement::known(TlsMode::VerifyFull).trusting(authorities),
        Some(false) | None => Judgement::known(TlsMode::VerifyCa).trusting(authorities),
    }
}
