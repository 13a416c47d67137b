//! Sweeps: begun, taken up again, ended.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::super::{Begun, Ended, Id, StoreError, SweepRow};
use super::{seconds, size, texts};

pub fn begin(store: &Connection, scope: &str, now: Timestamp, fresh_since: Timestamp) -> Result<Begun, StoreError> {
    let scope = texts::id(store, scope)?;
    // Only the very last one: a later one of another scope may have taken over what it had to do.
    let last = store
        .query_row("SELECT id, scope, began, complete, bytes FROM sweeps ORDER BY id DESC LIMIT 1", [], |row| {
            Ok((row.get::<_, Id>(0)?, row.get::<_, Id>(1)?, row.get::<_, i64>(2)?, row.get(3)?, row.get(4)?))
        })
        .optional()?;
    if let Some((sweep, same, began, complete, bytes)) = last {
        let complete: bool = complete;
        let bytes: i64 = bytes;
        let began = seconds(began)?;
        if same == scope && !complete && began >= fresh_since {
            store.execute("UPDATE sweeps SET ended = NULL, stop = 0 WHERE id = ?1", [sweep])?;
            return Ok(Begun { sweep, at: began, resumed: true, bytes: u64::try_from(bytes).unwrap_or_default() });
        }
    }
    // A sweep that nobody will go on with is over.
    store.execute("UPDATE sweeps SET ended = ?1 WHERE ended IS NULL", [now.as_second()])?;
    store.execute("INSERT INTO sweeps (scope, began) VALUES (?1, ?2)", params![scope, now.as_second()])?;
    Ok(Begun { sweep: store.last_insert_rowid(), at: seconds(now.as_second())?, resumed: false, bytes: 0 })
}

pub fn sweeps(store: &Connection) -> Result<Vec<SweepRow>, StoreError> {
    let mut query = store.prepare(
        "SELECT s.id, t.text, s.began, s.ended, s.complete, s.counts
         FROM sweeps s JOIN texts t ON t.id = s.scope ORDER BY s.id",
    )?;
    let rows = query.query_map([], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, Option<i64>>(3)?, row.get(4)?, row.get(5)?))
    })?;
    rows.map(|row| {
        let (id, scope, began, ended, complete, counts) = row?;
        Ok(SweepRow { id, scope, began: seconds(began)?, ended: ended.map(seconds).transpose()?, complete, counts })
    })
    .collect()
}

pub fn carry_over(store: &Connection, from: Id, to: Id) -> Result<(), StoreError> {
    store.execute(
        "INSERT OR IGNORE INTO listings (sweep, registry, cursor, done, failure)
         SELECT ?2, registry, cursor, done, failure FROM listings WHERE sweep = ?1",
        [from, to],
    )?;
    for table in ["repositories", "tags", "layers"] {
        store.execute(&format!("UPDATE {table} SET sweep = ?2 WHERE sweep = ?1"), [from, to])?;
    }
    Ok(())
}

pub fn end(store: &Connection, sweep: Id, ended: &Ended) -> Result<(), StoreError> {
    store.execute(
        "UPDATE sweeps SET ended = ?2, complete = ?3, counts = ?4 WHERE id = ?1",
        params![sweep, ended.at.as_second(), ended.complete, ended.counts],
    )?;
    Ok(())
}

pub fn account(store: &Connection, sweep: Id, bytes: u64, requests: u64) -> Result<(), StoreError> {
    let mut update =
        store.prepare_cached("UPDATE sweeps SET bytes = bytes + ?2, requests = requests + ?3 WHERE id = ?1")?;
    update.execute(params![sweep, size(bytes), size(requests)])?;
    Ok(())
}
