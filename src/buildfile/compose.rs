//! Compose files: the `build` of their services (compose build specification).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::interpolation::{Values, interpolate};
use super::{Build, BuildFileError, Recipe, is_remote};

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
    includes: Vec<Include>,
}

/// Other files that a compose file takes in whole, with their own folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include {
    /// The files, relative to the including one's folder; each is laid over those before it.
    pub paths: Vec<String>,
    /// The folder that their paths are relative to, where it is not the first one's.
    pub folder: Option<String>,
}

/// The builds of a compose file, and the services of which it could not be told how they are built, with why.
pub type Builds = (Vec<Build>, Vec<(String, String)>);

/// How a compose file that another one names is read, by its path as written there; or why it cannot be.
pub type Others<'o> = &'o dyn Fn(&str) -> Result<Compose, String>;

impl Compose {
    /// Reads one. A file without services has none.
    ///
    /// # Errors
    /// Where it is no YAML; with line and column.
    pub fn read(text: &str) -> Result<Self, BuildFileError> {
        // `y` and `on` are words, as in compose itself.
        let options = serde_saphyr::options! { strict_booleans: true };
        let document: Value = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
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
        let includes = document.get("include").and_then(Value::as_array).into_iter().flatten();
        Ok(Self { services, includes: includes.filter_map(include).collect() })
    }

    /// The files that it takes in.
    pub fn includes(&self, values: &Values) -> Vec<Include> {
        let put_in = |text: &String| interpolate(text, values);
        let includes = self.includes.iter().map(|include| Include {
            paths: include.paths.iter().map(put_in).collect(),
            folder: include.folder.as_ref().map(put_in),
        });
        includes.collect()
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
        let includes =
            if all { [self.includes.clone(), other.includes.clone()].concat() } else { other.includes.clone() };
        Compose { services, includes }
    }

    /// The builds of its services, by name.
    pub fn builds(&self, values: &Values, others: Others<'_>) -> Builds {
        let (mut builds, mut missed) = (Vec::new(), Vec::new());
        for name in self.services.keys() {
            match self.service(name, others, MAX_EXTENDS) {
                Ok(service) => builds.extend(build(name, &service, values)),
                Err(why) => missed.push((name.clone(), why)),
            }
        }
        (builds, missed)
    }

    /// A service with what it extends, here or in another file.
    fn service(&self, name: &str, others: Others<'_>, depth: usize) -> Result<Value, String> {
        let service = self.services.get(name).ok_or_else(|| format!("there is no service {name}"))?;
        let text = |key: &str| service.get("extends")?.get(key)?.as_str();
        let extended = service.get("extends").and_then(Value::as_str).or_else(|| text("service"));
        let (Some(extended), Some(depth)) = (extended, depth.checked_sub(1)) else { return Ok(service.clone()) };
        let below = match text("file") {
            None => self.service(extended, others, depth)?,
            Some(file) => {
                let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
                let said = |why: String| format!("it extends {extended} of {file}: {why}");
                let other = others(file).map_err(said)?;
                let others = |path: &str| others(&moved(path, folder));
                moved_service(&other.service(extended, &others, depth).map_err(said)?, folder)
            }
        };
        Ok(merged(&below, service))
    }
}

