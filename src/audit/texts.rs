//! What is read of a source tree: each file once, whether it is a Dockerfile, may connect to a database, or both.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::{self, plain, unreadable};
use super::plan::{Candidate, Job, Plan};
use super::pool;
use crate::client::{self, Connection, MAX_TEXT, Standing, Value};
use crate::dockerfile::{self, instruction::Keyword};
use crate::image::ca_values;
use crate::report::NotScanned;
use crate::text::{SourceFile, Span};

/// A file that connects to something.
pub struct ClientFile {
    /// Where it lies.
    pub path: PathBuf,
    /// What it says.
    pub file: Arc<SourceFile>,
    /// What it is for, by where it lies.
    pub standing: Standing,
    /// What it connects to; one at least.
    pub connections: Vec<Connection>,
    /// Of a Dockerfile, what is run while it is built.
    runs: Vec<Span>,
}

impl ClientFile {
    /// None of a file that connects to nothing. `is_recipe` says whether images are built by it.
    fn new(source: &Candidate, is_recipe: bool, file: Arc<SourceFile>, connections: Vec<Connection>) -> Option<Self> {
        if connections.is_empty() {
            return None;
        }
        let instructions = if is_recipe { dockerfile::parse(file.text()).instructions } else { Vec::new() };
        let runs = instructions.into_iter().filter(|instruction| instruction.keyword == Keyword::Run);
        Some(Self {
            path: source.path.clone(),
            file,
            standing: Standing::of(&source.within.to_string_lossy()),
            connections,
            runs: runs.map(|run| run.span).collect(),
        })
    }

    /// Whether a connection is made while an image is built, and not by what is in it then.
    pub fn is_of_build(&self, connection: &Connection) -> bool {
        self.runs.iter().any(|run| (run.start..run.end).contains(&connection.span.start))
    }

    /// The files in which it looks for authorities, as it names them.
    pub fn looks_in(&self) -> impl Iterator<Item = &Value> {
        let parameters = self.connections.iter().flat_map(|connection| &connection.parameters);
        parameters.flat_map(|parameter| ca_values(&parameter.name, &parameter.value))
    }
}

/// What the files of a plan say.
#[derive(Default)]
pub struct Texts<'p> {
    /// The Dockerfiles that no file says how to build, and why some cannot be read.
    dockerfiles: HashMap<&'p Path, Result<Arc<SourceFile>, String>>,
    /// What connects to something, in the order of the plan.
    pub clients: Vec<ClientFile>,
    /// By each folder that they are in, at any depth: a tree of ten thousand builds asks for each folder's own.
    below: HashMap<PathBuf, Vec<usize>>,
    /// What may connect to something and could not be read; no Dockerfiles.
    pub not_scanned: Vec<NotScanned>,
}

impl<'p> Texts<'p> {
    /// Reads the files of a plan; without `clients` nothing but Dockerfiles.
    pub fn read(plan: &'p Plan, clients: bool, jobs: usize) -> Self {
        let mut texts = Self::default();
        let wanted = wanted(plan, clients);
        for (wanted, outcome) in wanted.iter().zip(pool::map(&wanted, jobs, Wanted::read)) {
            match outcome {
                Ok(Said { dockerfile, client }) => {
                    texts.dockerfiles.extend(dockerfile.map(|file| (wanted.path, Ok(file))));
                    texts.clients.extend(client);
                }
                Err(reason) if wanted.is_dockerfile => {
                    texts.dockerfiles.insert(wanted.path, Err(reason));
                }
                Err(reason) => texts.not_scanned.push(NotScanned { target: files::name(wanted.path), reason }),
            }
        }
        for (number, client) in texts.clients.iter().enumerate() {
            for folder in client.path.ancestors().skip(1) {
                texts.below.entry(folder.to_owned()).or_default().push(number);
            }
        }
        texts
    }

