//! JSON as the runtimes read it: Go matches the names of fields without regard to case and takes the last of several.
//!
//! Another reader that took the first, or looked at case, would see another image than the one that runs. So keys are folded
//! as Go folds them, and an object in which two keys are then the same is refused.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Reads a document whose types name their fields in lower case only.
///
/// # Errors
/// Malformed JSON, a key twice in one object, or a document of another shape, in serde's words.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    let Folded(value) = serde_json::from_slice(bytes)?;
    serde_json::from_value(value)
}

/// A value whose objects have folded keys, each once.
struct Folded(Value);

impl<'de> Deserialize<'de> for Folded {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Folding).map(Folded)
    }
}

struct Folding;

impl<'de> Visitor<'de> for Folding {
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

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Folded(value)) = sequence.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((key, Folded(value))) = map.next_entry::<String, Folded>()? {
            if object.insert(fold(&key), value).is_some() {
                return Err(A::Error::custom(format!(
                    "the key {key:?} stands in one object twice (case does not count)"
                )));
            }
        }
        Ok(object.into())
    }
}

/// Folds as Go's `encoding/json` does: letters to one case, and the two signs outside of ASCII that fold into it.
fn fold(key: &str) -> String {
    key.chars()
        .flat_map(char::to_lowercase)
        .map(|character| match character {
            'ſ' => 's',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Pair {
        mediatype: String,
        size: u64,
    }

    #[test]
    fn the_case_of_keys_does_not_count() {
        let expected = Pair { mediatype: "a".into(), size: 1 };
        for text in [r#"{"mediaType":"a","size":1}"#, r#"{"MEDIATYPE":"a","ſize":1,"other":[1.5,null,{"x":-1}]}"#] {
            assert_eq!(read::<Pair>(text.as_bytes()).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn a_key_twice_is_refused_wherever_it_stands() {
        for text in [
            r#"{"size":1,"mediaType":"a","size":2}"#,
            r#"{"size":1,"mediaType":"a","Size":2}"#,
            r#"{"size":1,"mediaType":"a","x":[{"y":{"\u212a":1,"k":2}}]}"#,
        ] {
            let error = read::<Pair>(text.as_bytes()).unwrap_err();
            assert!(error.to_string().contains("twice"), "{text}: {error}");
        }
        assert!(read::<Pair>(br#"{"size":1,"mediaType":"a"} {}"#).is_err());
    }
}
