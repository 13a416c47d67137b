//! The programs of an image that connect to databases, and the drivers that are installed in it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::facts::Origin;
use crate::client::{self, Authorities, Connection, Value, Version, dialect};
use crate::oci::layer;
use crate::tree::TreePath;

/// Where systems keep what comes with them: what connects there connects to nothing that the image is made for.
const OF_THE_SYSTEM: &[&[u8]] =
    &[b"boot", b"dev", b"lib", b"lib64", b"proc", b"sys", b"usr/lib", b"usr/lib64", b"usr/share", b"var/lib"];

/// Folders in which packages are installed, wherever they are: drivers, and not what uses them.
const OF_PACKAGES: &[&[u8]] = &[b"site-packages", b"dist-packages", b"node_modules", b"__pycache__"];

/// A program that connects to databases.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// Its file, without links.
    pub path: TreePath,
    /// Who put it there.
    pub origin: Origin,
    /// What connects in it.
    pub connections: Vec<Connection>,
}

/// An installed package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// What it is called.
    pub name: String,
    /// Its version; none where it is installed in several.
    pub version: Option<Version>,
}

/// What is noted of a text in a layer.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
enum Noted {
    /// It connects to databases.
    Connections(Vec<Connection>),
    /// It says that a package is installed.
    Package { name: String, version: String },
}

/// Notes of a text what concerns connections to databases.
pub fn note(path: &TreePath, body: &[u8]) -> Option<String> {
    let noted = match package(path, body) {
        Some((name, version)) => Noted::Package { name, version },
        None if is_installed(path) => return None,
        None => {
            let name = path.to_string();
            if !client::is_read(&name) {
                return None;
            }
            let connections = client::read(&name, body);
            if connections.is_empty() {
                return None;
            }
            Noted::Connections(connections)
        }
    };
    serde_json::to_string(&noted).ok()
}

/// Whether a file came with the system or with a package.
fn is_installed(path: &TreePath) -> bool {
    let is_below = |place: &[u8]| path.as_bytes().strip_prefix(place).is_some_and(|rest| rest.first() == Some(&b'/'));
    OF_THE_SYSTEM.iter().any(|place| is_below(place)) || path.components().any(|part| OF_PACKAGES.contains(&part))
}

/// The package that a file is the record of: `pg8000-1.31.2.dist-info/METADATA`, `node_modules/pg/package.json`.
fn package(path: &TreePath, body: &[u8]) -> Option<(String, String)> {
    if !matches!(path.file_name(), Some(b"METADATA" | b"PKG-INFO" | b"package.json")) {
        return None;
    }
    let parts: Vec<_> = path.components().collect();
    let (name, version) = match parts.as_slice() {
        [.., folder, b"METADATA" | b"PKG-INFO"] => {
            let folder = std::str::from_utf8(folder).ok()?;
            let folder = folder.strip_suffix(".dist-info").or_else(|| folder.strip_suffix(".egg-info"))?;
            let (name, version) = folder.split_once('-')?;
            (name.to_owned(), version.to_owned())
        }
        [.., b"node_modules", name, b"package.json"] => {
            #[derive(Deserialize)]
            struct Manifest {
                version: String,
            }
            let name = std::str::from_utf8(name).ok()?;
            // Only of what is known: a folder of packages has thousands of others.
            dialect::package(name)?;
            let manifest: Manifest = serde_json::from_slice(body).ok()?;
            (name.to_owned(), manifest.version)
        }
        _ => return None,
    };
    Some((dialect::package(&name)?.to_owned(), version))
}

/// Programs and packages of an image, from the notes of its layers. `may_be_changed` tells whether a layer above may have replaced
/// or removed a file.
pub fn collect(
    notes: &[Vec<&layer::Note>],
    origins: &[Origin],
    may_be_changed: &dyn Fn(usize, &TreePath) -> bool,
) -> (Vec<Program>, Vec<Package>) {
    let mut programs: BTreeMap<&TreePath, Program> = BTreeMap::new();
    let mut packages: BTreeMap<String, BTreeSet<Version>> = BTreeMap::new();
    for (index, layer) in notes.iter().enumerate() {
        for note in layer {
            let path = &note.path;
            // What stands there again in a layer above is noted there again, if it still connects to something.
            if may_be_changed(index, path) {
                continue;
            }
            match serde_json::from_str(&note.text) {
                Ok(Noted::Connections(connections)) => {
                    if let Some(origin) = origins.get(index).cloned() {
                        programs.insert(path, Program { path: path.clone(), origin, connections });
                    }
                }
                Ok(Noted::Package { name, version }) => {
                    packages.entry(name).or_default().extend(Version::parse(&version));
                }
                Err(_) => {}
            }
        }
    }
    let package = |(name, versions): (String, BTreeSet<Version>)| {
        let version = if versions.len() == 1 { versions.into_iter().next() } else { None };
        Package { name, version }
    };
    (programs.into_values().collect(), packages.into_iter().map(package).collect())
}

