//! A connection whose driver is not known: what the drivers agree on that read such a thing, and else that it can't be told.

use super::{
    ASYNCPG, CONNECTOR_J, Database, Driver, Judgement, LIB_PQ, LIBPQ, MARIADB_JDBC, MYSQL2, NODE_PG, Outcome, PGX,
    POSTGRES_JS, SQLX_MYSQL, SQLX_POSTGRES, Settings, Trap,
};
use crate::client::{Authorities, Host, TlsMode};

/// Whoever reads a URL of PostgreSQL, or the variables of libpq.
pub static POSTGRES_URL: Driver = Driver {
    name: "PostgreSQL",
    packages: &[],
    database: Database::PostgreSql,
    judge: |settings| agreed(settings, &[&LIBPQ, &ASYNCPG, &NODE_PG, &POSTGRES_JS, &PGX, &LIB_PQ, &SQLX_POSTGRES]),
    remedy: "sslmode=verify-full&sslrootcert={path}",
};

/// Whoever reads libpq's keywords: none of Node.js does.
pub static POSTGRES_KEYWORDS: Driver = Driver {
    name: "PostgreSQL by keywords",
    packages: &[],
    database: Database::PostgreSql,
    judge: |settings| agreed(settings, &[&LIBPQ, &PGX, &LIB_PQ]),
    remedy: "sslmode=verify-full sslrootcert={path}",
};

/// Whoever reads libpq's variables of the environment.
pub static POSTGRES_ENVIRONMENT: Driver = Driver {
    name: "PostgreSQL by environment",
    packages: &[],
    database: Database::PostgreSql,
    judge: |settings| agreed(settings, &[&LIBPQ, &ASYNCPG, &PGX, &LIB_PQ, &NODE_PG]),
    remedy: "PGSSLMODE=verify-full and PGSSLROOTCERT={path}",
};

/// Whoever reads a URL of PostgreSQL in JavaScript.
pub static POSTGRES_IN_NODE: Driver = Driver {
    name: "PostgreSQL in Node.js",
    packages: &[],
    database: Database::PostgreSql,
    judge: |settings| agreed(settings, &[&NODE_PG, &POSTGRES_JS]),
    remedy: "ssl: { ca: fs.readFileSync(\"{path}\", \"utf8\") }",
};

/// Whoever reads a URL of MySQL.
pub static MYSQL_URL: Driver = Driver {
    name: "MySQL",
    packages: &[],
    database: Database::MySql,
    judge: |settings| {
        // Prisma's own word, by its manual; nobody else knows it.
        match settings.raw("sslaccept").and_then(|value| value.as_text()) {
            Some("strict") => return Judgement::known(TlsMode::VerifyFull).trusting(Authorities::System),
            Some("accept_invalid_certs") => return Judgement::known(TlsMode::Require),
            _ => {}
        }
        agreed(settings, &[&MYSQL2, &SQLX_MYSQL, &PYTHON_URL])
    },
    remedy: "the driver's own way of checking against {path}",
};

/// Python's URLs, of which SQLAlchemy makes arguments: `ssl_ca` makes some drivers verify.
static PYTHON_URL: Driver = Driver {
    name: "MySQL in Python",
    packages: &[],
    database: Database::MySql,
    judge: |settings| match ["ssl_ca", "ssl", "ssl_verify_cert", "ssl_verify_identity", "ssl_mode"]
        .iter()
        .any(|name| settings.has(name))
    {
        true => Judgement::undetermined("drivers differ in what they make of it"),
        false => Judgement::known(TlsMode::Disable).trap(Trap::Default),
    },
    remedy: "ssl_ca={path}",
};

/// Whoever reads a JDBC URL of MySQL.
pub static MYSQL_JDBC: Driver = Driver {
    name: "MySQL by JDBC",
    packages: &[],
    database: Database::MySql,
    judge: |settings| match settings.has("useSSL") || settings.has("useSsl") || settings.has("sslMode") {
        // The words are Connector/J's but for their case.
        true => (CONNECTOR_J.judge)(settings),
        false => agreed(settings, &[&CONNECTOR_J, &MARIADB_JDBC]),
    },
    remedy: "sslMode=VERIFY_IDENTITY with a trust store that has all certificates of {path}",
};

/// Whoever reads a mode of MySQL's own clients in a mapping.
pub static MYSQL_MODE: Driver = Driver {
    name: "MySQL by its modes",
    packages: &[],
    database: Database::MySql,
    judge: |settings| match settings.raw("sslmode").and_then(|value| value.as_text()) {
        Some("DISABLED") => Judgement::known(TlsMode::Disable),
        Some("PREFERRED") => Judgement::known(TlsMode::Prefer),
        Some("REQUIRED") => Judgement::known(TlsMode::Require),
        Some("VERIFY_CA") => Judgement::known(TlsMode::VerifyCa).trusting(Authorities::System),
        Some("VERIFY_IDENTITY") => Judgement::known(TlsMode::VerifyFull).trusting(Authorities::System),
        _ => Judgement::undetermined("it can't be told which mode that is"),
    },
    remedy: "VERIFY_IDENTITY, with the certificates of {path}",
};

/// What all of these agree on: the least of it; else that it can't be told, and who would do what.
fn agreed(settings: &Settings<'_>, drivers: &[&Driver]) -> Judgement {
    // `no-verify` is node-postgres's own word.
    if settings.raw("sslmode").and_then(|value| value.as_text()) == Some("no-verify") {
        return (NODE_PG.judge)(settings);
    }
    let judged: Vec<_> = drivers.iter().map(|driver| (driver.name, (driver.judge)(settings))).collect();
    // Whoever refuses connects to nothing, whatever the others do. So does whoever goes by Node.js's own authorities to an
    // instance of RDS, which none of them knows.
    let knows_more = settings.variable("NODE_EXTRA_CA_CERTS").is_some();
    let is_instance = matches!(settings.host(), Host::Rds(host) if !host.proxy);
    let in_node = drivers.iter().all(|driver| [&NODE_PG, &POSTGRES_JS].contains(driver));
    let refuses = |name: &str, judgement: &Judgement| {
        let by_node = name == NODE_PG.name && judgement.authorities == Some(Authorities::System);
        matches!(judgement.outcome, Outcome::Refuses(_)) || by_node && is_instance && !knows_more && !in_node
    };
    let mut talking = judged.iter().filter(|(name, judgement)| !refuses(name, judgement));
    let Some((_, first)) = talking.clone().next().or(judged.first()) else {
        return Judgement::undetermined("nobody reads it");
    };
    if talking.clone().all(|(_, judgement)| judgement.answer() == first.answer()) {
        let least = talking.min_by_key(|(_, judgement)| judgement.mode()).map_or(first, |(_, judgement)| judgement);
        let mut least = least.clone();
        least.traps.retain(|trap| !matches!(trap, Trap::Ignored { .. }));
        return least;
    }
    let said: Vec<_> = talking
        .by_ref()
        .map(|(name, judgement)| match judgement.mode() {
            Some(mode) => format!("{name} takes it for {}", mode.as_str()),
            None => format!("{name} can't be told"),
        })
        .collect();
    let least = judged.iter().filter_map(|(_, judgement)| judgement.mode()).min();
    let why = format!("the driver is not known: {}", said.join(", "));
    Judgement { by_default: least.filter(|_| is_instance), ..Judgement::undetermined(why) }
}
