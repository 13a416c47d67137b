//! What settings mean to a driver. One file for each family of drivers, one record for each driver, one table of all; each claim is
//! one that the client laboratory measured (`testdata/clients/truth.json`).

mod aiomysql;
mod asyncpg;
mod context;
mod go;
mod java_mysql;
mod libpq;
mod mysql_connector;
mod mysqlclient;
mod node;
mod node_mysql;
mod node_pg;
mod npgsql;
mod pg8000;
mod pgjdbc;
mod postgres_js;
mod pymysql;
mod rust;
mod settings;
mod surroundings;
mod unnamed;

use std::fmt;

pub use settings::{Given, Settings, judge};
pub use surroundings::{FileState, Surroundings};

use super::{Authorities, TlsMode, Value};

pub use go::{GO_MYSQL, LIB_PQ, PGX};
pub use java_mysql::{CONNECTOR_J, MARIADB_JDBC};
pub use libpq::{LIBPQ, PSYCOPG, PSYCOPG2};
pub use node::{ENVIRONMENT as NODE_ENVIRONMENT, NOTHING_DONE, UNSEEN};
pub use node_mysql::{MARIADB_JS, MYSQL_JS, MYSQL2};
pub use node_pg::NODE_PG;
pub use rust::{CONNECTOR, SQLX_MYSQL, SQLX_POSTGRES, TOKIO_POSTGRES};
pub use unnamed::{
    MYSQL_JDBC, MYSQL_MODE, MYSQL_URL, POSTGRES_ENVIRONMENT, POSTGRES_IN_NODE, POSTGRES_KEYWORDS, POSTGRES_URL,
};
pub use {
    aiomysql::AIOMYSQL, asyncpg::ASYNCPG, mysql_connector::MYSQL_CONNECTOR, mysqlclient::MYSQLCLIENT, npgsql::NPGSQL,
    pg8000::PG8000, pgjdbc::PGJDBC, postgres_js::POSTGRES_JS, pymysql::PYMYSQL,
};

/// A driver: a library that speaks a database's protocol, and so decides what a setting means.
pub struct Driver {
    /// As its users call it.
    pub name: &'static str,
    /// What the packages that hold it are called where they are installed; the first is the usual one.
    pub packages: &'static [&'static str],
    /// What it talks to.
    pub database: Database,
    /// What its settings mean.
    pub judge: fn(&Settings<'_>) -> Judgement,
    /// What to write so that it verifies, with `{path}` where the bundle's path goes.
    pub remedy: &'static str,
}

/// Two are the same when they are called the same.
impl PartialEq for Driver {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name)
    }
}

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// PostgreSQL, Aurora PostgreSQL.
    PostgreSql,
    /// MySQL, MariaDB, Aurora MySQL.
    MySql,
}

/// Every driver.
pub static DRIVERS: &[&Driver] = &[
    &PSYCOPG2,
    &PSYCOPG,
    &ASYNCPG,
    &PG8000,
    &PYMYSQL,
    &AIOMYSQL,
    &MYSQLCLIENT,
    &MYSQL_CONNECTOR,
    &LIBPQ,
    &NODE_PG,
    &POSTGRES_JS,
    &MYSQL2,
    &MYSQL_JS,
    &MARIADB_JS,
    &NODE_ENVIRONMENT,
    &PGJDBC,
    &MARIADB_JDBC,
    &CONNECTOR_J,
    &LIB_PQ,
    &PGX,
    &GO_MYSQL,
    &NPGSQL,
    &SQLX_POSTGRES,
    &SQLX_MYSQL,
    &TOKIO_POSTGRES,
    &POSTGRES_URL,
    &POSTGRES_KEYWORDS,
    &POSTGRES_ENVIRONMENT,
    &POSTGRES_IN_NODE,
    &MYSQL_URL,
    &MYSQL_MODE,
    &MYSQL_JDBC,
];

/// The driver of that name.
pub fn find(name: &str) -> Option<&'static Driver> {
    DRIVERS.iter().find(|driver| driver.name == name).copied()
}

/// The name of a package that holds a driver, as the driver's record writes it; none for others. Names of PyPI are the same with `-`, `_`
/// and `.`, and in any case.
pub fn package(name: &str) -> Option<&'static str> {
    let normal = |name: &str| name.to_ascii_lowercase().replace(['_', '.'], "-");
    let wanted = normal(name);
    let mut packages = DRIVERS.iter().flat_map(|driver| driver.packages);
    packages.find(|package| normal(package) == wanted).copied()
}

