//! Texts that many rows share.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::de::DeserializeOwned;

use super::super::{Id, StoreError};
use crate::digest::Digest;
use crate::oci::layer::Watch;

/// What was read of texts already: rows that follow each other have nearly all of them in common.
pub struct Memo<T: ?Sized>(HashMap<Id, Arc<T>>);

impl<T: ?Sized> Default for Memo<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: ?Sized> Memo<T> {
    /// What a text is, read where it was not.
    pub fn get(
        &mut self,
        store: &Connection,
        id: Id,
        read: impl FnOnce(&Connection, Id) -> Result<Arc<T>, StoreError>,
    ) -> Result<Arc<T>, StoreError> {
        if let Some(known) = self.0.get(&id) {
            return Ok(Arc::clone(known));
        }
        let found = read(store, id)?;
        self.0.insert(id, Arc::clone(&found));
        Ok(found)
    }
}

/// The first 16 bytes of a text's digest: no two of the texts of one store will ever share them by chance.
fn key(text: &str) -> [u8; 16] {
    let mut key = [0; 16];
    key.iter_mut().zip(Digest::of(text).as_bytes()).for_each(|(to, from)| *to = *from);
    key
}

/// The id of a text, which is added where it is not there.
pub fn id(store: &Connection, text: &str) -> Result<Id, StoreError> {
    if let Some(id) = find(store, text)? {
        return Ok(id);
    }
    store.prepare_cached("INSERT INTO texts (digest, text) VALUES (?1, ?2)")?.execute(params![key(text), text])?;
    Ok(store.last_insert_rowid())
}

/// The id of a text, where it is there.
pub fn find(store: &Connection, text: &str) -> Result<Option<Id>, StoreError> {
    let mut query = store.prepare_cached("SELECT id FROM texts WHERE digest = ?1")?;
    Ok(query.query_row([key(text)], |row| row.get(0)).optional()?)
}

/// A text, as `String` or shared.
pub fn text<T: FromSql>(store: &Connection, id: Id) -> Result<T, StoreError> {
    Ok(store.prepare_cached("SELECT text FROM texts WHERE id = ?1")?.query_row([id], |row| row.get(0))?)
}

/// The id of a watch set.
pub fn watch_id(store: &Connection, watch: &Watch) -> Result<Id, StoreError> {
    let text = serde_json::to_string(watch).map_err(|error| StoreError::Broken(error.to_string()))?;
    id(store, &text)
}

/// A watch set.
pub fn watch(store: &Connection, id: Id) -> Result<Watch, StoreError> {
    parsed(store, id, "a watch set")
}

/// What a text says that is JSON, of what kind it says.
pub fn parsed<T: DeserializeOwned>(store: &Connection, id: Id, kind: &str) -> Result<T, StoreError> {
    let text: String = text(store, id)?;
    serde_json::from_str(&text).map_err(|error| StoreError::Broken(format!("{kind}: {error}")))
}
