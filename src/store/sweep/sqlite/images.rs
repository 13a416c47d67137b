//! Manifests, images, the facts of layers, and verdicts.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::super::{Id, ImageRow, LayerRow, NewImage, NewLayer, NewRoot, Pointed, StoreError, Ticket, Verdict, facts};
use super::texts::Memo;
use super::{digest, size, texts, work};
use crate::digest::Digest;
use crate::oci::layer::Watch;

/// What is behind a digest, if it was looked through with this filter of platforms before.
fn root(store: &Connection, digest: &Digest, platforms: Id) -> Result<Option<Id>, StoreError> {
    // What was wrong with an image then may be right now.
    let mut query = store.prepare_cached(
        "SELECT m.id FROM manifests m WHERE m.digest = ?1 AND m.platforms = ?2 AND NOT EXISTS (
             SELECT 1 FROM roots r JOIN manifests i ON i.id = r.image WHERE r.root = m.id AND i.failure IS NOT NULL)",
    )?;
    Ok(query.query_row(params![digest.as_bytes().as_slice(), platforms], |row| row.get(0)).optional()?)
}

pub fn point_all(store: &Connection, tags: &[(Ticket, Digest)], platforms: &str) -> Result<Vec<Pointed>, StoreError> {
    let Some(platforms) = texts::find(store, platforms)? else { return Ok(vec![Pointed::Unknown; tags.len()]) };
    let point = |(ticket, digest): &(Ticket, Digest)| match root(store, digest, platforms)? {
        None => Ok(Pointed::Unknown),
        Some(root) if point(store, *ticket, root)? => Ok(Pointed::There),
        Some(_) => Ok(Pointed::Lost),
    };
    tags.iter().map(point).collect()
}

fn point(store: &Connection, ticket: Ticket, root: Id) -> Result<bool, StoreError> {
    let mut update = store.prepare_cached(
        "UPDATE tags SET pending = 0, due = 0, failure = NULL, root = ?3 WHERE id = ?1 AND fence = ?2 AND pending",
    )?;
    if update.execute(params![ticket.id, ticket.fence, root])? == 0 {
        return Ok(false);
    }
    // A layer that this sweep has given up stays given up; one that another sweep has not read is wanted again.
    let mut want = store.prepare_cached(
        "UPDATE layers SET sweep = ?1, pending = 1, due = 0, attempts = 0, failure = NULL,
                           repository = (SELECT repository FROM tags WHERE id = ?3)
         WHERE facts IS NULL AND sweep <> ?1
           AND id IN (SELECT l.layer FROM roots r JOIN image_layers l ON l.image = r.image WHERE r.root = ?2)",
    )?;
    want.execute(params![ticket.sweep, root, ticket.id])?;
    Ok(true)
}

pub fn resolve(store: &Connection, ticket: Ticket, root: &NewRoot) -> Result<bool, StoreError> {
    if !work::holds(store, ticket)? {
        return Ok(false);
    }
    let platforms = texts::id(store, &root.platforms)?;
    let mut insert = store.prepare_cached(
        "INSERT INTO manifests (digest, platforms) VALUES (?1, ?2)
         ON CONFLICT (digest) DO UPDATE SET platforms = ?2 RETURNING id",
    )?;
    let id: Id = insert.query_row(params![root.digest.as_bytes().as_slice(), platforms], |row| row.get(0))?;
    store.prepare_cached("DELETE FROM roots WHERE root = ?1")?.execute([id])?;
    let repository =
        store.prepare_cached("SELECT repository FROM tags WHERE id = ?1")?.query_row([ticket.id], |row| row.get(0))?;
    for image in &root.images {
        let image = add_image(store, ticket.sweep, repository, image)?;
        store.prepare_cached("INSERT OR IGNORE INTO roots (root, image) VALUES (?1, ?2)")?.execute([id, image])?;
    }
    point(store, ticket, id)
}