/// What settings come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// What the connection does.
    pub outcome: Outcome,
    /// Whom it trusts, where it checks; none where it does not.
    pub authorities: Option<Authorities>,
    /// What is not as it looks.
    pub traps: Vec<Trap>,
    /// What it does by its defaults, where something from outside decides.
    pub by_default: Option<TlsMode>,
}

/// What a connection does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It goes as far as this.
    Known {
        /// How far.
        mode: TlsMode,
        /// Whether a server that offers no TLS is talked to in plain text, although what it shows would be checked.
        strippable: bool,
    },
    /// It never connects; why.
    Refuses(String),
    /// TLS does not come into it: a Unix socket.
    Local,
    /// Can't be told, since …
    Undetermined(String),
}

/// The three answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It verifies whom it talks to, or does not talk.
    Verifies,
    /// It talks to whoever answers.
    NotVerified,
    /// It can't be told.
    Undetermined,
}

/// Something that is not as it looks.
#[derive(Clone, Debug, PartialEq)]
pub enum Trap {
    /// Nothing is said about TLS at all: the driver's default decides.
    Default,
    /// A root file is given, and no mode that needs it.
    RootWithoutMode {
        /// The parameter with the file.
        parameter: String,
        /// The file.
        file: Value,
    },
    /// Authorities are loaded, and nothing is held against them.
    AuthoritiesNotUsed {
        /// The parameter, or what loads them.
        parameter: String,
    },
    /// The driver does not know the parameter, and says nothing about it.
    Ignored {
        /// The parameter.
        parameter: String,
    },
    /// Where the file is missing, nothing is checked and nothing is said.
    FallsOpen {
        /// The file.
        file: Value,
    },
    /// What it does depends on the driver's version, which is not known here.
    Version(&'static str),
}

impl Judgement {
    /// What goes as far as this.
    pub fn known(mode: TlsMode) -> Self {
        Self::of(Outcome::Known { mode, strippable: false })
    }

    /// What never connects.
    pub fn refuses(why: impl Into<String>) -> Self {
        Self::of(Outcome::Refuses(why.into()))
    }

    /// What can't be told.
    pub fn undetermined(why: impl Into<String>) -> Self {
        Self::of(Outcome::Undetermined(why.into()))
    }

    /// That outcome and nothing else.
    pub fn of(outcome: Outcome) -> Self {
        Self { outcome, authorities: None, traps: Vec::new(), by_default: None }
    }

    /// With those whom it trusts.
    #[must_use]
    pub fn trusting(mut self, authorities: Authorities) -> Self {
        self.authorities = Some(authorities);
        self
    }

    /// With a trap.
    #[must_use]
    pub fn trap(mut self, trap: Trap) -> Self {
        self.traps.push(trap);
        self
    }

    /// As what talks in plain text to a server that offers no TLS.
    #[must_use]
    pub fn strippable(mut self) -> Self {
        if let Outcome::Known { strippable, .. } = &mut self.outcome {
            *strippable = true;
        }
        self
    }

    /// Verified or not, in one of three words.
    pub fn answer(&self) -> Answer {
        match &self.outcome {
            Outcome::Known { mode, .. } if mode.verifies() => Answer::Verifies,
            Outcome::Known { .. } => Answer::NotVerified,
            Outcome::Refuses(_) => Answer::Verifies,
            Outcome::Local | Outcome::Undetermined(_) => Answer::Undetermined,
        }
    }

    /// The file in which it looks for authorities; none where it looks nowhere, or falls open without it.
    pub fn file(&self) -> Option<&Value> {
        let without_mode = self.traps.iter().find_map(|trap| match trap {
            Trap::RootWithoutMode { file, .. } => Some(file),
            _ => None,
        });
        match &self.authorities {
            Some(Authorities::File(path)) => Some(path),
            _ => without_mode.filter(|_| self.mode() != Some(TlsMode::Disable)),
        }
    }

    /// How far it goes, where that is known.
    pub fn mode(&self) -> Option<TlsMode> {
        match self.outcome {
            Outcome::Known { mode, .. } => Some(mode),
            _ => None,
        }
    }
}

impl Answer {
    /// As written in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Answer::Verifies => "verifies",
            Answer::NotVerified => "not-verified",
            Answer::Undetermined => "undetermined",
        }
    }
}
