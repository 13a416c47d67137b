//! The versions of drivers that lock files and lists of requirements name.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Version;
use super::dialect::package;

/// Versions by the name of the package, as [`package`] writes it.
pub type Versions = BTreeMap<&'static str, Version>;

/// How a kind of file names versions.
type Reader = fn(&str) -> Versions;

/// The reader of files of that name; none where such a file names no versions.
fn reader(name: &str) -> Option<Reader> {
    match name {
        "poetry.lock" | "uv.lock" | "pdm.lock" => Some(toml),
        "Pipfile.lock" => Some(pipfile),
        "package-lock.json" => Some(npm),
        "yarn.lock" => Some(yarn),
        _ if name.starts_with("requirements") && name.ends_with(".txt") => Some(requirements),
        _ => None,
    }
}

/// Whether a file of that name may name versions of drivers.
pub fn is_lock(name: &str) -> bool {
    reader(name).is_some()
}

/// The versions of drivers that a file names; of what it can't read it names none.
pub fn versions(name: &str, text: &str) -> Versions {
    reader(name).map(|read| read(text)).unwrap_or_default()
}

/// `pg8000==1.31.2`, `psycopg[binary]==3.2.1 ; python_version > "3.8"`.
fn requirements(text: &str) -> Versions {
    let pinned = text.lines().filter_map(|line| {
        let line = line.split('#').next()?;
        let (name, version) = line.split_once("==")?;
        Some((package(name.split('[').next()?.trim())?, Version::parse(version)?))
    });
    pinned.collect()
}

/// `name = "pg8000"`, and on the next line `version = "1.31.2"`.
fn toml(text: &str) -> Versions {
    let value = |line: &str, key: &str| {
        let rest = line.strip_prefix(key)?.trim_start().strip_prefix('=')?;
        Some(rest.trim().trim_matches('"').to_owned())
    };
    let mut versions = Versions::new();
    let mut name = None;
    for line in text.lines() {
        if let Some(named) = value(line, "name") {
            name = package(&named);
        } else if let Some(version) = value(line, "version").and_then(|version| Version::parse(&version)) {
            versions.extend(name.take().map(|name| (name, version)));
        }
    }
    versions
}

#[derive(Deserialize)]
struct Entry {
    version: Option<String>,
}

fn entries<'e>(entries: impl Iterator<Item = (&'e str, Option<String>)>) -> Versions {
    entries.filter_map(|(name, version)| Some((package(name)?, Version::parse(&version?)?))).collect()
}

fn pipfile(text: &str) -> Versions {
    #[derive(Deserialize)]
    struct Lock {
        default: BTreeMap<String, Entry>,
    }
    let Ok(lock) = serde_json::from_str::<Lock>(text) else { return Versions::new() };
    entries(lock.default.iter().map(|(name, entry)| (name.as_str(), entry.version.clone())))
}

fn npm(text: &str) -> Versions {
    #[derive(Deserialize)]
    struct Lock {
        packages: BTreeMap<String, Entry>,
    }
    let Ok(lock) = serde_json::from_str::<Lock>(text) else { return Versions::new() };
    let installed = lock
        .packages
        .iter()
        .filter_map(|(path, entry)| Some((path.strip_prefix("node_modules/")?, entry.version.clone())));
    entries(installed)
}

/// `pg@^8.11.0:`, and on the next line `version "8.11.3"`.
fn yarn(text: &str) -> Versions {
    let mut versions = Versions::new();
    let mut name = None;
    for line in text.lines() {
        if !line.starts_with([' ', '#']) {
            name = line.trim_start_matches('"').split('@').next().and_then(package);
        } else if let Some(version) = line.trim().strip_prefix("version ") {
            let version = Version::parse(version.trim_matches('"'));
            versions.extend(name.take().zip(version));
        }
    }
    versions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_file_names_versions() {
        for (name, text) in [
            ("requirements.txt", "# pg8000==1.0\nrequests==2.0\nPG8000 == 1.31.2  # pinned\n"),
            (
                "poetry.lock",
                "[[package]]\nname = \"pg8000\"\nversion = \"1.31.2\"\n\n[[package]]\nname = \"x\"\nversion = \"1\"\n",
            ),
            ("Pipfile.lock", r#"{"default": {"pg8000": {"version": "==1.31.2"}, "x": {"version": "==1"}}}"#),
        ] {
            assert_eq!(versions(name, text), Versions::from([("pg8000", Version::parse("1.31.2").unwrap())]), "{name}");
        }
        for (name, text) in [
            ("package-lock.json", r#"{"packages": {"": {}, "node_modules/pg": {"version": "8.11.3"}}}"#),
            ("yarn.lock", "# yarn lockfile v1\n\npg@^8.11.0:\n  version \"8.11.3\"\n  resolved \"x\"\n"),
        ] {
            assert_eq!(versions(name, text), Versions::from([("pg", Version::parse("8.11.3").unwrap())]), "{name}");
        }
        assert!(!is_lock("requirements.in") && versions("requirements.txt", "pg8000>=1.31").is_empty());
    }
}
