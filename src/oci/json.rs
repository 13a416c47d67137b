//! JSON documents of images, read so that nobody can show us another image than a runtime sees.
//!
//! Runtimes use Go's `encoding/json`: it finds a field whatever the case of its key, and of a field given twice it takes the
//! last. Here a field is found whatever its case too, and an object that names a field twice is refused.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The most bytes of a manifest, an index or a configuration; registries take no larger ones.
pub const LARGEST_DOCUMENT: usize = 4 << 20;

/// Fields (in lower case) whose object is a map of the user's words and not of fields: its keys differ by case in Go, too.
const MAPS: [&str; 4] = ["annotations", "exposedports", "labels", "volumes"];

/// Why a document is not read.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// More than [`LARGEST_DOCUMENT`].
    #[error("{size} bytes are more than the {LARGEST_DOCUMENT} that are read")]
    TooLarge {
        /// Its size in bytes.
        size: usize,
    },
    /// No JSON, or not of the shape asked for, or ambiguous.
    #[error("{0}")]
    Malformed(#[from] serde_json::Error),
}

/// Reads a document. The names of all fields are in lower case when `T` sees them; the keys of maps are as written.
///
/// # Errors
/// [`JsonError`], with line and column where the text is wrong.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    if bytes.len() > LARGEST_DOCUMENT {
        return Err(JsonError::TooLarge { size: bytes.len() });
    }
    let mut text = serde_json::Deserializer::from_slice(bytes);
    let value = Unambiguous { is_map: false }.deserialize(&mut text)?;
    text.end()?;
    Ok(serde_json::from_value(value)?)
}

/// One value of which every object has each field once.
#[derive(Clone, Copy)]
struct Unambiguous {
    /// Whether the keys of this value's object are the user's words.
    is_map: bool,
}

impl<'de> DeserializeSeed<'de> for Unambiguous {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unambiguous {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(Unambiguous { is_map: false })? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        let mut seen = BTreeSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            let name = if self.is_map { key.clone() } else { fold(&key) };
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom(format_args!(
                    "the field {key:?} is there twice, so that readers differ in what they see"
                )));
            }
            let is_map = !self.is_map && MAPS.contains(&name.as_str());
            object.insert(name, entries.next_value_seed(Unambiguous { is_map })?);
        }
        Ok(object.into())
    }
}

/// A key without case, as Go's `encoding/json` compares them: also `ſ` is an `s` and the Kelvin sign a `k`.
fn fold(key: &str) -> String {
    key.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<Value, String> {
        read(text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_field_is_found_whatever_its_case() {
        let expected = serde_json::json!({ "layers": [{ "size": 1 }], "config": null });
        assert_eq!(value(r#"{"Layers": [{"SIZE": 1}], "config": null}"#).unwrap(), expected);
    }

    #[test]
    fn a_field_that_is_there_twice_is_refused() {
        for text in [
            r#"{"a": 1, "a": 1}"#,
            r#"{"a": 1, "A": 2}"#,
            r#"{"x": [{"layers": [], "layer\u0073": []}]}"#,
            r#"{"layers": [], "layer\u017f": []}"#,
            r#"{"\u212a": 1, "k": 2}"#,
            r#"{"config": {"Labels": {"a": "1", "a": "2"}}}"#,
        ] {
            assert!(value(text).unwrap_err().contains("is there twice"), "{text}");
        }
    }

    #[test]
    fn the_keys_of_maps_are_the_users_words() {
        let text = r#"{"config": {"Volumes": {"/Data": {}, "/data": {}}, "Labels": {"A": "1", "a": "2"}}}"#;
        let value = value(text).unwrap();
        assert_eq!(value["config"]["labels"]["A"], "1");
        assert_eq!(value["config"]["volumes"].as_object().unwrap().len(), 2);
    }

    #[test]
    fn what_is_not_one_document_is_refused() {
        for text in ["", "{", "{} {}", "{\"a\": 1,}", "\u{feff}{}", &"[".repeat(100_000)] {
            assert!(value(text).is_err(), "{}", text.len());
        }
        let large = vec![b' '; LARGEST_DOCUMENT + 1];
        assert!(matches!(read::<Value>(&large), Err(JsonError::TooLarge { .. })));
    }
}
