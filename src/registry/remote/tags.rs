//! A page of a list of tags, and what Google's registries add to it.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;

use crate::digest::Digest;
use crate::oci::source::Tag;

/// What the distribution specification has (v1.1, "Listing Tags").
#[derive(Deserialize)]
struct Names {
    tags: Option<Vec<String>>,
}

/// What Container Registry and Artifact Registry add to it (`google.Tags` of go-containerregistry).
#[derive(Default, Deserialize)]
struct Manifests {
    /// By digest.
    #[serde(default)]
    manifest: HashMap<String, Uploaded>,
}

/// What is known of one manifest.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Uploaded {
    /// The tags that point at it.
    #[serde(default)]
    tag: Vec<String>,
    /// Milliseconds since 1970, as text.
    time_uploaded_ms: Option<String>,
}

/// Reads a page: each tag, and where the registry says so what it points at and when that was pushed.
///
/// # Errors
/// [`serde_json::Error`] where it is no list of tags.
pub(super) fn read(page: &[u8]) -> Result<Vec<Tag>, serde_json::Error> {
    let Names { tags } = serde_json::from_slice(page)?;
    // What somebody else means by the same word does no harm to the names.
    let Manifests { manifest } = serde_json::from_slice(page).unwrap_or_default();
    let mut told = by_tag(manifest);
    let known = |name: String| match told.remove(&name) {
        Some((digest, pushed)) => Tag { name, digest: Some(digest), pushed },
        None => Tag { name, digest: None, pushed: None },
    };
    Ok(tags.unwrap_or_default().into_iter().map(known).collect())
}

fn by_tag(manifests: HashMap<String, Uploaded>) -> HashMap<String, (Digest, Option<Timestamp>)> {
    let mut by_tag = HashMap::new();
    for (digest, Uploaded { tag, time_uploaded_ms }) in manifests {
        let Ok(digest) = digest.parse::<Digest>() else { continue };
        let pushed = time_uploaded_ms.and_then(|time| Timestamp::from_millisecond(time.parse().ok()?).ok());
        // Before there were containers nothing was pushed: 0 stands for what is not known.
        let pushed = pushed.filter(|pushed| *pushed > Timestamp::UNIX_EPOCH);
        by_tag.extend(tag.into_iter().map(|name| (name, (digest, pushed))));
    }
    by_tag
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(name: &str, digest: Option<Digest>, pushed: Option<i64>) -> Tag {
        let pushed = pushed.map(|time| Timestamp::from_millisecond(time).unwrap());
        Tag { name: name.to_owned(), digest, pushed }
    }

    #[test]
    fn a_list_has_names_and_may_have_more() {
        let (first, second) = (Digest::of("first"), Digest::of("second"));
        let page = format!(
            r#"{{"child": [], "name": "p/app", "tags": ["1", "2", "new", "old"], "manifest": {{
                "{first}": {{"imageSizeBytes": "763789", "layerId": "", "mediaType": "m", "tag": ["2", "new"],
                    "timeCreatedMs": "1595895577054", "timeUploadedMs": "1597767277119"}},
                "{second}": {{"tag": ["1"], "timeUploadedMs": "0"}},
                "sha256:none": {{"tag": ["old"]}},
                "{}": {{}}}}}}"#,
            Digest::of("untagged")
        );
        let expected = [
            tag("1", Some(second), None),
            tag("2", Some(first), Some(1_597_767_277_119)),
            tag("new", Some(first), Some(1_597_767_277_119)),
            tag("old", None, None),
        ];
        assert_eq!(read(page.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn what_is_added_does_no_harm_to_the_tags() {
        for more in ["", r#", "manifest": null"#, r#", "manifest": [1]"#, r#", "manifest": {"a": {"tag": 7}}"#] {
            let page = format!(r#"{{"tags": ["1"]{more}}}"#);
            assert_eq!(read(page.as_bytes()).unwrap(), [tag("1", None, None)], "{page}");
        }
        assert_eq!(read(br#"{"tags": null}"#).unwrap(), []);
        assert_eq!(read(br#"{"name": "p/app"}"#).unwrap(), []);
        for wrong in ["", "[", r#"{"tags": 7}"#, r#"{"tags": [7]}"#, r#"{"tags": ["1"], "manifest": {]}"#] {
            assert!(read(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
