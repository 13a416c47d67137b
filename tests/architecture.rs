//! The house rules, proved: rows, purity, first lines, and that every rule has its page and its cases.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The rows of `docs/architecture.md`, from the ground up. A module uses only rows below its own, never a sibling.
const ROWS: &[&[&str]] = &[
    &["text", "digest", "tree"],
    &["oci", "bundle", "client", "shell"],
    &["buildfile", "dockerfile", "image"],
    &["finding"],
    &["rules", "fix"],
    &["config", "report", "registry", "store"],
    &["audit"],
    &["cli"],
];

/// The rows up to this one decide, and so touch nothing outside.
const LAST_PURE_ROW: usize = 4;

/// What a pure module may not name.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "reqwest",
    "tokio::",
    "println!",
    "eprintln!",
    "stdin()",
    "stdout()",
    "stderr()",
];

/// Row 0 is one row, but its own foundation: paths are printed and hashed. These few edges are part of the design.
const SAME_ROW: &[(&str, &str)] = &[("tree", "text")];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The code of a file without comments, strings' contents aside (a URL in a string does no harm here), and without its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]").next().unwrap();
    text.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

/// The module below `src` that a file belongs to.
fn module(path: &Path) -> String {
    let relative = path.strip_prefix(root().join("src")).unwrap();
    let first = relative.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

/// Modules named by `crate::name`, also inside `use crate::{a, b::c}`.
fn used(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            names.push(word(rest));
            continue;
        };
        let mut depth = 0;
        let mut start = true;
        for (at, character) in group.char_indices() {
            match character {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                _ if start && depth == 0 && !character.is_whitespace() => {
                    names.push(word(&group[at..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn word(text: &str) -> String {
    text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

#[test]
fn a_module_uses_only_rows_below_its_own() {
    let mut wrong = Vec::new();
    for path in rust_files(&root().join("src")) {
        let user = module(&path);
        if user == "lib" || user == "main" {
            continue;
        }
        let Some(own) = row(&user) else {
            wrong.push(format!("{}: module {user} stands in no row", path.display()));
            continue;
        };
        for name in used(&code(&path)) {
            let Some(other) = row(&name) else {
                wrong.push(format!("{}: crate::{name} stands in no row", path.display()));
                continue;
            };
            if name != user && other >= own && !SAME_ROW.contains(&(user.as_str(), name.as_str())) {
                wrong.push(format!("{}: {user} (row {own}) uses {name} (row {other})", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn what_decides_touches_nothing_outside() {
    let mut wrong = Vec::new();
    for path in rust_files(&root().join("src")) {
        if row(&module(&path)).is_none_or(|row| row > LAST_PURE_ROW) {
            continue;
        }
        let code = code(&path);
        wrong.extend(
            IMPURE.iter().filter(|name| code.contains(**name)).map(|name| format!("{}: {name}", path.display())),
        );
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is() {
    let folders = ["src", "tests", "benches", "examples", "fuzz/targets"].map(|folder| root().join(folder));
    let files = folders.iter().filter(|folder| folder.exists()).flat_map(|folder| rust_files(folder));
    let wrong: Vec<_> = files
        .filter(|path| !fs::read_to_string(path).unwrap().starts_with("//! "))
        .map(|path| path.display().to_string())
        .collect();
    assert!(wrong.is_empty(), "no //! line: {wrong:?}");
}

#[test]
fn every_bound_has_its_test() {
    let page = fs::read_to_string(root().join("docs/bounds.md")).unwrap();
    let sources: String = ["src", "tests"]
        .iter()
        .flat_map(|folder| rust_files(&root().join(folder)))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| what")).collect();
    assert!(rows.len() > 20, "only {} bounds", rows.len());
    let mut wrong = Vec::new();
    for row in rows {
        let tests = row.trim_end_matches([' ', '|']).rsplit_once('|').unwrap().1;
        let names: Vec<_> = tests.split('`').skip(1).step_by(2).collect();
        wrong.extend(names.is_empty().then(|| format!("{row}: no test")));
        let missing = names.iter().filter(|name| !sources.contains(&format!("fn {name}(")));
        wrong.extend(missing.map(|name| format!("{row}: there is no test {name}")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn no_module_is_a_drawer() {
    let drawers = ["utils", "util", "helpers", "helper", "common", "prelude", "manager", "misc"];
    let wrong: Vec<_> = rust_files(&root().join("src"))
        .into_iter()
        .filter(|path| path.iter().any(|part| drawers.contains(&part.to_str().unwrap().trim_end_matches(".rs"))))
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn every_rule_has_its_file_its_page_and_its_cases() {
    let mut wrong = Vec::new();
    let mut ids = BTreeMap::new();
    for rule in rdsca::rules::ALL {
        if ids.insert(rule.id, ()).is_some() {
            wrong.push(format!("{}: twice in the table", rule.id));
        }
        for needed in [
            format!("src/rules/{}.rs", rule.id.replace('-', "_")),
            format!("docs/rules/{}.md", rule.id),
            format!("testdata/rules/{}", rule.id),
        ] {
            if !root().join(&needed).exists() {
                wrong.push(format!("{}: {needed} is missing", rule.id));
            }
        }
    }
    for page in fs::read_dir(root().join("docs/rules")).unwrap() {
        let id = page.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned();
        if !ids.contains_key(id.as_str()) {
            wrong.push(format!("docs/rules/{id}.md: no such rule"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_uses_sees_groups() {
    assert_eq!(used("use crate::{a, b::{c, d}, e};\ncrate::f::g()"), ["a", "b", "e", "f"]);
}
