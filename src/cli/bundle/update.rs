//! `rdsca bundle update`: fetches the bundle that AWS serves today.

use std::path::PathBuf;

use anyhow::{Context as _, bail};

use super::super::reach::Network;
use super::super::{Exit, cache};
use crate::bundle::{BUILTIN_PEM, Catalog, Contents, Form, difference};
use crate::registry::{self, Opener};
use crate::store::bundle;
use crate::text::escape;

/// What AWS serves for all commercial regions.
const URL: &str = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem";

/// The largest bundle that is taken: twenty times those of 2026.
const MAX_BUNDLE: usize = 4 << 20;

/// Where to fetch from.
#[derive(clap::Args)]
pub struct Args {
    /// Where it is served: AWS, or a mirror, over https
    #[arg(long, value_name = "URL", default_value = URL)]
    from: String,
    /// Trust the authorities in this PEM file, besides the system's, for that connection
    #[arg(long, value_name = "FILE", env = "RDSCA_REGISTRY_CA")]
    registry_ca: Option<PathBuf>,
    #[command(flatten)]
    network: Network,
}

/// Fetches, looks at what came, and keeps it for `--bundle latest`.
///
/// # Errors
/// It can't be fetched over a verified connection, is no RDS bundle, or can't be kept; the last one stays then.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let folder = cache::folder()?;
    if args.network.offline {
        bail!("--offline: the bundle can't be fetched; `rdsca bundle write` writes one without a network");
    }
    let options = registry::Options { registry_ca: args.registry_ca.clone(), ..registry::Options::default() };
    let bytes = Opener::new(options).file("the RDS CA bundle", &args.from, MAX_BUNDLE)?;
    let contents = Contents::read(&bytes);
    let catalog = Catalog::builtin();
    if let Some(problem) = contents.problems.first() {
        bail!("{} serves no RDS CA bundle ({problem}): nothing was kept", escape(&args.from));
    }
    let is_rds = |known: &crate::bundle::Authority| !known.is_amazon_trust();
    let mut certificates = contents.certificates.iter();
    if contents.form != Form::Pem
        || !certificates.any(|found| catalog.authority(&found.fingerprint).is_some_and(is_rds))
    {
        bail!("{} serves no RDS CA bundle but {}: nothing was kept", escape(&args.from), contents.form);
    }
    let file = bundle::keep(&folder, &bytes).with_context(|| format!("cannot write below {}", folder.display()))?;
    let fingerprints = contents.fingerprints();
    let publication = catalog.publication(&contents.sha256).or_else(|| catalog.publication_of(&fingerprints));
    let what = match publication {
        Some(publication) => format!("the {} bundle of {}", publication.scope, publication.date()),
        None => "a bundle that this version does not know".to_owned(),
    };
    let builtin = Contents::read(BUILTIN_PEM);
    let change = difference(&builtin, &contents, catalog);
    anstream::println!(
        "{} ({} authorities; {} that the builtin bundle lacks, and {} of that one are gone)\n{}\nuse it with --bundle latest",
        what,
        fingerprints.len(),
        change.only_second.len(),
        change.only_first.len(),
        escape(&file.to_string_lossy())
    );
    Ok(Exit::Clean)
}
