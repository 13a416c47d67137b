//! The schema of the SQLite store: its version, and how an older one becomes the present one.

use rusqlite::{Connection, TransactionBehavior};

use super::{StoreError, facts};

/// Tells SQLite files of this program from others (`PRAGMA application_id`): "rdsc" in ASCII.
const APPLICATION: i64 = 0x7264_7363;

/// What makes the schema of each version from that of the one before, the first from nothing. Never changed, only added to.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql")];

/// Brings a database to the present schema.
pub fn prepare(connection: &mut Connection, path: &str) -> Result<(), StoreError> {
    connection.busy_timeout(std::time::Duration::from_secs(30))?;
    // A process that is killed loses nothing, a machine without power the last moments; and readers do not wait for writers.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // KiB, negative: SQLite's own unit for bytes instead of pages.
    connection.pragma_update(None, "cache_size", -32_768)?;
    connection.set_prepared_statement_cache_capacity(64);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let number = |pragma| transaction.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables > 0 && application != APPLICATION {
        let why = "it is a database of another program".to_owned();
        return Err(StoreError::Open { path: path.to_owned(), why });
    }
    let known = MIGRATIONS.len() as i64;
    if version > known {
        return Err(StoreError::Newer { path: path.to_owned(), found: version, known });
    }
    let done = usize::try_from(version).unwrap_or_default();
    for migration in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", known)?;
    // Facts that other code has recorded are not those that this one would.
    transaction.execute(
        "UPDATE layers SET facts = NULL, watch = NULL WHERE facts IS NOT NULL AND meaning <> ?1",
        [facts::MEANING],
    )?;
    transaction.commit()?;
    Ok(())
}
