//! What tags point at, and what they pointed at before.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::super::{Id, Sighting, StoreError, TagImage, TagRow, Unread, Verdict};
use super::texts::Memo;
use super::{digest, seconds, size, texts};
use crate::digest::Digest;

pub fn tags(store: &Connection, sweep: Id, after: Id, limit: usize) -> Result<Vec<TagRow>, StoreError> {
    let mut query = store.prepare_cached(
        "SELECT t.id, r.registry, r.name, t.name, t.failure, t.pending, t.root
         FROM tags t JOIN repositories r ON r.id = t.repository
         WHERE t.id > ?2 AND t.sweep = ?1 ORDER BY t.id LIMIT ?3",
    )?;
    let rows = query.query_map(params![sweep, after, size(limit as u64)], |row| {
        let (failure, pending): (Option<String>, bool) = (row.get(4)?, row.get(5)?);
        let tag = TagRow {
            id: row.get(0)?,
            registry: row.get(1)?,
            repository: row.get(2)?,
            name: row.get(3)?,
            resolved: !pending && failure.is_none(),
            failure,
            images: Vec::new(),
        };
        Ok((tag, row.get::<_, Option<Id>>(6)?))
    })?;
    let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
    let mut known = Known::default();
    rows.into_iter()
        .map(|(tag, root)| match root.filter(|_| tag.resolved) {
            Some(root) => Ok(TagRow { images: images(store, tag.id, root, &mut known)?, ..tag }),
            None => Ok(tag),
        })
        .collect()
}

/// What images have in common.
#[derive(Default)]
struct Known {
    texts: Memo<str>,
    verdicts: Memo<Verdict>,
}

fn images(store: &Connection, tag: Id, root: Id, known: &mut Known) -> Result<Vec<TagImage>, StoreError> {
    let mut query = store.prepare_cached(
        "SELECT m.id, m.digest, m.platform, m.settings, m.failure, v.verdict, v.judged_by,
                (SELECT w.began FROM sightings s JOIN sweeps w ON w.id = s.first
                 WHERE s.tag = ?2 AND s.image = m.id ORDER BY s.first LIMIT 1)
         FROM roots r JOIN manifests m ON m.id = r.image LEFT JOIN verdicts v ON v.image = m.id
         WHERE r.root = ?1 ORDER BY m.id",
    )?;
    let rows = query.query_map([root, tag], |row| {
        Ok((
            row.get::<_, Id>(0)?,
            row.get::<_, Vec<u8>>(1)?,
            row.get::<_, Id>(2)?,
            row.get::<_, Id>(3)?,
            row.get::<_, Option<String>>(4)?,
            row.get::<_, Option<Id>>(5)?,
            row.get::<_, Option<Id>>(6)?,
            row.get::<_, Option<i64>>(7)?,
        ))
    })?;
    let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
    rows.into_iter()
        .map(|(id, bytes, platform, settings, failure, verdict, judged_by, first_seen)| {
            let (layers, layer_failure) = layers(store, id)?;
            let mut text = |id| known.texts.get(store, id, texts::text);
            let verdict = match (verdict, judged_by) {
                (Some(verdict), Some(judged_by)) => {
                    Some((known.verdicts.get(store, verdict, parse)?, text(judged_by)?))
                }
                _ => None,
            };
            Ok(TagImage {
                id,
                digest: digest(&bytes)?,
                platform: text(platform)?,
                settings: text(settings)?,
                layers,
                first_seen: first_seen.map(seconds).transpose()?,
                verdict,
                failure: failure.or(layer_failure),
            })
        })
        .collect()
}

fn parse(store: &Connection, verdict: Id) -> Result<Arc<Verdict>, StoreError> {
    Ok(Arc::new(texts::parsed(store, verdict, "a verdict")?))
}

/// Layers with their digests and sizes.
type Layers = Vec<(Digest, u64)>;

/// The layers of an image, and what is wrong with the first that could not be read.
fn layers(store: &Connection, image: Id) -> Result<(Layers, Option<String>), StoreError> {
    let mut query = store.prepare_cached(
        "SELECT l.digest, l.size, l.failure FROM image_layers i JOIN layers l ON l.id = i.layer
         WHERE i.image = ?1 ORDER BY i.position",
    )?;
    let mut rows = query.query([image])?;
    let mut layers = Vec::new();
    let mut failure: Option<String> = None;
    while let Some(row) = rows.next()? {
        let bytes: Vec<u8> = row.get(0)?;
        layers.push((digest(&bytes)?, u64::try_from(row.get::<_, i64>(1)?).unwrap_or_default()));
        if failure.is_none() {
            failure = row.get(2)?;
        }
    }
    Ok((layers, failure))
}

