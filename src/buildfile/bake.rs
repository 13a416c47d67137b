//! Bake files, `docker-bake.hcl` and `docker-bake.json` (bake file reference): variables, targets, what they inherit, and groups.

mod definitions;
mod evaluation;
mod functions;

use std::collections::{BTreeMap, BTreeSet};

use hcl::Value;

use definitions::{Definitions, Target};
use evaluation::{Scope, text};

use super::{Build, BuildFileError, Recipe};

/// Targets that inherit from one another, groups in groups.
const MAX_DEPTH: usize = 16;

/// Builds that one target with a matrix may stand for.
const MAX_MATRIX: usize = 256;

/// Whether a file is a bake file by its name: `docker-bake.hcl`, `docker-bake.json`, `docker-bake.override.hcl`, `docker-bake.ci.hcl`, …
pub fn is_bake_file(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".hcl").or(name.strip_suffix(".json")) else { return false };
    stem.strip_prefix("docker-bake").is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
}

/// Whether bake reads a file of that name, together with the others, where it is given none.
pub fn is_main(name: &str) -> bool {
    matches!(name, "docker-bake.json" | "docker-bake.hcl" | "docker-bake.override.json" | "docker-bake.override.hcl")
}

/// The builds of bake files that are read together, the later ones over the earlier; names of `.json` files end so.
/// A target that others inherit from and no group names is no build but a template.
///
/// # Errors
/// Where a file is no HCL or JSON; with line and column.
pub fn builds(files: &[(&str, &str)]) -> Result<Vec<Build>, BuildFileError> {
    let mut definitions = Definitions::default();
    for (name, text) in files {
        definitions.read(text, name.ends_with(".json"))?;
    }
    let scope = definitions.scope();
    let grouped = grouped(&definitions, &scope);
    let inherited: BTreeSet<String> =
        definitions.targets.values().flat_map(|target| list(target, "inherits", &scope)).collect();
    let mut builds = Vec::new();
    for (name, target) in &definitions.targets {
        if inherited.contains(name) && !grouped.contains(name) {
            continue;
        }
        let target = with_inherited(&definitions, target, &scope, MAX_DEPTH);
        let cells = matrix(&target, &scope);
        let is_matrix = target.contains_key("matrix");
        for cell in cells {
            let scope = scope.with(&cell);
            let own = target.get("name").filter(|_| is_matrix).and_then(|name| text(&scope.value(name)));
            builds.push(build(&own.unwrap_or_else(|| name.clone()), &target, &scope));
        }
    }
    Ok(builds)
}

/// The targets that groups name, and groups of groups.
fn grouped(definitions: &Definitions, scope: &Scope) -> BTreeSet<String> {
    definitions.groups.values().flat_map(|group| list(group, "targets", scope)).collect()
}

/// A target over all that it inherits: of several, the later over the earlier.
fn with_inherited(definitions: &Definitions, target: &Target, scope: &Scope, depth: usize) -> Target {
    let mut all = Target::new();
    if let Some(depth) = depth.checked_sub(1) {
        for name in list(target, "inherits", scope) {
            if let Some(parent) = definitions.targets.get(&name) {
                definitions::overlay(&mut all, &with_inherited(definitions, parent, scope, depth));
            }
        }
    }
    // What a template is called and multiplied by is its own.
    all.remove("matrix");
    all.remove("name");
    definitions::overlay(&mut all, target);
    all
}

/// Every combination of a matrix's values; one empty one without a matrix.
fn matrix(target: &Target, scope: &Scope) -> Vec<BTreeMap<String, Value>> {
    let mut cells = vec![BTreeMap::new()];
    let Some(Value::Object(axes)) = target.get("matrix").map(|matrix| scope.value(matrix)) else { return cells };
    for (name, values) in axes {
        let values = values.as_array().cloned().unwrap_or_default();
        cells = cells
            .iter()
            .flat_map(|cell| {
                values.iter().map(|value| {
                    let mut cell = cell.clone();
                    cell.insert(name.clone(), value.clone());
                    cell
                })
            })
            .take(MAX_MATRIX)
            .collect();
    }
    cells
}

fn list(target: &Target, key: &str, scope: &Scope) -> Vec<String> {
    match target.get(key).map(|value| scope.value(value)) {
        Some(Value::Array(values)) => values.iter().filter_map(text).collect(),
        _ => Vec::new(),
    }
}

