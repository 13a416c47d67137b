//! Whether anything shows that the image which is built talks to RDS.

use crate::bundle::need;
use crate::text::escape;

use super::context::{Context, Entry};
use super::facts::{Facts, Need};
use super::instruction::Keyword;
use super::sources::sources;

/// What shows it: RDS certificates in any stage, the text of an instruction, the environment, or a driver among the dependencies in the
/// context's root or in what is copied from it. The first of these that does.
pub(super) fn look(facts: &Facts, context: &dyn Context) -> Need {
    let holds = |stage: &super::facts::Stage| !stage.materials().is_empty();
    if facts.stages.iter().any(holds) || facts.bundle_fetches().next().is_some() {
        return Need::Shown("it holds RDS certificates, or fetches them".to_owned());
    }
    let instructions = facts.dockerfile.instructions.iter();
    let mut saying = instructions.filter(|instruction| instruction.keyword != Keyword::From);
    if let Some(instruction) = saying.find(|instruction| need::by_host(facts.file.slice(instruction.span))) {
        let line = facts.file.position(instruction.span.start).line;
        return Need::Shown(format!("line {line} names the host of an RDS database"));
    }
    let environment = facts.shipped().into_iter().flat_map(|stage| &stage.environment);
    if let Some((name, _)) = environment.into_iter().find(|(name, value)| need::by_variable(name, value)) {
        return Need::Shown(format!("it sets {}", escape(name)));
    }
    let driver = manifests(facts, context).into_iter().find_map(|path| {
        let Entry::File { bytes, .. } = context.read(&path) else { return None };
        let driver = need::by_manifest(last(&path), &String::from_utf8_lossy(&bytes))?;
        Some(format!("{driver} is in {}", escape(&path)))
    });
    driver.map_or(Need::NotShown, Need::Shown)
}

/// The lists of dependencies in the root of the context, and in what is copied from it.
fn manifests(facts: &Facts, context: &dyn Context) -> Vec<String> {
    let mut paths = Vec::new();
    for source in [""].into_iter().chain(sources(&facts.dockerfile)) {
        if need::is_manifest(last(source)) {
            paths.push(source.to_owned());
        } else if let Entry::Directory(names) = context.read(source) {
            let below = |name: String| if source.is_empty() { name } else { format!("{source}/{name}") };
            paths.extend(names.into_iter().filter(|name| need::is_manifest(name)).map(below));
        }
    }
    paths
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
