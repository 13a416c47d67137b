//! Compose files: the `build` of their services (compose build specification).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::interpolation::{Values, interpolate};
use super::{Build, BuildFileError, Recipe};

/// Services that extend one another.
const MAX_EXTENDS: usize = 16;

/// Whether a file is a compose file by its name: `compose.yaml`, `docker-compose.yml`, `docker-compose.prod.yml`, …
pub fn is_compose_file(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".yaml").or(name.strip_suffix(".yml")) else { return false };
    ["compose", "docker-compose"].iter().any(|base| {
        stem.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || rest.starts_with('-'))
    })
}

/// Whether compose reads a file of that name where it is given none.
pub fn is_main(name: &str) -> bool {
    matches!(name, "compose.yaml" | "compose.yml" | "docker-compose.yaml" | "docker-compose.yml")
}

/// A compose file as a document.
#[derive(Clone, Debug)]
pub struct Compose {
    services: Map<String, Value>,
}

impl Compose {
    /// Reads one. A file without services has none.
    ///
    /// # Errors
    /// Where it is no YAML; with line and column.
    pub fn read(text: &str) -> Result<Self, BuildFileError> {
        let document: Value = serde_saphyr::from_str(text).map_err(|error| {
            let text = error.without_snippet().to_string();
            let message = text.lines().next().unwrap_or_default();
            let place = error.location().map(|at| format!("line {}, column {}", at.line(), at.column()));
            // Most messages end with the place.
            let message = match place.filter(|place| !message.contains(place)) {
                Some(place) => format!("{place}: {message}"),
                None => message.to_owned(),
            };
            BuildFileError::Syntax { language: "YAML", message }
        })?;
        let services = document.get("services").and_then(Value::as_object).cloned().unwrap_or_default();
        Ok(Self { services })
    }

    /// Lays another file over this one, as `-f this -f other` does. Without `all`, only over services whose build the other file
    /// does not wholly describe itself, so that a file that stands alone is left as it is.
    #[must_use]
    pub fn overlaid(&self, other: &Compose, all: bool) -> Compose {
        let mut services = if all { self.services.clone() } else { Map::new() };
        for (name, service) in &other.services {
            let whole = service.get("build").is_none_or(|build| build.is_string() || build.get("context").is_some());
            let below = self.services.get(name).filter(|_| all || !whole);
            services.insert(name.clone(), below.map_or_else(|| service.clone(), |below| merged(below, service)));
        }
        Compose { services }
    }

    /// The builds of its services, by name.
    pub fn builds(&self, values: &Values) -> Vec<Build> {
        let builds = self.services.keys().filter_map(|name| {
            let service = self.service(name, MAX_EXTENDS)?;
            build(name, &service, values)
        });
        builds.collect()
    }

    /// A service with what it extends in the same file.
    fn service(&self, name: &str, depth: usize) -> Option<Value> {
        let service = self.services.get(name)?;
        let extended = match service.get("extends") {
            Some(Value::String(other)) => Some(other.as_str()),
            Some(Value::Object(other)) if !other.contains_key("file") => other.get("service").and_then(Value::as_str),
            _ => None,
        };
        let below = extended.zip(depth.checked_sub(1)).and_then(|(other, depth)| self.service(other, depth));
        Some(match below {
            Some(below) => merged(&below, service),
            None => service.clone(),
        })
    }
}

/// Maps are merged, lists of `NAME=value` count as maps, all else is replaced.
fn merged(below: &Value, above: &Value) -> Value {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            let mut all = below.clone();
            for (key, value) in above {
                let value = match all.get(key) {
                    Some(old) if key == "build" => merged(&long_form(old), &long_form(value)),
                    Some(old) if key == "args" || key == "additional_contexts" => {
                        merged(&mapping(old), &mapping(value))
                    }
                    Some(old) => merged(old, value),
                    None => value.clone(),
                };
                all.insert(key.clone(), value);
            }
            Value::Object(all)
        }
        _ => above.clone(),
    }
}

/// `build: DIR` is short for `build: {context: DIR}`.
fn long_form(build: &Value) -> Value {
    match build {
        Value::String(context) => Value::Object(Map::from_iter([("context".to_owned(), context.as_str().into())])),
        other => other.clone(),
    }
}

/// A list of `NAME=value` as a map; a name alone has no value.
fn mapping(value: &Value) -> Value {
    let Value::Array(entries) = value else { return value.clone() };
    let entries = entries.iter().filter_map(Value::as_str).map(|entry| match entry.split_once('=') {
        Some((name, value)) => (name.to_owned(), Value::from(value)),
        None => (entry.to_owned(), Value::Null),
    });
    Value::Object(entries.collect())
}