fn add_image(store: &Connection, sweep: Id, repository: Id, image: &NewImage) -> Result<Id, StoreError> {
    let watch = texts::watch_id(store, &image.watch)?;
    let values = params![
        image.digest.as_bytes().as_slice(),
        texts::id(store, &image.platform)?,
        texts::id(store, &image.settings)?,
        watch,
        image.failure
    ];
    let id: Id = store
        .prepare_cached(
            "INSERT INTO manifests (digest, platform, settings, watch, failure) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (digest) DO UPDATE SET platform = ?2, settings = ?3, watch = ?4, failure = ?5 RETURNING id",
        )?
        .query_row(values, |row| row.get(0))?;
    store.prepare_cached("DELETE FROM image_layers WHERE image = ?1")?.execute([id])?;
    let mut insert = store
        .prepare_cached("INSERT INTO image_layers (image, position, layer, instruction) VALUES (?1, ?2, ?3, ?4)")?;
    for (position, layer) in image.layers.iter().enumerate() {
        let instruction = layer.instruction.as_deref().map(|text| texts::id(store, text)).transpose()?;
        let layer = add_layer(store, sweep, repository, layer, (watch, &image.watch))?;
        insert.execute(params![id, size(position as u64), layer, instruction])?;
    }
    Ok(id)
}

fn add_layer(
    store: &Connection,
    sweep: Id,
    repository: Id,
    layer: &NewLayer,
    (watch_id, watch): (Id, &Watch),
) -> Result<Id, StoreError> {
    let known = store
        .prepare_cached("SELECT id, wanted, facts IS NULL FROM layers WHERE digest = ?1")?
        .query_row([layer.digest.as_bytes().as_slice()], |row| {
            Ok((row.get::<_, Id>(0)?, row.get::<_, Id>(1)?, row.get::<_, bool>(2)?))
        })
        .optional()?;
    if let Some((id, wanted, unread)) = known {
        // One that was read is read again only where judging an image shows that it has to be.
        if unread && wanted != watch_id {
            want_more(store, id, wanted, watch)?;
        }
        return Ok(id);
    }
    store
        .prepare_cached(
            "INSERT INTO layers (digest, size, media_type, diff_id, repository, sweep, pending, wanted)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7)",
        )?
        .execute(params![
            layer.digest.as_bytes().as_slice(),
            size(layer.size),
            texts::id(store, &layer.media_type)?,
            layer.diff_id.as_bytes().as_slice(),
            repository,
            sweep,
            watch_id
        ])?;
    Ok(store.last_insert_rowid())
}

/// Adds a watch set to what a layer has to be read with.
fn want_more(store: &Connection, layer: Id, wanted: Id, watch: &Watch) -> Result<(), StoreError> {
    let mut all = texts::watch(store, wanted)?;
    if all.includes(watch) {
        return Ok(());
    }
    all.extend(watch);
    let all = texts::watch_id(store, &all)?;
    store.prepare_cached("UPDATE layers SET wanted = ?2 WHERE id = ?1")?.execute([layer, all])?;
    Ok(())
}

pub fn keep(
    store: &Connection,
    ticket: Ticket,
    watch: &Watch,
    checked: bool,
    encoded: &[u8],
) -> Result<bool, StoreError> {
    let mut update = store.prepare_cached(
        "UPDATE layers SET pending = 0, due = 0, failure = NULL, watch = ?3, meaning = ?4, checked = ?5, facts = ?6
         WHERE id = ?1 AND fence = ?2 AND pending",
    )?;
    let watch = texts::watch_id(store, watch)?;
    Ok(update.execute(params![ticket.id, ticket.fence, watch, facts::MEANING, checked, encoded])? > 0)
}

/// Stored facts, with what is needed to read them.
pub fn facts(store: &Connection, layer: Id) -> Result<Option<(Vec<u8>, Digest, Watch)>, StoreError> {
    let found = store
        .prepare_cached("SELECT facts, digest, watch FROM layers WHERE id = ?1 AND facts IS NOT NULL")?
        .query_row([layer], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?, row.get(2)?)))
        .optional()?;
    let Some((encoded, bytes, watch)) = found else { return Ok(None) };
    Ok(Some((encoded, digest(&bytes)?, texts::watch(store, watch)?)))
}

