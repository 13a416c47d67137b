//! mysql-connector-python: `ssl_ca` alone checks nothing.

use super::{Database, Driver, Given, Judgement, Settings, Trap};
use crate::client::{Authorities, TlsMode};

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
    let asked = |name: &str| match settings.get(name).or_absent() {
        Given::Value(value) => value.is_true().ok_or_else(|| format!("{name} is {value}")),
        Given::Absent => Ok(false),
        Given::Unknown(why) => Err(why),
    };
    let authorities = settings.raw("ssl_ca").map(|path| Authorities::File(path.clone()));
    match (asked("ssl_disabled"), asked("ssl_verify_cert"), asked("ssl_verify_identity"), authorities) {
        (Ok(true), ..) => Judgement::known(TlsMode::Disable),
        (_, Ok(true), Ok(true), Some(authorities)) => Judgement::known(TlsMode::VerifyFull).trusting(authorities),
        (_, Ok(true), Ok(false), Some(authorities)) => Judgement::known(TlsMode::VerifyCa).trusting(authorities),
        (_, Ok(true), _, None) => Judgement::refuses("ssl_verify_cert needs ssl_ca"),
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
