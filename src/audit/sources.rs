//! Files of a source tree that may connect to a database: read, followed, and checked, on all cores.

use std::collections::HashMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::dockerfiles::name;
use super::neighbours::Neighbours;
use super::pool;
use crate::client::dialect::judge;
use crate::client::{self, Connection, MAX_TEXT, Value};
use crate::finding::Finding;
use crate::image::ca_values;
use crate::report::{JudgedConnection, SourceTarget};
use crate::rules::{self, Settings, Site, SiteFile};
use crate::text::SourceFile;

/// What was found in one file.
pub type Checked = (SourceTarget, Vec<Finding>);

/// Files that were read before, by their paths.
pub type Texts<'t> = HashMap<&'t Path, Arc<SourceFile>>;

/// A file that connects to something.
pub struct ClientFile {
    /// Where it lies.
    pub path: PathBuf,
    file: Arc<SourceFile>,
    connections: Vec<Connection>,
}

impl ClientFile {
    /// The files in which it looks for authorities, as it names them.
    pub fn looks_in(&self) -> impl Iterator<Item = &Value> {
        let parameters = self.connections.iter().flat_map(|connection| &connection.parameters);
        parameters.flat_map(|parameter| ca_values(&parameter.name, &parameter.value))
    }
}

/// Reads files, and gives back those that connect to something, in the order in which they came. A file that can't be read is
/// left out: nobody asked for it by name.
pub fn read(paths: &[&PathBuf], texts: &Texts<'_>, jobs: usize) -> Vec<ClientFile> {
    pool::map(paths, jobs, |path| read_file(path, texts)).into_iter().flatten().collect()
}

fn read_file(path: &Path, texts: &Texts<'_>) -> Option<ClientFile> {
    let name = name(path);
    // A text in which something was replaced is not what is in the file.
    let known = texts.get(path).filter(|file| !file.text().contains(char::REPLACEMENT_CHARACTER));
    if let Some(file) = known.filter(|file| file.text().len() as u64 <= MAX_TEXT) {
        let connections = client::read(&name, file.text().as_bytes());
        let file = Arc::clone(file);
        return (!connections.is_empty()).then(|| ClientFile { path: path.to_owned(), file, connections });
    }
    let bytes = bytes(path)?;
    let connections = client::read(&name, &bytes);
    if connections.is_empty() {
        return None;
    }
    let file = SourceFile::new(name, String::from_utf8(bytes).ok()?);
    Some(ClientFile { path: path.to_owned(), file, connections })
}

/// Checks what was read, with all that stands beside it.
pub fn check(sources: Vec<ClientFile>, neighbours: &Neighbours, settings: &Settings) -> Vec<Checked> {
    sources.into_iter().map(|source| judged(source, neighbours, settings)).collect()
}

/// Judges the connections of a file.
fn judged(source: ClientFile, neighbours: &Neighbours, settings: &Settings) -> Checked {
    let ClientFile { path, file, connections } = source;
    let beside = neighbours.beside(&path);
    let mut findings = Vec::new();
    let mut judged = Vec::new();
    for connection in connections {
        let mut surroundings = beside.surroundings(&connection);
        let mut judgement = judge(&connection, &surroundings);
        // What is where it looks may decide what it comes to.
        if let Some(ca) = beside.ca(&judgement) {
            ca.stand_around(&mut surroundings, &judgement);
            judgement = judge(&connection, &surroundings);
        }
        let site = Site {
            connection: &connection,
            judgement: &judgement,
            surroundings: &surroundings,
            file: SiteFile::Source(&file),
            bundle: beside.bundle.clone(),
            ca: beside.ca(&judgement),
            home: beside.home(),
            image: None,
        };
        findings.extend(rules::check_client(&site, settings));
        judged.push(JudgedConnection { connection, judgement, path: None });
    }
    // Several ways to one place say the same of it.
    let key = |finding: &Finding| (finding.rule, finding.start(), finding.message.clone());
    findings.sort_by_key(key);
    findings.dedup_by_key(|finding| key(finding));
    findings.sort_by_key(Finding::start);
    (SourceTarget { file, connections: judged }, findings)
}

fn bytes(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    if length > MAX_TEXT {
        return None;
    }
    bytes.reserve(usize::try_from(length).ok()? + 1);
    file.take(MAX_TEXT).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