pub fn images(
    store: &Connection,
    sweep: Id,
    judged_by: &str,
    after: Id,
    limit: usize,
) -> Result<Vec<ImageRow>, StoreError> {
    let judged_by = texts::find(store, judged_by)?;
    let mut query = store.prepare_cached(
        "SELECT m.id, m.digest, m.settings, m.watch, m.failure
         FROM manifests m LEFT JOIN verdicts v ON v.image = m.id
         WHERE m.id > ?2 AND m.platform IS NOT NULL AND (v.judged_by IS NULL OR v.judged_by IS NOT ?4) AND EXISTS (
             SELECT 1 FROM roots r JOIN tags t ON t.root = r.root WHERE r.image = m.id AND t.sweep = ?1 AND NOT t.pending)
         ORDER BY m.id LIMIT ?3",
    )?;
    let rows = query.query_map(params![sweep, after, size(limit as u64), judged_by], |row| {
        Ok((row.get::<_, Id>(0)?, row.get::<_, Vec<u8>>(1)?, row.get::<_, Id>(2)?, row.get(3)?, row.get(4)?))
    })?;
    let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
    let mut watches = Memo::default();
    rows.into_iter()
        .map(|(id, bytes, settings, watch, failure)| {
            Ok(ImageRow {
                id,
                digest: digest(&bytes)?,
                settings: texts::text(store, settings)?,
                watch: watches.get(store, watch, shared_watch)?,
                layers: layers(store, id, &mut watches)?,
                failure,
            })
        })
        .collect()
}

/// A watch set that others may have, too.
fn shared_watch(store: &Connection, id: Id) -> Result<Arc<Watch>, StoreError> {
    Ok(Arc::new(texts::watch(store, id)?))
}

fn layers(store: &Connection, image: Id, watches: &mut Memo<Watch>) -> Result<Vec<LayerRow>, StoreError> {
    let mut query = store.prepare_cached(
        "SELECT l.id, l.digest, l.size, m.text, l.diff_id, i.instruction, l.watch
         FROM image_layers i JOIN layers l ON l.id = i.layer JOIN texts m ON m.id = l.media_type
         WHERE i.image = ?1 ORDER BY i.position",
    )?;
    let rows = query.query_map([image], |row| {
        Ok((
            row.get::<_, Id>(0)?,
            row.get::<_, Vec<u8>>(1)?,
            row.get::<_, i64>(2)?,
            row.get::<_, String>(3)?,
            row.get::<_, Vec<u8>>(4)?,
            row.get::<_, Option<Id>>(5)?,
            row.get::<_, Option<Id>>(6)?,
        ))
    })?;
    rows.map(|row| {
        let (id, bytes, size, media_type, diff_id, instruction, watch) = row?;
        let layer = NewLayer {
            digest: digest(&bytes)?,
            size: u64::try_from(size).unwrap_or_default(),
            media_type,
            diff_id: digest(&diff_id)?,
            instruction: instruction.map(|id| texts::text(store, id)).transpose()?,
        };
        Ok(LayerRow { id, layer, watch: watch.map(|id| watches.get(store, id, shared_watch)).transpose()? })
    })
    .collect()
}

pub fn grow(store: &Connection, sweep: Id, image: Id, watch: &Watch) -> Result<usize, StoreError> {
    let own = texts::watch_id(store, watch)?;
    store.execute("UPDATE manifests SET watch = ?2 WHERE id = ?1", [image, own])?;
    let mut again = 0;
    for layer in layers(store, image, &mut Memo::default())? {
        if layer.watch.as_ref().is_some_and(|known| known.includes(watch)) {
            continue;
        }
        let wanted: Id = store.query_row("SELECT wanted FROM layers WHERE id = ?1", [layer.id], |row| row.get(0))?;
        want_more(store, layer.id, wanted, watch)?;
        // One that this sweep has given up stays given up.
        again += store.execute(
            "UPDATE layers SET sweep = ?2, pending = 1, due = 0, attempts = 0, failure = NULL
             WHERE id = ?1 AND NOT pending AND (failure IS NULL OR sweep <> ?2)",
            [layer.id, sweep],
        )?;
    }
    Ok(again)
}

pub fn judge(store: &Connection, by: &str, verdicts: &[(Id, Verdict)]) -> Result<(), StoreError> {
    let by = texts::id(store, by)?;
    let mut insert = store.prepare_cached(
        "INSERT INTO verdicts (image, judged_by, verdict) VALUES (?1, ?2, ?3)
         ON CONFLICT (image) DO UPDATE SET judged_by = ?2, verdict = ?3",
    )?;
    for (image, verdict) in verdicts {
        let text = serde_json::to_string(verdict).map_err(|error| StoreError::Broken(error.to_string()))?;
        insert.execute(params![image, by, texts::id(store, &text)?])?;
    }
    Ok(())
}