/// What decides where a path of a program is in an image.
#[derive(Clone, Copy, Debug)]
pub struct Whereabouts<'e> {
    /// The environment.
    pub environment: &'e BTreeMap<String, String>,
    /// The directory that programs begin in, as declared.
    pub working_directory: &'e str,
    /// The user, as declared.
    pub user: &'e str,
}

impl Whereabouts<'_> {
    /// The path that a value of a program is; none where it is no path that is known.
    pub fn path(&self, value: &Value, program: &TreePath) -> Option<TreePath> {
        match value {
            Value::Text(text) if text.is_empty() || text == "system" || text.contains('$') => None,
            // Relative paths are seen from where the image starts.
            Value::Text(text) => Some(TreePath::new(self.working_directory).resolve(text)),
            Value::Beside(text) => Some(program.parent().unwrap_or_default().resolve(text)),
            Value::Contents(path) => self.path(path, program),
            Value::Environment { variable, default } => match self.environment.get(variable) {
                Some(set) => self.path(&Value::text(set), program),
                None => self.path(default.as_deref()?, program),
            },
            _ => None,
        }
    }

    /// Where libpq looks for authorities that nobody names; none where the home is not known.
    pub fn home_root(&self) -> Option<TreePath> {
        let is_root = matches!(self.user.split(':').next(), Some("" | "0" | "root"));
        let home = self.environment.get("HOME").map(String::as_str).or_else(|| is_root.then_some("/root"))?;
        Some(TreePath::new(home).resolve(".postgresql/root.crt"))
    }

    /// The paths where programs look for authorities.
    pub fn ca_paths(&self, programs: &[Program]) -> Vec<TreePath> {
        let mut paths = BTreeSet::new();
        for program in programs {
            let parameters = program.connections.iter().flat_map(|connection| &connection.parameters);
            for value in parameters.flat_map(|parameter| ca_values(&parameter.name, &parameter.value)) {
                paths.extend(self.path(value, &program.path));
            }
        }
        if !programs.is_empty() {
            paths.extend(self.home_root());
            // What no connection says libpq looks for in the environment.
            let by_environment = self.environment.get("PGSSLROOTCERT").map(Value::text);
            paths.extend(by_environment.and_then(|value| self.path(&value, &TreePath::ROOT)));
        }
        paths.into_iter().collect()
    }
}

/// The values of a parameter that name files with authorities.
pub fn ca_values<'v>(name: &str, value: &'v Value) -> Vec<&'v Value> {
    const NAMES: &[&str] = &["sslrootcert", "ssl_ca", "ca"];
    match value {
        Value::Context(context) => match &context.authorities {
            Authorities::File(path) => vec![path],
            _ => Vec::new(),
        },
        Value::Map(map) => map.iter().flat_map(|(key, value)| ca_values(key, value)).collect(),
        Value::OneOf(values) => values.iter().flat_map(|value| ca_values(name, value)).collect(),
        value if NAMES.contains(&name) => vec![value],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_known_by_their_records() {
        let found = |path: &str, body: &str| package(&TreePath::new(path), body.as_bytes());
        let is = |name: &str, version: &str| Some((name.to_owned(), version.to_owned()));
        assert_eq!(found("/app/lib/pg8000-1.30.5.dist-info/METADATA", ""), is("pg8000", "1.30.5"));
        assert_eq!(found("/v/psycopg2_binary-2.9.9.dist-info/METADATA", ""), is("psycopg2-binary", "2.9.9"));
        assert_eq!(found("/v/requests-2.0.dist-info/METADATA", ""), None);
        assert_eq!(found("/v/pg8000-1.30.5.dist-info/RECORD", ""), None);
    }

    #[test]
    fn what_came_with_the_system_is_left_alone() {
        let body = b"import psycopg2\npsycopg2.connect(host='db.example.com')\n";
        for (path, noted) in [
            ("/app/db.py", true),
            ("/usr/local/bin/db.py", true),
            ("/usr/lib/python3/dist-packages/x.py", false),
            ("/app/.venv/lib/python3.12/site-packages/x/db.py", false),
            ("/app/db.txt.gz", false),
        ] {
            assert_eq!(note(&TreePath::new(path), body).is_some(), noted, "{path}");
        }
    }
}
