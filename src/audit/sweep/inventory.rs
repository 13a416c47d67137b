//! Reads the names of images out of a list: one a line, or what `kubectl get -o json` and `aws ecs describe-task-definition` print.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::text;

/// The lists of containers in the objects of Kubernetes (`PodSpec`) and in a task definition of Amazon ECS.
const CONTAINERS: &[&str] = &["containers", "initContainers", "ephemeralContainers", "containerDefinitions"];

/// Why a list has no images.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InventoryError {
    /// It is not the JSON that it looks like.
    #[error("it looks like JSON and is none: {0}")]
    Json(String),
    /// It is JSON without containers.
    #[error(
        "it is JSON without containers in it: `kubectl get pods -A -o json` and `aws ecs describe-task-definition` have them, \
         and so has a list with one image a line"
    )]
    NoContainers,
    /// There is nothing in it.
    #[error("it names no image")]
    Empty,
    /// A line has more than a name.
    #[error("line {line}: {text:?} is not the name of an image; write one a line, [HOST[:PORT]/]NAME[:TAG][@DIGEST]")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What it says, escaped.
        text: String,
    },
}

/// The names of images in a list, each once, in byte order.
///
/// # Errors
/// [`InventoryError`]
pub fn read(list: &str) -> Result<BTreeSet<String>, InventoryError> {
    let list = list.trim_start_matches('\u{feff}');
    let images = if list.trim_start().starts_with(['{', '[']) { of_json(list)? } else { of_lines(list)? };
    if images.is_empty() { Err(InventoryError::Empty) } else { Ok(images) }
}

fn of_lines(list: &str) -> Result<BTreeSet<String>, InventoryError> {
    let mut images = BTreeSet::new();
    for (index, line) in list.lines().enumerate() {
        let name = line.split_once(" #").map_or(line, |(name, _)| name).trim();
        if name.is_empty() || name.starts_with('#') {
            continue;
        }
        if name.contains(char::is_whitespace) {
            return Err(InventoryError::Line { line: index + 1, text: text::escape(name).into_owned() });
        }
        images.insert(name.to_owned());
    }
    Ok(images)
}

fn of_json(list: &str) -> Result<BTreeSet<String>, InventoryError> {
    let mut images = BTreeSet::new();
    let mut found = false;
    // `kubectl get … -o json` of several kinds at once may print several documents.
    for document in serde_json::Deserializer::from_str(list).into_iter::<Value>() {
        let document = document.map_err(|error| InventoryError::Json(error.to_string()))?;
        found |= collect(&document, &mut images);
    }
    if found { Ok(images) } else { Err(InventoryError::NoContainers) }
}

/// Whether there are lists of containers; serde has bounded how deep the document is.
fn collect(value: &Value, images: &mut BTreeSet<String>) -> bool {
    match value {
        Value::Array(items) => items.iter().fold(false, |found, item| collect(item, images) | found),
        Value::Object(fields) => fields.iter().fold(false, |found, (name, value)| {
            let Some(containers) = value.as_array().filter(|_| CONTAINERS.contains(&name.as_str())) else {
                return collect(value, images) | found;
            };
            let named = containers.iter().filter_map(|container| container.get("image")?.as_str());
            images.extend(named.filter(|name| !name.trim().is_empty()).map(|name| name.trim().to_owned()));
            true
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(list: &str) -> Vec<String> {
        read(list).unwrap().into_iter().collect()
    }

    #[test]
    fn a_list_has_one_image_a_line() {
        assert_eq!(images("\u{feff}# running\r\nb/x:1  # the shop\n\n  a@sha256:0 \nb/x:1\n"), ["a@sha256:0", "b/x:1"]);
        let error = read("a\nb c\n").unwrap_err();
        assert!(matches!(error, InventoryError::Line { line: 2, .. }), "{error}");
        assert_eq!(read(" \n# none\n"), Err(InventoryError::Empty));
    }

    #[test]
    fn pods_and_what_makes_pods_are_read() {
        let pods = r#"{"kind": "List", "items": [
            {"kind": "Pod", "spec": {"containers": [{"name": "a", "image": "r/a:1"}, {"name": "b", "image": "r/b:1"}],
             "initContainers": [{"image": "r/init:1"}]}, "status": {"containerStatuses": [{"image": "other"}]}},
            {"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"spec": {"containers": [{"image": "r/a:1"}]}}}}}}]}"#;
        assert_eq!(images(pods), ["r/a:1", "r/b:1", "r/init:1"]);
    }

    #[test]
    fn a_task_definition_is_read() {
        let task = r#"{"taskDefinition": {"family": "web", "containerDefinitions": [{"name": "app", "image": "r/app:2"}, {"name": "x"}]}}"#;
        assert_eq!(images(task), ["r/app:2"]);
        assert_eq!(images(&format!("{task}\n{}", task.replace("app:2", "app:3"))), ["r/app:2", "r/app:3"]);
    }

    #[test]
    fn other_json_is_refused_with_a_word_of_advice() {
        assert_eq!(read("{\"image\": \"x\"}"), Err(InventoryError::NoContainers));
        assert!(matches!(read("{\"containers\": ["), Err(InventoryError::Json(_))));
        assert_eq!(read(r#"{"containers": []}"#), Err(InventoryError::Empty));
    }
}
