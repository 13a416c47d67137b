//! Bytes that are mostly text, stored as a text in which each byte is the character of its number: names in a layer need not be
//! UTF-8, and nothing of them may be lost. For serde's `with`.

use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer, Serializer};

/// Writes bytes.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(bytes: impl AsRef<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&bytes.as_ref().iter().map(|byte| char::from(*byte)).collect::<String>())
}

/// Reads bytes.
///
/// # Errors
/// Those of the deserializer, and for a character that is no byte.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.chars().map(|character| u8::try_from(character).map_err(D::Error::custom)).collect()
}

/// The same for bytes that may be absent.
pub mod option {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Deserialize, Serialize)]
    struct Bytes(#[serde(with = "super")] Vec<u8>);

    /// Writes bytes.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
        bytes.clone().map(Bytes).serialize(serializer)
    }

    /// Reads bytes.
    ///
    /// # Errors
    /// As [`super::deserialize`].
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
        Ok(Option::<Bytes>::deserialize(deserializer)?.map(|bytes| bytes.0))
    }
}

#[cfg(test)]
mod tests {
    #[derive(Debug, PartialEq, serde::Deserialize, serde::Serialize)]
    struct Both(#[serde(with = "super")] Vec<u8>, #[serde(with = "super::option")] Option<Vec<u8>>);

    #[test]
    fn every_byte_comes_back() {
        for both in [Both((0..=255).collect(), Some(vec![0, 255])), Both(Vec::new(), None)] {
            let text = serde_json::to_string(&both).unwrap();
            assert_eq!(serde_json::from_str::<Both>(&text).unwrap(), both);
        }
        assert!(serde_json::from_str::<Both>("[\"\u{100}\", null]").is_err());
    }
}
