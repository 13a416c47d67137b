//! Files of a source tree that may connect to a database: read, followed, and checked, on all cores.

use std::collections::HashMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::dockerfiles::{name, unreadable};
use super::neighbours::Neighbours;
use super::plan::Candidate;
use super::pool;
use crate::client::dialect::judge;
use crate::client::{self, Connection, MAX_TEXT, Standing, Value};
use crate::finding::Finding;
use crate::image::ca_values;
use crate::report::{JudgedConnection, NotScanned, SourceTarget};
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
    standing: Standing,
    connections: Vec<Connection>,
}

impl ClientFile {
    /// The files in which it looks for authorities, as it names them.
    pub fn looks_in(&self) -> impl Iterator<Item = &Value> {
        let parameters = self.connections.iter().flat_map(|connection| &connection.parameters);
        parameters.flat_map(|parameter| ca_values(&parameter.name, &parameter.value))
    }
}

/// What reading gave: the files that connect to something, in the order in which they came, and those that could not be looked at.
#[derive(Default)]
pub struct Read {
    /// Those that connect.
    pub clients: Vec<ClientFile>,
    /// Those that could not be read.
    pub not_scanned: Vec<NotScanned>,
}

/// Reads files. One that is too large or no text is left out, unless somebody named it.
pub fn read(sources: &[&Candidate], texts: &Texts<'_>, jobs: usize) -> Read {
    let mut read = Read::default();
    for (source, outcome) in sources.iter().zip(pool::map(sources, jobs, |source| read_file(source, texts))) {
        match outcome {
            Ok(client) => read.clients.extend(client),
            Err(reason) => read.not_scanned.push(NotScanned { target: name(&source.path), reason }),
        }
    }
    read
}

fn read_file(source: &Candidate, texts: &Texts<'_>) -> Result<Option<ClientFile>, String> {
    let path = &source.path;
    let name = name(path);
    let client = |file, connections| {
        let standing = Standing::of(&source.within.to_string_lossy());
        ClientFile { path: path.clone(), file, standing, connections }
    };
    // A text in which something was replaced is not what is in the file.
    let known = texts.get(path.as_path()).filter(|file| !file.text().contains(char::REPLACEMENT_CHARACTER));
    if let Some(file) = known.filter(|file| file.text().len() as u64 <= MAX_TEXT) {
        let connections = client::read(&name, file.text().as_bytes());
        return Ok((!connections.is_empty()).then(|| client(Arc::clone(file), connections)));
    }
    let Some(bytes) = bytes(source)? else { return Ok(None) };
    let connections = client::read(&name, &bytes);
    if connections.is_empty() && !source.is_named {
        return Ok(None);
    }
    let text = String::from_utf8(bytes).map_err(|_| "it is not text in UTF-8".to_owned())?;
    Ok((!connections.is_empty()).then(|| client(SourceFile::new(name, text), connections)))
}

/// Checks what was read, with all that stands beside it.
pub fn check(sources: Vec<ClientFile>, neighbours: &Neighbours, settings: &Settings) -> Vec<Checked> {
    sources.into_iter().map(|source| judged(source, neighbours, settings)).collect()
}

/// Judges the connections of a file.
fn judged(source: ClientFile, neighbours: &Neighbours, settings: &Settings) -> Checked {
    let ClientFile { path, file, standing, connections } = source;
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
            standing,
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

/// The bytes of a file; none of one that is too large to be the source of a program, unless somebody named it.
fn bytes(source: &Candidate) -> Result<Option<Vec<u8>>, String> {
    let file = fs::File::open(&source.path).map_err(|error| unreadable(&error))?;
    let length = file.metadata().map_err(|error| unreadable(&error))?.len();
    if length > MAX_TEXT {
        let why = format!("it is larger than {} MiB, which no source is that people write", MAX_TEXT >> 20);
        return if source.is_named { Err(why) } else { Ok(None) };
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default() + 1);
    file.take(MAX_TEXT).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    Ok(Some(bytes))
}
