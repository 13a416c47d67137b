//! Work: claimed with a lease, renewed, put off, given up.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};

use super::super::{
    Claim, Id, LayerWork, Lease, Pending, Remaining, RepositoryWork, Step, StoreError, TagWork, Ticket, Work,
};
use super::{digest, milliseconds, size, texts};

/// The next pieces of work of a kind. `?1` is the sweep, `?2` now, `?3` the largest size, `?4` how many; the first six columns are those
/// that [`pending`] reads.
const REPOSITORY: &str = "
    SELECT w.id, w.fence, w.attempts, w.registry, w.name, w.due, w.cursor
    FROM repositories w
    WHERE w.sweep = ?1 AND w.pending AND w.due <= ?2 AND ?3 >= 0
      AND w.registry NOT IN (SELECT host FROM hosts WHERE blocked_until > ?2)
    ORDER BY w.due, w.id LIMIT ?4";
const TAG: &str = "
    SELECT w.id, w.fence, w.attempts, r.registry, r.name, w.due, w.name, w.listed, m.digest
    FROM tags w CROSS JOIN repositories r ON r.id = w.repository LEFT JOIN manifests m ON m.id = w.root
    WHERE w.sweep = ?1 AND w.pending AND w.due <= ?2 AND ?3 >= 0
      AND r.registry NOT IN (SELECT host FROM hosts WHERE blocked_until > ?2)
    ORDER BY w.due, w.id LIMIT ?4";
const LAYER: &str = "
    SELECT w.id, w.fence, w.attempts, r.registry, r.name, w.due, w.digest, w.size, w.diff_id, w.wanted
    FROM layers w CROSS JOIN repositories r ON r.id = w.repository
    WHERE w.sweep = ?1 AND w.pending AND w.due <= ?2 AND w.size <= ?3
      AND r.registry NOT IN (SELECT host FROM hosts WHERE blocked_until > ?2)
    ORDER BY w.due, w.id LIMIT ?4";

/// When there may be more: the earliest time at which something is due and its host is not blocked.
const LATER: [&str; 3] = [
    "SELECT min(max(w.due, coalesce(h.blocked_until, 0))) FROM repositories w LEFT JOIN hosts h ON h.host = w.registry
     WHERE w.sweep = ?1 AND w.pending AND ?2 >= 0",
    "SELECT min(max(w.due, coalesce(h.blocked_until, 0)))
     FROM tags w JOIN repositories r ON r.id = w.repository LEFT JOIN hosts h ON h.host = r.registry
     WHERE w.sweep = ?1 AND w.pending AND ?2 >= 0",
    "SELECT min(max(w.due, coalesce(h.blocked_until, 0)))
     FROM layers w JOIN repositories r ON r.id = w.repository LEFT JOIN hosts h ON h.host = r.registry
     WHERE w.sweep = ?1 AND w.pending AND w.size <= ?2",
];

/// The table of a kind of work.
const fn table(step: Step) -> &'static str {
    match step {
        Step::Repository => "repositories",
        Step::Tag => "tags",
        Step::Layer => "layers",
    }
}

pub fn claim(store: &Transaction<'_>, sweep: Id, step: Step, lease: Lease) -> Result<Claim, StoreError> {
    let stopping = store
        .prepare_cached("SELECT stop FROM sweeps WHERE id = ?1")?
        .query_row([sweep], |row| row.get::<_, bool>(0))
        .optional()?;
    if stopping != Some(false) {
        return Ok(Claim::Stopping);
    }
    let query = match step {
        Step::Repository => REPOSITORY,
        Step::Tag => TAG,
        Step::Layer => LAYER,
    };
    let (now, largest) = (lease.now.as_millisecond(), size(lease.largest));
    let mut query = store.prepare_cached(query)?;
    let mut rows = query.query(params![sweep, now, largest, size(lease.most as u64)])?;
    let mut works = Vec::new();
    while let Some(row) = rows.next()? {
        works.push(work_of(store, row, pending(row, sweep, step)?)?);
    }
    drop(rows);
    if works.is_empty() {
        return later(store, sweep, step, largest);
    }
    let update = format!("UPDATE {} SET due = ?2, fence = ?3 WHERE id = ?1", table(step));
    let mut update = store.prepare_cached(&update)?;
    for Ticket { id, fence, .. } in works.iter().map(|work| work.pending().ticket) {
        update.execute(params![id, lease.until.as_millisecond(), fence])?;
    }
    Ok(Claim::Work(works))
}

/// A piece of work, whose first columns are read already.
fn work_of(store: &Connection, row: &Row<'_>, pending: Pending) -> Result<Work, StoreError> {
    Ok(match pending.ticket.step {
        Step::Repository => Work::Repository(RepositoryWork { pending, cursor: row.get(6)? }),
        Step::Tag => {
            let optional = |index| row.get::<_, Option<Vec<u8>>>(index);
            let (listed, known) = (optional(7)?, optional(8)?);
            Work::Tag(TagWork {
                pending,
                name: row.get(6)?,
                listed: listed.as_deref().map(digest).transpose()?,
                known: known.as_deref().map(digest).transpose()?,
            })
        }
        Step::Layer => Work::Layer(LayerWork {
            pending,
            digest: digest(&row.get::<_, Vec<u8>>(6)?)?,
            size: u64::try_from(row.get::<_, i64>(7)?).unwrap_or_default(),
            diff_id: digest(&row.get::<_, Vec<u8>>(8)?)?,
            watch: texts::watch(store, row.get(9)?)?,
        }),
    })
}

