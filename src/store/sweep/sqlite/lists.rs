//! What registries list: repositories and tags.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::super::{Id, ListEnd, Listing, NewTag, StoreError, Ticket};
use super::{digest, seconds, work};

pub fn listing(store: &Connection, sweep: Id, registry: &str) -> Result<Listing, StoreError> {
    let found = store
        .query_row(
            "SELECT cursor, done, failure FROM listings WHERE sweep = ?1 AND registry = ?2",
            params![sweep, registry],
            |row| Ok(Listing { cursor: row.get(0)?, done: row.get(1)?, failure: row.get(2)? }),
        )
        .optional()?;
    Ok(found.unwrap_or_default())
}

pub fn add_repositories(
    store: &Connection,
    sweep: Id,
    registry: &str,
    names: &[String],
    listing: &Listing,
) -> Result<(), StoreError> {
    let mut insert = store.prepare_cached(
        "INSERT INTO repositories (registry, name, sweep, pending) VALUES (?1, ?2, ?3, 1)
         ON CONFLICT (registry, name) DO UPDATE
         SET sweep = ?3, pending = 1, due = 0, attempts = 0, cursor = NULL, failure = NULL WHERE sweep <> ?3",
    )?;
    for name in names {
        insert.execute(params![registry, name, sweep])?;
    }
    store.execute(
        "INSERT INTO listings (sweep, registry, cursor, done, failure) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (sweep, registry) DO UPDATE SET cursor = ?3, done = ?4, failure = ?5",
        params![sweep, registry, listing.cursor, listing.done, listing.failure],
    )?;
    Ok(())
}

pub fn add_images(
    store: &Connection,
    sweep: Id,
    registry: &str,
    images: &[(String, String)],
) -> Result<(), StoreError> {
    let mut repository = store.prepare_cached(
        "INSERT INTO repositories (registry, name, sweep, pending) VALUES (?1, ?2, ?3, 0)
         ON CONFLICT (registry, name) DO UPDATE
         SET sweep = ?3, pending = 0, due = 0, attempts = 0, cursor = NULL, failure = NULL WHERE sweep <> ?3",
    )?;
    let mut find = store.prepare_cached("SELECT id FROM repositories WHERE registry = ?1 AND name = ?2")?;
    for (name, reference) in images {
        repository.execute(params![registry, name, sweep])?;
        let id = find.query_row(params![registry, name], |row| row.get(0))?;
        add_tag(store, sweep, id, &NewTag { name: reference.clone(), digest: None, pushed: None })?;
    }
    Ok(())
}

fn add_tag(store: &Connection, sweep: Id, repository: Id, tag: &NewTag) -> Result<(), StoreError> {
    let mut insert = store.prepare_cached(
        "INSERT INTO tags (repository, name, sweep, pending, listed, pushed) VALUES (?1, ?2, ?3, 1, ?4, ?5)
         ON CONFLICT (repository, name) DO UPDATE
         SET sweep = ?3, pending = 1, due = 0, attempts = 0, failure = NULL, listed = ?4, pushed = ?5 WHERE sweep <> ?3",
    )?;
    let listed = tag.digest.as_ref().map(|digest| digest.as_bytes().as_slice());
    insert.execute(params![repository, tag.name, sweep, listed, tag.pushed.map(Timestamp::as_second)])?;
    Ok(())
}

pub fn add_tags(store: &Connection, ticket: Ticket, tags: &[NewTag], next: Option<&str>) -> Result<bool, StoreError> {
    if !work::holds(store, ticket)? {
        return Ok(false);
    }
    for tag in tags {
        add_tag(store, ticket.sweep, ticket.id, tag)?;
    }
    store
        .prepare_cached("UPDATE repositories SET cursor = ?2, attempts = 0 WHERE id = ?1")?
        .execute(params![ticket.id, next])?;
    Ok(true)
}

pub fn tags_of(store: &Connection, sweep: Id, repository: Id) -> Result<Vec<(Id, NewTag)>, StoreError> {
    let mut query = store.prepare_cached(
        "SELECT id, name, listed, pushed FROM tags WHERE repository = ?1 AND sweep = ?2 ORDER BY name",
    )?;
    let rows = query.query_map(params![repository, sweep], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get::<_, Option<Vec<u8>>>(2)?, row.get::<_, Option<i64>>(3)?))
    })?;
    rows.map(|row| {
        let (id, name, listed, pushed) = row?;
        let tag = NewTag {
            name,
            digest: listed.as_deref().map(digest).transpose()?,
            pushed: pushed.map(seconds).transpose()?,
        };
        Ok((id, tag))
    })
    .collect()
}

pub fn end(store: &Connection, ListEnd { ticket, last, dropped }: &ListEnd) -> Result<bool, StoreError> {
    let ticket = *ticket;
    if !work::holds(store, ticket)? {
        return Ok(false);
    }
    for tag in last {
        add_tag(store, ticket.sweep, ticket.id, tag)?;
    }
    let mut drop = store.prepare_cached("UPDATE tags SET sweep = -1, pending = 0 WHERE id = ?1")?;
    for id in dropped {
        drop.execute([id])?;
    }
    store.prepare_cached("UPDATE repositories SET pending = 0, cursor = NULL WHERE id = ?1")?.execute([ticket.id])?;
    Ok(true)
}

pub fn unlisted(store: &Connection, sweep: Id) -> Result<Vec<(String, String, String)>, StoreError> {
    let mut query = store.prepare(
        "SELECT registry, '', failure FROM listings WHERE sweep = ?1 AND failure IS NOT NULL
         UNION ALL
         SELECT registry, name, failure FROM repositories WHERE sweep = ?1 AND failure IS NOT NULL
         ORDER BY 1, 2",
    )?;
    let rows = query.query_map([sweep], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