pub fn see(store: &Connection, sweep: Id, sightings: &[Sighting]) -> Result<(), StoreError> {
    let previous = previous(store, sweep)?;
    let mut extend = store.prepare_cached(
        "UPDATE sightings SET last = ?4 WHERE tag = ?1 AND image = ?2 AND state = ?3 AND last IN (?4, ?5)",
    )?;
    let mut forget = store.prepare_cached("DELETE FROM sightings WHERE tag = ?1 AND image = ?2 AND first = ?3")?;
    let mut insert =
        store.prepare_cached("INSERT INTO sightings (tag, image, first, last, state) VALUES (?1, ?2, ?3, ?3, ?4)")?;
    for Sighting { tag, image, state } in sightings {
        if extend.execute(params![tag, image, state, sweep, previous])? == 0 {
            // The same sweep may have come to something else before it was taken up again.
            forget.execute([tag, image, &sweep])?;
            insert.execute(params![tag, image, sweep, state])?;
        }
    }
    Ok(())
}

/// The sweep of the same scope that came to a report before; 0 where there is none. What both have seen goes on, so that a sighting is of
/// every sweep of its scope between its first and its last.
fn previous(store: &Connection, sweep: Id) -> Result<Id, StoreError> {
    let found: Option<Id> = store
        .query_row(
            "SELECT max(id) FROM sweeps
             WHERE counts IS NOT NULL AND id < ?1 AND scope = (SELECT scope FROM sweeps WHERE id = ?1)",
            [sweep],
            |row| row.get(0),
        )
        .optional()?
        .flatten();
    Ok(found.unwrap_or_default())
}

pub fn seen(store: &Connection, sweep: Id) -> Result<Vec<(String, String, String)>, StoreError> {
    let mut query = store.prepare(
        "SELECT r.registry || '/' || r.name || CASE WHEN instr(t.name, ':') THEN '@' ELSE ':' END || t.name, p.text, s.state
         FROM sightings s JOIN tags t ON t.id = s.tag JOIN repositories r ON r.id = t.repository
              JOIN manifests m ON m.id = s.image JOIN texts p ON p.id = m.platform
         WHERE s.first <= ?1 AND s.last >= ?1
           AND (SELECT scope FROM sweeps WHERE id = s.last) = (SELECT scope FROM sweeps WHERE id = ?1)
           AND (SELECT scope FROM sweeps WHERE id = s.first) = (SELECT scope FROM sweeps WHERE id = ?1)",
    )?;
    let rows = query.query_map([sweep], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub fn miss(store: &Connection, sweep: Id, unread: &[Unread]) -> Result<(), StoreError> {
    let previous = previous(store, sweep)?;
    store.execute("DELETE FROM missed WHERE first = ?1", [sweep])?;
    store.execute("UPDATE missed SET last = ?2 WHERE last = ?1", [sweep, previous])?;
    let mut extend =
        store.prepare_cached("UPDATE missed SET last = ?3 WHERE target = ?1 AND reason = ?2 AND last = ?4")?;
    let mut insert = store.prepare_cached(
        "INSERT INTO missed (target, reason, first, last) VALUES (?1, ?2, ?3, ?3) ON CONFLICT DO NOTHING",
    )?;
    for Unread { target, reason } in unread {
        let reason = texts::id(store, reason)?;
        if extend.execute(params![target, reason, sweep, previous])? == 0 {
            insert.execute(params![target, reason, sweep])?;
        }
    }
    Ok(())
}

pub fn missed(store: &Connection, sweep: Id) -> Result<Vec<Unread>, StoreError> {
    let mut query = store.prepare(
        "SELECT m.target, t.text FROM missed m JOIN texts t ON t.id = m.reason
         WHERE m.first <= ?1 AND m.last >= ?1
           AND (SELECT scope FROM sweeps WHERE id = m.first) = (SELECT scope FROM sweeps WHERE id = ?1)
         ORDER BY m.target",
    )?;
    let rows = query.query_map([sweep], |row| Ok(Unread { target: row.get(0)?, reason: row.get(1)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
