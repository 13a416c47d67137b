//! What a manifest says it is.

use serde::Deserialize;

/// The media type of a manifest's bytes: what it says itself, which its digest covers, before what was said along with it.
/// Only a hint, as [`Descriptor::media_type`](crate::oci::manifest::Descriptor) is: the bytes are judged by the readers in `oci`.
pub(super) fn of(bytes: &[u8], declared: Option<&str>) -> String {
    #[derive(Deserialize)]
    struct Said {
        #[serde(rename = "mediaType")]
        media_type: Option<String>,
    }
    let said = serde_json::from_slice(bytes).ok().and_then(|said: Said| said.media_type);
    let declared = || declared.and_then(|value| value.split(';').next()).map(|value| value.trim().to_owned());
    said.or_else(declared).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_bytes_come_before_the_header() {
        assert_eq!(super::of(br#"{"mediaType": "a"}"#, Some("b; charset=utf-8")), "a");
        assert_eq!(super::of(b"{}", Some("b; charset=utf-8")), "b");
        assert_eq!(super::of(b"not json", None), "");
    }
}