fn pending(row: &Row<'_>, sweep: Id, step: Step) -> Result<Pending, StoreError> {
    let ticket = Ticket { sweep, step, id: row.get(0)?, fence: row.get::<_, i64>(1)? + 1 };
    Ok(Pending { ticket, attempts: row.get(2)?, registry: row.get(3)?, repository: row.get(4)? })
}

/// What a claim comes to where nothing can be had now.
fn later(store: &Connection, sweep: Id, step: Step, largest: i64) -> Result<Claim, StoreError> {
    let [repositories, tags, layers] = LATER;
    let query = match step {
        Step::Repository => repositories,
        Step::Tag => tags,
        Step::Layer => layers,
    };
    let next: Option<i64> = store.prepare_cached(query)?.query_row(params![sweep, largest], |row| row.get(0))?;
    if let Some(next) = next {
        return Ok(Claim::Wait(milliseconds(next)?));
    }
    let left = format!("SELECT EXISTS (SELECT 1 FROM {} WHERE sweep = ?1 AND pending)", table(step));
    let left = store.prepare_cached(&left)?.query_row([sweep], |row| row.get(0))?;
    Ok(if left { Claim::TooLarge } else { Claim::Nothing })
}

/// Whether a claim still holds.
pub fn holds(store: &Connection, ticket: Ticket) -> Result<bool, StoreError> {
    let query =
        format!("SELECT EXISTS (SELECT 1 FROM {} WHERE id = ?1 AND fence = ?2 AND pending)", table(ticket.step));
    Ok(store.prepare_cached(&query)?.query_row(params![ticket.id, ticket.fence], |row| row.get(0))?)
}

pub fn renew(store: &Connection, ticket: Ticket, until: Timestamp) -> Result<bool, StoreError> {
    let update = format!("UPDATE {} SET due = ?3 WHERE id = ?1 AND fence = ?2 AND pending", table(ticket.step));
    let changed = store.prepare_cached(&update)?.execute(params![ticket.id, ticket.fence, until.as_millisecond()])?;
    Ok(changed > 0)
}

pub fn postpone(store: &Connection, ticket: Ticket, until: Timestamp, failed: bool) -> Result<bool, StoreError> {
    let update = format!(
        "UPDATE {} SET due = ?3, attempts = attempts + ?4 WHERE id = ?1 AND fence = ?2 AND pending",
        table(ticket.step)
    );
    let values = params![ticket.id, ticket.fence, until.as_millisecond(), failed];
    Ok(store.prepare_cached(&update)?.execute(values)? > 0)
}

pub fn fail(store: &Connection, ticket: Ticket, reason: &str) -> Result<bool, StoreError> {
    let update = format!(
        "UPDATE {} SET pending = 0, due = 0, failure = ?3 WHERE id = ?1 AND fence = ?2 AND pending",
        table(ticket.step)
    );
    Ok(store.prepare_cached(&update)?.execute(params![ticket.id, ticket.fence, reason])? > 0)
}

pub fn end_leases(store: &Transaction<'_>) -> Result<(), StoreError> {
    for step in [Step::Repository, Step::Tag, Step::Layer] {
        store.execute(&format!("UPDATE {} SET due = 0 WHERE pending AND due > 0", table(step)), [])?;
    }
    Ok(())
}

pub fn block(store: &Connection, host: &str, until: Timestamp) -> Result<(), StoreError> {
    store.execute(
        "INSERT INTO hosts (host, blocked_until) VALUES (?1, ?2)
         ON CONFLICT (host) DO UPDATE SET blocked_until = max(blocked_until, ?2)",
        params![host, until.as_millisecond()],
    )?;
    Ok(())
}

pub fn blocked(store: &Connection, now: Timestamp) -> Result<Vec<(String, Timestamp)>, StoreError> {
    let mut query = store.prepare("SELECT host, blocked_until FROM hosts WHERE blocked_until > ?1 ORDER BY host")?;
    let rows = query.query_map([now.as_millisecond()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.map(|row| row.map_err(StoreError::from).and_then(|(host, until)| Ok((host, milliseconds(until)?)))).collect()
}

pub fn pull_from_elsewhere(store: &Connection, ticket: Ticket) -> Result<bool, StoreError> {
    if ticket.step != Step::Layer || !holds(store, ticket)? {
        return Ok(false);
    }
    let next: Option<Id> = store.query_row(
        "SELECT min(t.repository) FROM image_layers i JOIN roots r ON r.image = i.image JOIN tags t ON t.root = r.root
         WHERE i.layer = ?1 AND t.repository > (SELECT repository FROM layers WHERE id = ?1)",
        [ticket.id],
        |row| row.get(0),
    )?;
    let Some(next) = next else { return Ok(false) };
    store.execute("UPDATE layers SET repository = ?2, due = 0 WHERE id = ?1", [ticket.id, next])?;
    Ok(true)
}

pub fn remaining(store: &Connection, sweep: Id) -> Result<Remaining, StoreError> {
    let one = |query: &str| -> Result<u64, StoreError> {
        let number: Option<i64> = store.prepare_cached(query)?.query_row([sweep], |row| row.get(0))?;
        Ok(number.and_then(|number| u64::try_from(number).ok()).unwrap_or_default())
    };
    Ok(Remaining {
        repositories: one("SELECT count(*) FROM repositories WHERE sweep = ?1")?,
        repositories_left: one("SELECT count(*) FROM repositories WHERE sweep = ?1 AND pending")?,
        tags: one("SELECT count(*) FROM tags WHERE sweep = ?1")?,
        tags_left: one("SELECT count(*) FROM tags WHERE sweep = ?1 AND pending")?,
        layers_left: one("SELECT count(*) FROM layers WHERE sweep = ?1 AND pending")?,
        bytes_left: one("SELECT sum(size) FROM layers WHERE sweep = ?1 AND pending")?,
    })
}