    /// What connects to something below a folder.
    pub fn clients_below(&self, folder: &Path) -> Vec<&ClientFile> {
        // Everything is in the folder that was started in, also what is named from the root.
        if folder == Path::new("") {
            return self.clients.iter().collect();
        }
        let numbers = self.below.get(folder).map(Vec::as_slice).unwrap_or_default();
        numbers.iter().filter_map(|number| self.clients.get(*number)).collect()
    }

    /// A Dockerfile that no file says how to build.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn dockerfile(&self, path: &Path) -> Result<Arc<SourceFile>, String> {
        self.dockerfiles.get(plain(path)).cloned().unwrap_or_else(|| Err("nobody read it".to_owned()))
    }
}

/// A file that is to be read, and as what.
struct Wanted<'p> {
    path: &'p Path,
    /// Whether it is a Dockerfile that no file says how to build.
    is_dockerfile: bool,
    /// Whether a file says how to build it.
    is_built: bool,
    /// What may connect to something.
    source: Option<&'p Candidate>,
}

/// What a file says to those who want it.
#[derive(Default)]
struct Said {
    dockerfile: Option<Arc<SourceFile>>,
    client: Option<ClientFile>,
}

/// What may connect to something, in the order of the plan, and behind it the Dockerfiles that may not.
fn wanted<'p>(plan: &'p Plan, clients: bool) -> Vec<Wanted<'p>> {
    let sources = if clients { plan.sources.as_slice() } else { &[] };
    let dockerfiles: HashSet<_> = plan.jobs.iter().filter_map(Job::alone).map(plain).collect();
    let built: HashSet<_> =
        plan.repository.builds.iter().filter_map(|build| build.dockerfile.as_deref()).map(plain).collect();
    let of_source = |source: &'p Candidate| {
        let path = plain(&source.path);
        let (is_dockerfile, is_built) = (dockerfiles.contains(path), built.contains(path));
        Wanted { path, is_dockerfile, is_built, source: Some(source) }
    };
    let mut wanted: Vec<_> = sources.iter().map(of_source).collect();
    let known: HashSet<_> = wanted.iter().map(|wanted| wanted.path).collect();
    let others = dockerfiles.difference(&known);
    wanted.extend(others.map(|path| Wanted { path, is_dockerfile: true, is_built: false, source: None }));
    wanted
}

impl Wanted<'_> {
    fn read(&self) -> Result<Said, String> {
        match self.source {
            Some(source) if !self.is_dockerfile => {
                Ok(Said { client: read_source(source, self.is_built)?, dockerfile: None })
            }
            source => read_dockerfile(self.path, source),
        }
    }
}

fn read_dockerfile(path: &Path, source: Option<&Candidate>) -> Result<Said, String> {
    let bytes = files::read_bytes(path)?;
    let name = if path == Path::new("-") { "<stdin>".to_owned() } else { files::name(path) };
    // A text in which something was replaced is not what is in the file: what connects is read of the bytes.
    let connections = source.map(|_| client::read(&name, &bytes)).unwrap_or_default();
    let file = SourceFile::new(name, files::text(bytes));
    let client = source.and_then(|source| ClientFile::new(source, true, Arc::clone(&file), connections));
    Ok(Said { dockerfile: Some(file), client })
}

/// One that is too large or no text is left out, unless somebody named it.
fn read_source(source: &Candidate, is_recipe: bool) -> Result<Option<ClientFile>, String> {
    let Some(bytes) = source_bytes(source)? else { return Ok(None) };
    let name = files::name(&source.path);
    let connections = client::read(&name, &bytes);
    if connections.is_empty() && !source.is_named {
        return Ok(None);
    }
    let text = String::from_utf8(bytes).map_err(|_| "it is not text in UTF-8".to_owned())?;
    Ok(ClientFile::new(source, is_recipe, SourceFile::new(name, text), connections))
}

/// The bytes of a file; none of one that is too large to be the source of a program, unless somebody named it.
fn source_bytes(source: &Candidate) -> Result<Option<Vec<u8>>, String> {
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
