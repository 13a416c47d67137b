//! What shows that something talks to a database that RDS may run, and so needs the bundle.

/// The domain of RDS endpoints; those in China have `.cn` behind it.
const DOMAIN: &str = ".rds.amazonaws.com";

/// Variables that drivers and frameworks take a database from: beginnings of names, and whole names.
const BEGINNINGS: &[&str] = &["PG", "MYSQL_", "POSTGRES_", "POSTGRESQL_", "MARIADB_"];
const NAMES: &[&str] = &["DATABASE_URL", "DB_HOST", "DB_URL", "SPRING_DATASOURCE_URL", "SQLALCHEMY_DATABASE_URI"];

/// Lists of dependencies, and the drivers that stand in them. What is taken from a package by another one is not listed there.
const MANIFESTS: &[(&[&str], &[&str])] = &[
    (
        &["requirements.txt", "pyproject.toml", "Pipfile"],
        &[
            "psycopg",
            "psycopg2",
            "psycopg2-binary",
            "asyncpg",
            "pg8000",
            "pymysql",
            "PyMySQL",
            "aiomysql",
            "asyncmy",
            "mysqlclient",
            "mysql-connector-python",
            "mariadb",
            "oracledb",
            "cx_Oracle",
            "pymssql",
            "pyodbc",
            "aws-advanced-python-wrapper",
        ],
    ),
    (
        &["package.json"],
        &[
            "pg",
            "pg-promise",
            "postgres",
            "mysql",
            "mysql2",
            "mariadb",
            "mssql",
            "tedious",
            "oracledb",
            "@prisma/client",
        ],
    ),
    (
        &["go.mod"],
        &[
            "github.com/lib/pq",
            "github.com/jackc/pgx",
            "github.com/go-sql-driver/mysql",
            "github.com/microsoft/go-mssqldb",
            "github.com/denisenkom/go-mssqldb",
            "github.com/godror/godror",
            "github.com/sijms/go-ora",
        ],
    ),
    (
        &["pom.xml", "build.gradle", "build.gradle.kts"],
        &[
            "postgresql",
            "r2dbc-postgresql",
            "mysql-connector-j",
            "mysql-connector-java",
            "mariadb-java-client",
            "mssql-jdbc",
            "ojdbc8",
            "ojdbc11",
            "aws-advanced-jdbc-wrapper",
            "aws-mysql-jdbc",
        ],
    ),
    (&["Gemfile"], &["pg", "mysql2", "trilogy", "tiny_tds", "ruby-oci8"]),
];

/// Whether a variable of that name says which database is talked to, or a value names one of RDS.
pub fn by_variable(name: &str, value: &str) -> bool {
    NAMES.contains(&name) || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning)) || by_host(value)
}

/// Whether a text names the host of an RDS database. The places where AWS serves bundles are none.
pub fn by_host(text: &str) -> bool {
    text.match_indices(DOMAIN).any(|(at, _)| {
        let host = text.get(..at).unwrap_or_default();
        let start = host.rfind(|character: char| !(character.is_ascii_alphanumeric() || "-._{}$".contains(character)));
        let host = host.get(start.map_or(0, |start| start + 1)..).unwrap_or_default();
        !host.is_empty() && !host.starts_with("truststore.pki")
    })
}

/// Whether a file of that name lists dependencies.
pub fn is_manifest(name: &str) -> bool {
    MANIFESTS.iter().any(|(names, _)| names.contains(&name))
}

/// The database driver that a list of dependencies names, if it names one.
pub fn by_manifest(name: &str, text: &str) -> Option<&'static str> {
    let (_, drivers) = MANIFESTS.iter().find(|(names, _)| names.contains(&name))?;
    let lines = || text.lines().filter(|line| !line.trim_start().starts_with(['#', '/']));
    drivers.iter().find(|driver| lines().any(|line| names(line, driver))).copied()
}

/// Whether a line has a name as a word of its own.
fn names(line: &str, name: &str) -> bool {
    let is_part = |character: char| character.is_ascii_alphanumeric() || "-_.@/".contains(character);
    line.match_indices(name).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        let behind = line.get(at + name.len()..).and_then(|behind| behind.chars().next());
        // A module of Go has its version behind a `/`.
        !before.is_some_and(is_part) && !behind.is_some_and(|behind| behind != '/' && is_part(behind))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_databases_are_told_from_those_of_bundles() {
        for text in [
            "db.abc123.eu-west-1.rds.amazonaws.com",
            "postgres://u:p@x.cluster-abc.us-east-1.rds.amazonaws.com:5432/x",
            "${NAME}.abc.cn-north-1.rds.amazonaws.com.cn",
        ] {
            assert!(by_host(text), "{text}");
        }
        for text in [
            "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem",
            "https://truststore.pki.us-gov-west-1.rds.amazonaws.com/global/global-bundle.pem",
            "the domain .rds.amazonaws.com",
            "rds.amazonaws.com",
        ] {
            assert!(!by_host(text), "{text}");
        }
    }

    #[test]
    fn variables_of_databases_are_known() {
        for name in ["PGHOST", "MYSQL_HOST", "DATABASE_URL", "POSTGRES_USER"] {
            assert!(by_variable(name, ""), "{name}");
        }
        for name in ["PATH", "DATABASE_URLS", "MYSQLX", "DB"] {
            assert!(!by_variable(name, "x"), "{name}");
        }
        assert!(by_variable("HOST", "a.b.eu-west-1.rds.amazonaws.com"));
    }

    #[test]
    fn drivers_are_words_of_a_manifest() {
        for (name, text, driver) in [
            ("requirements.txt", "flask\npsycopg2-binary==2.9\n", Some("psycopg2-binary")),
            ("requirements.txt", "# psycopg2\npsycopg2-pool\nmy-pymysql\n", None),
            ("pyproject.toml", "dependencies = [\"asyncpg>=0.29\"]\n", Some("asyncpg")),
            ("package.json", "{\"dependencies\": {\"pg\": \"8\"}}", Some("pg")),
            ("package.json", "{\"dependencies\": {\"pg-format\": \"8\", \"@types/pg\": \"8\"}}", None),
            ("go.mod", "require github.com/jackc/pgx/v5 v5.5.0\n", Some("github.com/jackc/pgx")),
            ("pom.xml", "<artifactId>postgresql</artifactId>", Some("postgresql")),
            ("Gemfile", "gem 'pg'\n", Some("pg")),
            ("README.md", "psycopg2", None),
        ] {
            assert_eq!(by_manifest(name, text), driver, "{name}: {text}");
        }
    }
}