fn build(name: &str, service: &Value, values: &Values) -> Option<Build> {
    let build = long_form(service.get("build")?);
    let build = build.as_object()?;
    let text = |value: &Value| scalar(value).map(|text| interpolate(&text, values));
    let field = |key: &str| build.get(key).and_then(text);
    let recipe = match field("dockerfile_inline") {
        Some(text) => Recipe::Inline(text),
        None => Recipe::File(field("dockerfile").unwrap_or_else(|| "Dockerfile".to_owned())),
    };
    let pairs = |key: &str| -> BTreeMap<String, String> {
        let Some(Value::Object(pairs)) = build.get(key).map(mapping) else { return BTreeMap::new() };
        // A name alone is passed on where compose's environment has it, and else the Dockerfile's default stays.
        let value = |name: &str, value: &Value| text(value).or_else(|| values.get(name).cloned());
        pairs.iter().filter_map(|(name, given)| Some((name.clone(), value(name, given)?))).collect()
    };
    let tags = build.get("tags").and_then(Value::as_array).into_iter().flatten();
    let platforms = build.get("platforms").and_then(Value::as_array).and_then(|all| all.first());
    Some(Build {
        name: name.to_owned(),
        context: field("context").unwrap_or_else(|| ".".to_owned()),
        recipe,
        target: field("target").filter(|target| !target.is_empty()),
        args: pairs("args"),
        contexts: pairs("additional_contexts"),
        images: service.get("image").into_iter().chain(tags).filter_map(text).collect(),
        platform: platforms.or(service.get("platform")).and_then(text),
    })
}

/// A scalar as compose turns it into text.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::interpolation::dotenv;
    use super::*;

    fn builds(text: &str) -> Vec<Build> {
        Compose::read(text).unwrap().builds(&dotenv("TAG=2\nGIVEN=yes\n"))
    }

    #[test]
    fn compose_files_are_known_by_name() {
        for name in ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.prod.yaml", "compose-ci.yml"]
        {
            assert!(is_compose_file(name), "{name}");
        }
        for name in ["composer.yaml", "docker-compose.json", "my-compose.yml", "docker-composer.yml"] {
            assert!(!is_compose_file(name), "{name}");
        }
    }

    #[test]
    fn both_forms_of_a_build_are_read() {
        let found = builds(
            "x-args: &args\n  BASE: amazonlinux:${TAG}\n  JAVA: 21\n  DEBUG: true\nservices:\n  web:\n    build: ./web\n    image: acme/web:${TAG}\n  \
             api:\n    build:\n      context: .\n      dockerfile: docker/api.Dockerfile\n      target: prod\n      \
             args:\n        <<: *args\n        TOKEN: ${TOKEN}\n        ABSENT:\n        GIVEN:\n      \
             additional_contexts:\n        - base=docker-image://amazonlinux:2023\n  db:\n    image: postgres\n",
        );
        let [api, web] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((web.context.as_str(), &web.recipe), ("./web", &Recipe::File("Dockerfile".to_owned())));
        assert_eq!(web.images, ["acme/web:2"]);
        assert_eq!(
            (api.target.as_deref(), &api.recipe),
            (Some("prod"), &Recipe::File("docker/api.Dockerfile".to_owned()))
        );
        let args: Vec<_> = api.args.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(args, ["BASE=amazonlinux:2", "DEBUG=true", "GIVEN=yes", "JAVA=21", "TOKEN=…"]);
        assert_eq!(api.contexts["base"], "docker-image://amazonlinux:2023");
    }

    #[test]
    fn inline_dockerfiles_and_what_a_service_extends() {
        let found = builds(
            "services:\n  base:\n    build:\n      context: app\n      args: [A=1, B=2]\n  child:\n    extends: {service: base}\n    \
             build:\n      args: {B: 3}\n      dockerfile_inline: |\n        FROM amazonlinux:2\n        RUN echo $$HOME\n",
        );
        let child = &found[1];
        assert_eq!(child.context, "app");
        assert_eq!((child.args["A"].as_str(), child.args["B"].as_str()), ("1", "3"));
        assert_eq!(child.recipe, Recipe::Inline("FROM amazonlinux:2\nRUN echo $HOME\n".to_owned()));
    }

    #[test]
    fn an_override_is_laid_over_what_it_overrides() {
        let main = Compose::read("services: {api: {build: {context: app, args: {A: 1}}}, web: {build: web}}").unwrap();
        let part = Compose::read("services: {api: {build: {target: prod}}}").unwrap();
        let whole = Compose::read("services: {api: {build: {context: other}}}").unwrap();
        let of = |compose: Compose| compose.builds(&Values::new());
        let over = of(main.overlaid(&part, false));
        assert_eq!(over.len(), 1);
        assert_eq!((over[0].context.as_str(), over[0].target.as_deref()), ("app", Some("prod")));
        assert_eq!(over[0].args["A"], "1");
        assert_eq!(of(main.overlaid(&whole, false))[0].args.len(), 0);
        assert_eq!(of(main.overlaid(&whole, true)).len(), 2);
    }

    #[test]
    fn what_is_no_yaml_is_said_with_its_place() {
        let error = Compose::read("services:\n  a: [\n").unwrap_err().to_string();
        assert!(error.contains("line "), "{error}");
        assert!(!error.contains('\n'), "{error}");
        assert!(builds("").is_empty());
        assert!(builds("version: '3'\nservices:\n").is_empty());
        assert!(builds("services:\n  a: {ports: !reset [], build: !override {context: x}}\n").len() == 1);
    }
}