fn include(value: &Value) -> Option<Include> {
    let texts = |value: &Value| match value {
        Value::String(path) => vec![path.clone()],
        Value::Array(paths) => paths.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let (paths, folder) = match value {
        Value::Object(long) => (texts(long.get("path")?), long.get("project_directory").and_then(Value::as_str)),
        short => (texts(short), None),
    };
    (!paths.is_empty()).then(|| Include { paths, folder: folder.map(str::to_owned) })
}

/// A service of a file in another folder, as it is seen from here.
fn moved_service(service: &Value, folder: &str) -> Value {
    let mut service = service.clone();
    let Some(Value::Object(build)) = service.get("build").map(long_form) else { return service };
    let mut build = build;
    let context = build.get("context").and_then(Value::as_str).unwrap_or(".");
    build.insert("context".to_owned(), moved(context, folder).into());
    if let Some(Value::Object(contexts)) = build.get("additional_contexts").map(mapping) {
        let contexts = contexts.into_iter().map(|(name, place)| {
            let place = place.as_str().map_or(place.clone(), |place| moved(place, folder).into());
            (name, place)
        });
        build.insert("additional_contexts".to_owned(), Value::Object(contexts.collect()));
    }
    if let Some(service) = service.as_object_mut() {
        service.insert("build".to_owned(), Value::Object(build));
    }
    service
}

/// A path that is relative to `folder`; addresses, and paths from the root, are the same from everywhere.
fn moved(path: &str, folder: &str) -> String {
    let elsewhere = is_remote(path) || path.starts_with(['/', '~', '$']);
    let named = ["service:", "target:"].iter().any(|kind| path.starts_with(kind));
    if folder.is_empty() || elsewhere || named { path.to_owned() } else { format!("{folder}/{path}") }
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
        let (builds, missed) = Compose::read(text).unwrap().builds(&dotenv("TAG=2\nGIVEN=yes\n"), &alone);
        assert_eq!(missed, []);
        builds
    }

    /// There are no other files.
    fn alone(path: &str) -> Result<Compose, String> {
        Err(format!("there is no {path}"))
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
            "x-args: &args\n  BASE: amazonlinux:${TAG}\n  JAVA: 21\n  DEBUG: true\n  WORD: y\nservices:\n  web:\n    build: ./web\n    image: acme/web:${TAG}\n  \
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
        assert_eq!(args, ["BASE=amazonlinux:2", "DEBUG=true", "GIVEN=yes", "JAVA=21", "TOKEN=…", "WORD=y"]);
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
        let of = |compose: Compose| compose.builds(&Values::new(), &alone).0;
        let over = of(main.overlaid(&part, false));
        assert_eq!(over.len(), 1);
        assert_eq!((over[0].context.as_str(), over[0].target.as_deref()), ("app", Some("prod")));
        assert_eq!(over[0].args["A"], "1");
        assert_eq!(of(main.overlaid(&whole, false))[0].args.len(), 0);
        assert_eq!(of(main.overlaid(&whole, true)).len(), 2);
    }

    #[test]
    fn a_service_of_another_file_is_seen_from_here() {
        let others = |path: &str| match path {
            "common/base.yaml" => {
                Ok("services:\n  base:\n    extends: {file: ../root/r.yaml, service: root}\n    build:\n      \
                                      args: {A: base, B: base}\n      additional_contexts: [certs=../certs, other=service:x]\n")
            }
            "common/../root/r.yaml" => Ok("services: {root: {image: acme/root, build: ./img}}"),
            _ => Err(format!("there is no {path}")),
        };
        let others = |path: &str| Ok(Compose::read(others(path)?).unwrap());
        let main = "services:\n  a:\n    extends: {file: common/base.yaml, service: base}\n    build: {args: {B: a}}\n  \
                    gone: {extends: {file: x/none.yaml, service: y}}\n  lost: {extends: {file: common/base.yaml, service: z}}\n";
        let (found, missed) = Compose::read(main).unwrap().builds(&Values::new(), &others);
        let [build] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(build.context, "common/../root/./img");
        assert_eq!((build.args["A"].as_str(), build.args["B"].as_str()), ("base", "a"));
        assert_eq!(
            (build.contexts["certs"].as_str(), build.contexts["other"].as_str()),
            ("common/../certs", "service:x")
        );
        assert_eq!(build.images, ["acme/root"]);
        assert_eq!(
            missed,
            [
                ("gone".to_owned(), "it extends y of x/none.yaml: there is no x/none.yaml".to_owned()),
                ("lost".to_owned(), "it extends z of common/base.yaml: there is no service z".to_owned()),
            ]
        );
        let circle =
            |_: &str| Ok(Compose::read("services: {b: {extends: {file: o.yaml, service: b}, build: .}}").unwrap());
        let (found, _) = Compose::read("services: {a: {extends: {file: o.yaml, service: b}}}")
            .unwrap()
            .builds(&Values::new(), &circle);
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn files_that_are_taken_in_are_listed() {
        let compose = Compose::read(
            "include:\n  - a/compose.yaml\n  - path: [b.yaml, $ONE/c.yaml]\n    project_directory: ..\n  - path: d.yaml\n  - 7\n",
        );
        let include = |paths: &[&str], folder: Option<&str>| Include {
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
            folder: folder.map(str::to_owned),
        };
        assert_eq!(
            compose.unwrap().includes(&dotenv("ONE=1")),
            [
                include(&["a/compose.yaml"], None),
                include(&["b.yaml", "1/c.yaml"], Some("..")),
                include(&["d.yaml"], None)
            ]
        );
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