fn build(name: &str, target: &Target, scope: &Scope) -> Build {
    let field = |key: &str| target.get(key).and_then(|value| text(&scope.value(value)));
    let pairs = |key: &str| -> BTreeMap<String, String> {
        match target.get(key).map(|value| scope.value(value)) {
            // `null` leaves an argument to the Dockerfile's default.
            Some(Value::Object(pairs)) => {
                pairs.iter().filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect()
            }
            _ => BTreeMap::new(),
        }
    };
    Build {
        name: name.to_owned(),
        context: field("context").unwrap_or_else(|| ".".to_owned()),
        recipe: match field("dockerfile-inline") {
            Some(text) => Recipe::Inline(text),
            None => Recipe::File(field("dockerfile").unwrap_or_else(|| "Dockerfile".to_owned())),
        },
        target: field("target").filter(|target| !target.is_empty()),
        args: pairs("args"),
        contexts: pairs("contexts"),
        images: list(target, "tags", scope),
        platform: list(target, "platforms", scope).into_iter().next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hcl(text: &str) -> Vec<Build> {
        builds(&[("docker-bake.hcl", text)]).unwrap()
    }

    const BAKE: &str = r#"
variable "TAG" { default = "2023" }
variable "REGISTRY" {}
variable "BASE" { default = "amazonlinux:${TAG}" }
function "tag" {
  params = [name]
  result = ["${REGISTRY}/${name}"]
}
group "default" { targets = ["api", "web"] }
target "_common" {
  context = "."
  args = { BASE = BASE, KEEP = "yes" }
}
target "api" {
  inherits = ["_common"]
  dockerfile = "docker/api.Dockerfile"
  target = "prod"
  args = { KEEP = "no", UP = upper("x"), WHEN = timestamp(), NONE = null }
  contexts = { base = "target:web" }
  tags = ["${REGISTRY}/acme/api:${TAG}", "acme/api"]
  platforms = ["linux/arm64", "linux/amd64"]
}
target "web" {
  context = "web"
  dockerfile-inline = <<EOT
FROM amazonlinux:${TAG}
RUN echo $${HOME}
EOT
  tags = tag("web")
}
"#;

    #[test]
    fn targets_inherit_and_variables_are_put_in() {
        let found = hcl(BAKE);
        let [api, web] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((api.name.as_str(), api.context.as_str(), api.target.as_deref()), ("api", ".", Some("prod")));
        assert_eq!(api.recipe, Recipe::File("docker/api.Dockerfile".to_owned()));
        let args: Vec<_> = api.args.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(args, ["BASE=amazonlinux:2023", "KEEP=no", "UP=X", "WHEN=…"]);
        assert_eq!(api.images, ["…/acme/api:2023", "acme/api"]);
        assert_eq!((api.contexts["base"].as_str(), api.platform.as_deref()), ("target:web", Some("linux/arm64")));
        assert_eq!(web.recipe, Recipe::Inline("FROM amazonlinux:2023\nRUN echo ${HOME}\n".to_owned()));
        assert_eq!(web.images, ["…/web"]);
    }

    #[test]
    fn what_depends_on_an_unknown_variable_is_unknown() {
        let found = hcl(r#"
            variable "BASE" {}
            variable "SLIM" { default = true }
            target "a" {
              args = {
                PLAIN = BASE
                IN_TEXT = "x/${BASE}:1"
                DECIDED = BASE == "" ? "one" : "two"
                KNOWN = SLIM ? "slim" : "full"
                AGAIN = "${LATER}-${SLIM}"
              }
            }
            variable "LATER" { default = "${FIRST}!" }
            variable "FIRST" { default = "f" }
            variable "CIRCLE" { default = CIRCLE }
        "#);
        let args: Vec<_> = found[0].args.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(args, ["AGAIN=f!-true", "DECIDED=…", "IN_TEXT=x/…:1", "KNOWN=slim", "PLAIN=…"]);
    }

    #[test]
    fn functions_of_the_file_and_of_the_library_are_called() {
        let found = hcl(r#"
            variable "LIST" { default = ["b", "a"] }
            variable "UNSET" {}
            function "image" {
              params = [name]
              variadic_params = more
              result = "acme/${name}:${join("-", sort(concat(more, LIST)))}"
            }
            function "again" {
              params = [x]
              result = again(x)
            }
            target "app" {
              args = {
                IMAGE = image("web", "c")
                IN_TEXT = "<${upper(image("x"))}>"
                DECIDED = length(LIST) == 2 ? image("two") : "none"
                UNKNOWN = image(UNSET)
                UNKNOWN_TOO = equal(UNSET, "") ? "one" : "two"
                TOO_FEW = image()
                CIRCLE = again("x")
                FORMAT = format("%s-%d%%", "a", 2)
                SANITIZED = sanitize("a/b:1")
                PARTS = element(split(".", "1.2.3"), 1)
                CUT = substr("abcdef", 1, 3)
                REST = substr("abcdef", 2, -1)
                TRIMMED = trimsuffix(trimprefix("v1.2-rc", "v"), "-rc")
                ENDS = trim(trimspace("  xax "), "x")
                FOUND = lookup({ a = "1" }, "a", "no")
                NOT_FOUND = lookup({ a = "1" }, "b", "no")
                JOINED = join(",", keys(merge({ b = 1 }, { a = 2 })))
                VALUES = join(",", values({ b = 1, a = 2 }))
                FLAT = join(",", compact(distinct(flatten([["a", ""], "a", "b"]))))
                HAS = contains(LIST, "a") && !contains(LIST, "z")
                SUM = add(2, multiply(3, subtract(5, 1)))
                LESS = lessthan(1, 2)
                MORE = greaterthan(1, 2)
                LONG = strlen("abc")
                BASE = basename("a/b.txt")
                LINE = chomp("a\n")
              }
            }
        "#);
        let args: Vec<_> = found[0].args.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            args,
            [
                "BASE=b.txt",
                "CIRCLE=…",
                "CUT=bcd",
                "DECIDED=acme/two:a-b",
                "ENDS=a",
                "FLAT=a,b",
                "FORMAT=a-2%",
                "FOUND=1",
                "HAS=true",
                "IMAGE=acme/web:a-b-c",
                "IN_TEXT=<ACME/X:A-B>",
                "JOINED=a,b",
                "LESS=true",
                "LINE=a",
                "LONG=3",
                "MORE=false",
                "NOT_FOUND=no",
                "PARTS=2",
                "REST=cdef",
                "SANITIZED=a_b_1",
                "SUM=14",
                "TOO_FEW=…",
                "TRIMMED=1.2",
                "UNKNOWN=acme/…:a-b",
                "UNKNOWN_TOO=…",
                "VALUES=2,1",
            ]
        );
    }

    #[test]
    fn a_matrix_is_several_builds() {
        let found = hcl(r#"
            target "app" {
              name = "app-${replace(version, ".", "-")}-${kind}"
              matrix = { version = ["2", "20.23"], kind = ["a", "b"] }
              args = { VERSION = version }
            }
        "#);
        let names: Vec<_> = found.iter().map(|build| build.name.as_str()).collect();
        assert_eq!(names, ["app-2-a", "app-2-b", "app-20-23-a", "app-20-23-b"]);
        assert_eq!(found[3].args["VERSION"], "20.23");
    }

    #[test]
    fn json_says_the_same_and_an_override_is_laid_over() {
        let json = r#"{
            "variable": {"TAG": {"default": "2"}},
            "group": {"default": {"targets": ["app"]}},
            "target": {"app": {"context": "app", "args": {"BASE": "amazonlinux:${TAG}", "OLD": "1"}}}
        }"#;
        let over = r#"target "app" { args = { OLD = "2" } }"#;
        let found = builds(&[("docker-bake.json", json), ("docker-bake.override.hcl", over)]).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].args["BASE"].as_str(), found[0].args["OLD"].as_str()), ("amazonlinux:2", "2"));
    }

    #[test]
    fn what_is_neither_is_said_with_its_place() {
        for (name, language) in [("docker-bake.hcl", "HCL"), ("docker-bake.json", "JSON")] {
            let error = builds(&[(name, "target \"a\" {\n  args = {\n")]).unwrap_err().to_string();
            assert!(error.contains(language) && error.contains("line ") && !error.contains('\n'), "{error}");
        }
        assert!(hcl("").is_empty());
    }

    #[test]
    fn circles_end() {
        let found = hcl("target \"a\" { inherits = [\"b\"] }\ntarget \"b\" { inherits = [\"a\"] }\n\
                         group \"g\" { targets = [\"a\", \"b\", \"g\"] }");
        assert_eq!(found.len(), 2);
    }
}
