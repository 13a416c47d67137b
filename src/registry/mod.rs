//! Where images come from: registries, archives, folders and standard input, all behind one trait.

mod archive;
mod directory;
mod docker_archive;
mod docker_save;
mod files;
mod input;
mod layout;
mod media_type;
mod oci;
mod oci_archive;
mod remote;
mod standard_input;
mod unsupported;

use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

pub use self::remote::{Challenge, Pace, challenges, credential_files};
use crate::digest::Digest;
use crate::oci::source::{Catalog, Source, SourceError};

/// The images that one input names: one or more, each with a name of its own.
pub type Sources = Vec<Box<dyn Source>>;

/// One kind of input.
pub struct Kind {
    /// What an input of this kind begins with.
    pub prefix: &'static str,
    /// How such an input is written.
    pub form: &'static str,
    /// What it is, in a few words.
    pub summary: &'static str,
    /// Opens what stands behind the prefix.
    open: fn(&str, &Opener, &mut Passing<'_>) -> Result<Sources, SourceError>,
}

/// Reads a file that comes through a stream and will not come again, and gives the digest of its stored bytes; or says why it
/// is no layer, which only counts when an image says that it is one. What is found out is the caller's to keep, by digest.
///
/// Files so small that they are kept do not pass: [`Source::blob`] has them, layers among them too.
pub type Passing<'a> = dyn FnMut(Expected, &mut (dyn Read + Send)) -> Result<Digest, String> + 'a;

/// What is known of a file in a stream before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The digest that its name promises, and that its bytes have to have.
    pub digest: Option<Digest>,
    /// Its size in bytes.
    pub size: u64,
}

/// Every kind of input.
pub static KINDS: &[Kind] = &[
    remote::KIND,
    docker_archive::KIND,
    oci::KIND,
    oci_archive::KIND,
    standard_input::KIND,
    unsupported::DOCKER_DAEMON,
    unsupported::CONTAINERS_STORAGE,
    unsupported::DIR,
];

/// How registries are talked to.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Ask nobody: whatever is not on this machine's disk is an error.
    pub offline: bool,
    /// Talk http instead of https to every registry named; on this machine (`localhost`) that is found out without it.
    pub plain_http: bool,
    /// A PEM file with authorities to trust besides those of the system.
    pub registry_ca: Option<PathBuf>,
    /// Token services, as `host` or `host:port`, that may be given the credentials of a registry on another host.
    pub allowed_realms: Vec<String>,
    /// Where credentials are looked for; [`credential_files`] names the usual files.
    pub credential_files: Vec<PathBuf>,
    /// Bounds on waiting.
    pub pace: Pace,
}

/// Opens inputs. Images opened by one opener share connections, tokens and credentials.
#[derive(Default)]
pub struct Opener {
    options: Options,
    client: Mutex<Option<Arc<remote::Client>>>,
}

impl Opener {
    /// An opener with these options. Nothing is read yet.
    pub fn new(options: Options) -> Self {
        Self { options, client: Mutex::default() }
    }

    /// Opens an input as a user writes it: the prefix of a kind and what that kind wants; a path that exists; or the
    /// reference of an image in a registry. Never gives an empty list.
    ///
    /// A stream (`-`) is read to its end here, and every file in it that may be a layer is given to `passing`; those layers
    /// cannot be had from [`Source::blob`] any more. For every other kind `passing` is not used.
    ///
    /// A registry is not asked before something is wanted of the source, so that many can be opened at once.
    ///
    /// # Errors
    /// [`SourceError`] for what is not there, or is not an image. A thing that looks like a path is never asked of a registry.
    pub fn open(&self, input: &str, passing: &mut Passing<'_>) -> Result<Sources, SourceError> {
        input::open(input, self, passing)
    }

    /// As [`Opener::open`] with `-`, from any stream.
    ///
    /// # Errors
    /// As [`Opener::open`].
    pub fn open_stream(&self, stream: impl Read + Send, passing: &mut Passing<'_>) -> Result<Sources, SourceError> {
        standard_input::read(stream, passing)
    }

    /// What a registry has. Nothing is asked yet.
    ///
    /// # Errors
    /// [`SourceError::Invalid`] for what cannot be the name of a registry.
    pub fn catalog(&self, registry: &str) -> Result<Box<dyn Catalog>, SourceError> {
        Ok(Box::new(remote::Listing::new(self.client()?, registry)?))
    }

    /// Fetches a file over https from a server whose certificate is trusted, and sends it no credentials. `what` is what messages
    /// call it, `limit` the most bytes that it may have.
    ///
    /// # Errors
    /// [`SourceError`] for an address that is not one of https, and for anything else than the file.
    pub fn file(&self, what: &str, address: &str, limit: usize) -> Result<Vec<u8>, SourceError> {
        self.client()?.file(what, address, limit)
    }

    /// The client of this opener, made when it is first needed.
    fn client(&self) -> Result<Arc<remote::Client>, SourceError> {
        if self.options.offline {
            return Err(SourceError::Denied("it is not here, and --offline says to ask no registry".to_owned()));
        }
        let mut client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        match &*client {
            Some(client) => Ok(Arc::clone(client)),
            None => Ok(Arc::clone(client.insert(remote::Client::new(&self.options)?))),
        }
    }
}
