//! mysql-connector-python: `ssl_ca` alone checks nothing.

use super::{Database, Driver, FileState, Given, Judgement, Settings, Trap};
use crate::client::{Authorities, TlsMode, Value};

/// mysql-connector-python.
pub static MYSQL_CONNECTOR: Driver = Driver {
    name: "mysql-connector-python",
    packages: &["mysql-connector-python", "mysql-connector"],
    database: Database::MySql,
    judge,
    remedy: "ssl_ca=\"{path}\", ssl_verify_cert=True, ssl_verify_identity=True",
};

fn judge(settings: &Settings<'_>) -> Judgement {
    if settings.raw("unix_socket").is_some() {
        return Judgement::of(super::Outcome::Local);
    }
    if let Some(name) = ["ssl", "ssl_mode", "ssl_check_hostname"].into_iter().find(|name| settings.has(name)) {
        return Judgement::refuses(format!("mysql-connector-python has no {name}"));
    }
    if settings.raw("ssl_ca").and_then(|path| settings.file(path)) == Some(FileState::Missing) {
        return Judgement::refuses("ssl_ca is not there");
    }
    let asked = |name: &str| match settings.get(name).or_absent() {
        Given::Value(value) => value.is_true().ok_or_else(|| format!("{name} is {value}")),
        Given::Absent => Ok(false),
        Given::Unknown(why) => Err(why),
    };
    let authorities = settings.raw("ssl_ca").map(|path| Authorities::File(path.clone()));
    match (asked("ssl_disabled"), asked("ssl_verify_cert"), asked("ssl_verify_identity"), authorities) {
        (Ok(true), ..) => Judgement::known(TlsMode::Disable),
        (_, Ok(true), Ok(true), authorities) => {
            Judgement::known(TlsMode::VerifyFull).trusting(authorities.unwrap_or(Authorities::System))
        }
        (_, Ok(true), Ok(false), authorities) => {
            let judgement = Judgement::known(TlsMode::VerifyCa).trusting(authorities.unwrap_or(Authorities::System));
            if is_lenient(settings) { judgement.strippable() } else { judgement }
        }
        // Checked where there is TLS, and given up where the server offers none.
        (_, Ok(false), Ok(true), authorities) => {
            Judgement::known(TlsMode::VerifyFull).trusting(authorities.unwrap_or(Authorities::System)).strippable()
        }
        (Err(why), ..) | (_, Err(why), ..) | (_, _, Err(why), _) => Judgement::undetermined(why),
        (Ok(false), Ok(false), Ok(false), Some(_)) => {
            Judgement::known(TlsMode::Prefer).trap(Trap::AuthoritiesNotUsed { parameter: "ssl_ca".to_owned() })
        }
        (Ok(false), Ok(false), Ok(false), None) => Judgement::known(TlsMode::Prefer).trap(Trap::Default),
    }
}

/// The extension in C of older versions, which is theirs unless `use_pure` is set, lets go of TLS where the server offers none.
fn is_lenient(settings: &Settings<'_>) -> bool {
    let is_old = settings.surroundings().version.as_ref().is_some_and(|version| !version.is_at_least(&[26]));
    is_old && settings.raw("use_pure").and_then(Value::is_true) != Some(true)
}
