//! The schema of the SQLite store: its version, and how an older one becomes the present one.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, TransactionBehavior};

use super::{StoreError, facts};

/// Tells SQLite files of this program from others (`PRAGMA application_id`): "rdsc" in ASCII.
const APPLICATION: i64 = 0x7264_7363;

/// What makes the schema of each version from that of the one before, the first from nothing. Never changed, only added to.
const MIGRATIONS: &[&str] = &[include_str!("schema/1.sql"), include_str!("schema/2.sql"), include_str!("schema/3.sql")];

/// The version of the present schema.
const NEWEST: i64 = MIGRATIONS.len() as i64;

/// The version of a database's schema, where it is one of this program; 0 of an empty one.
fn version_of(connection: &Connection, path: &str) -> Result<i64, StoreError> {
    let number = |query: &str| connection.query_row(query, [], |row| row.get::<_, i64>(0));
    if number("SELECT count(*) FROM sqlite_schema")? > 0 && number("PRAGMA application_id")? != APPLICATION {
        let why = "it is a database of another program".to_owned();
        return Err(StoreError::Open { path: path.to_owned(), why });
    }
    match number("PRAGMA user_version")? {
        found if found > NEWEST => Err(StoreError::Newer { path: path.to_owned(), found, known: NEWEST }),
        version => Ok(version),
    }
}

/// Brings a database to the present schema.
pub fn prepare(connection: &mut Connection, path: &str) -> Result<(), StoreError> {
    connection.busy_timeout(std::time::Duration::from_secs(30))?;
    // Before anything of it is changed.
    version_of(connection, path)?;
    // A process that is killed loses nothing, a machine without power the last moments; and readers do not wait for writers.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // KiB, negative: SQLite's own unit for bytes instead of pages.
    connection.pragma_update(None, "cache_size", -32_768)?;
    connection.set_prepared_statement_cache_capacity(64);
    // Without it SQLite plans a statement anew whenever a value that might change its plan is bound: in a third of all of a sweep's time.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have done it in the meantime.
    let done = usize::try_from(version_of(&transaction, path)?).unwrap_or_default();
    for migration in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", NEWEST)?;
    // Facts that other code has recorded are not those that this one would.
    transaction.execute(
        "UPDATE layers SET facts = NULL, watch = NULL WHERE facts IS NOT NULL AND meaning <> ?1",
        [facts::MEANING],
    )?;
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A store as the first version left it: one sweep, one layer, one tag.
    fn first() -> Connection {
        let store = Connection::open_in_memory().unwrap();
        store.execute_batch(MIGRATIONS[0]).unwrap();
        store.pragma_update(None, "application_id", APPLICATION).unwrap();
        store.pragma_update(None, "user_version", 1).unwrap();
        store
            .execute_batch(
                "INSERT INTO texts (id, digest, text) VALUES (1, x'00', 'scope');
                 INSERT INTO sweeps (id, scope, began, ended, complete, counts) VALUES (1, 1, 10, 20, 1, '{}');
                 INSERT INTO repositories (id, registry, name, sweep, pending) VALUES (1, 'r', 'a', 1, 0);
                 INSERT INTO layers (digest, size, media_type, diff_id, repository, sweep, pending, wanted, watch, meaning, facts)
                 VALUES (x'01', 5, 1, x'01', 1, 1, 0, 1, 1, 0, x'02'), (x'03', 5, 1, x'03', 1, 1, 0, 1, 1, 0, x'04');",
            )
            .unwrap();
        store.execute("UPDATE layers SET meaning = ?1 WHERE digest = x'01'", [facts::MEANING]).unwrap();
        store
    }

    #[test]
    fn a_store_of_the_first_version_is_brought_up_to_date_and_keeps_what_it_has() {
        let mut store = first();
        for _ in 0..2 {
            prepare(&mut store, "old.db").unwrap();
            let number = |query: &str| store.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap();
            assert_eq!(number("PRAGMA user_version"), NEWEST);
            assert_eq!(number("SELECT count(*) FROM sweeps WHERE complete"), 1);
            assert_eq!(number("SELECT count(*) FROM missed"), 0);
            // Facts that mean something else are not believed; the others are.
            assert_eq!(number("SELECT count(*) FROM layers WHERE facts IS NOT NULL AND digest = x'01'"), 1);
            assert_eq!(number("SELECT count(*) FROM layers WHERE facts IS NULL AND digest = x'03'"), 1);
        }
    }

    #[test]
    fn what_is_not_a_store_of_this_program_is_not_touched() {
        let mut newer = first();
        newer.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(prepare(&mut newer, "newer.db"), Err(StoreError::Newer { found: 99, .. })));
        let mut other = Connection::open_in_memory().unwrap();
        other.execute_batch("CREATE TABLE mine (x)").unwrap();
        assert!(matches!(prepare(&mut other, "other.db"), Err(StoreError::Open { .. })));
        let tables: i64 = other.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 1);
    }
}
