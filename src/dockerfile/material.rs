//! Which files of a stage hold RDS certificates, and whether the stage's user can read them.

use crate::bundle;
use crate::shell::{Extent, Fetch, Form, Gap, Holding, Part, Reach, Source};
use crate::tree::{Kind, Node, Outcome, TreePath};

use super::facts::{BundleState, Facts, Home, Presence, Stage, UserSet};

/// Endings under which certificates are kept.
const ENDINGS: &[&str] =
    &[".pem", ".crt", ".cer", ".cert", ".p7b", ".der", ".jks", ".p12", ".pfx", ".ca", ".ca-bundle", ".truststore"];

/// Whether a file's name is one under which people keep the RDS bundle: `global-bundle.pem`, `us-east-1-bundle.pem`,
/// `rds-combined-ca-bundle.pem`, `rds-ca-2019-root.pem`, `aws-rds.crt`, … A pattern's stars count as nothing.
pub fn is_bundle_name(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let Some(stem) = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)) else { return false };
    let words: Vec<&str> = stem.split(['-', '_', '.', '*', '?']).collect();
    let has = |word: &str| words.contains(&word);
    if stem == "global-bundle"
        || has("rds")
        || stem.starts_with("rds")
        || stem.contains("amazonrds")
        || stem.contains("awsrds")
    {
        return true;
    }
    region_of_bundle_name(&name).is_some()
}

/// The region whose bundle AWS publishes under a name (`us-east-1-bundle.pem`, `us-gov-west-1-bundle.pem`).
pub fn region_of_bundle_name(name: &str) -> Option<String> {
    let name = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let stem = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending))?;
    let region = stem.strip_suffix("-bundle")?;
    let parts: Vec<&str> = region.split('-').collect();
    let number = parts.last().is_some_and(|last| last.len() == 1 && last.bytes().all(|byte| byte.is_ascii_digit()));
    let is_region = parts.len() >= 3 && number && parts.first().is_some_and(|first| first.len() == 2);
    is_region.then(|| region.to_owned())
}

/// Whether a part is RDS certificates.
fn is_rds(part: &Part) -> bool {
    match &part.source {
        Source::Fetch(fetch) => is_rds_url(&fetch.url),
        Source::Named(path) => is_bundle_name(path),
        Source::Image { .. } => true,
        Source::Bytes { bytes, path } => holds_rds(bytes, path.as_deref()),
    }
}

/// Whether a URL is one of AWS's own for RDS, or of a file of the bundle's name somewhere else. The roots of Amazon Trust Services
/// are for RDS Proxy and verify no database.
fn is_rds_url(url: &str) -> bool {
    match bundle::url::classify(url) {
        Some(known) => known.class != bundle::url::UrlClass::AmazonTrust,
        None => is_bundle_name(url.split(['?', '#']).next().unwrap_or(url)),
    }
}

/// Whether bytes hold an authority that AWS published for RDS, whatever the file's name; or certificates that somebody calls RDS's:
/// how good those are is not decided here.
fn holds_rds(bytes: &[u8], path: Option<&str>) -> bool {
    if path.is_some_and(is_bundle_name) {
        return true;
    }
    if !bundle::contents::may_hold_certificates(bytes) {
        return false;
    }
    bundle::Contents::read(bytes).names_rds()
}

impl Stage {
    /// Every place in the stage's tree that surely holds RDS certificates; the most useful one first: readable, whole, a file.
    pub fn materials(&self) -> &[Presence] {
        &self.materials
    }

    /// Whether the RDS bundle is in the stage.
    pub const fn bundle(&self) -> &BundleState {
        &self.bundle
    }

    /// Looks through the tree, once it is done, for what the two above answer.
    pub(super) fn take_stock(&mut self) {
        self.materials = self.find_materials();
        self.bundle = self.find_bundle();
    }

    fn find_materials(&self) -> Vec<Presence> {
        let mut found = Vec::new();
        let mut links = Vec::new();
        self.tree.walk(|path, node| match &node.kind {
            Kind::File if holds(&node.payload) && !node.payload.contents.doubtful => {
                found.push((path.clone(), node.clone()))
            }
            Kind::Symlink(target) => links.push((path.clone(), path.parent().unwrap_or_default().resolve(target))),
            _ => {}
        });
        let mut presences: Vec<Presence> =
            found.into_iter().map(|(path, node)| self.presence(path, &node, &links)).collect();
        presences.sort_by_key(|presence| {
            let partly =
                presence.contents.parts.iter().filter(|part| is_rds(part)).all(|part| part.extent != Extent::Whole);
            (presence.readable == Some(false), partly, presence.home, presence.resolved.clone())
        });
        presences
    }

    fn presence(&self, resolved: TreePath, node: &Node<Holding>, links: &[(TreePath, TreePath)]) -> Presence {
        let by_link = links.iter().find_map(|(link, target)| {
            let rest = resolved.strip_prefix(target).filter(|rest| !rest.is_empty() && !target.is_root())?;
            let path = link.resolve(rest);
            // The link that the system itself has for that purpose, and not the other way round.
            (self.tree.lookup(&path).path == resolved && link.starts_with(&TreePath::new("/etc/ssl"))).then_some(path)
        });
        let path = by_link.unwrap_or_else(|| resolved.clone());
        let home = match node.payload.contents.form {
            Form::Keystore => Home::Keystore,
            Form::Plain if bundle::is_system_store(&resolved) => Home::SystemStore,
            Form::Plain => Home::File,
        };
        Presence {
            home,
            by: node.payload.by,
            contents: node.payload.contents.clone(),
            attributes: node.attributes,
            readable: self.is_readable(&resolved),
            pinned: node.payload.pinned
                || node
                    .payload
                    .contents
                    .parts
                    .iter()
                    .any(|part| matches!(&part.source, Source::Fetch(fetch) if fetch.pinned)),
            path,
            resolved,
        }
    }

    /// Whether the stage's user can read a file: the right to search every directory above it, and to read it.
    fn is_readable(&self, path: &TreePath) -> Option<bool> {
        let walk = self.tree.lookup(path);
        let Outcome::Found(file) = walk.outcome else { return None };
        let mut sure = true;
        for (node, bit) in walk.passed().into_iter().map(|(_, node)| (node, 0o1)).chain([(file, 0o4)]) {
            match self.may(node, bit) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => sure = false,
            }
        }
        sure.then_some(true)
    }

    /// Whether the stage's user has a right on a node, by the class that he belongs to.
    pub(super) fn may(&self, node: &Node<Holding>, bit: u32) -> Option<bool> {
        let mode = node.attributes.mode;
        let everybody = [mode >> 6, mode >> 3, mode].iter().all(|class| class & bit != 0);
        if everybody {
            return Some(true);
        }
        if self.user.set == UserSet::Unknown {
            return None;
        }
        // A name whose number is not known still owns what was made over to it by that name.
        let uid = self.user.uid.or_else(|| self.accounts.stand_in(&self.user.name));
        let gid = self.user.gid.or(uid);
        if uid == Some(0) {
            return Some(true);
        }
        // A user that only the base knows owns nothing that was put here without naming him.
        let uid = uid.unwrap_or(u32::MAX);
        if uid == node.attributes.uid {
            return Some(mode >> 6 & bit != 0);
        }
        if gid == Some(node.attributes.gid) {
            return Some(mode >> 3 & bit != 0);
        }
        let (group, other) = (mode >> 3 & bit != 0, mode & bit != 0);
        // The user may be in more groups than are known.
        if group == other || node.attributes.gid == 0 { Some(other) } else { None }
    }

    fn find_bundle(&self) -> BundleState {
        if !self.materials.is_empty() {
            return BundleState::Present(self.materials.clone());
        }
        let mut because = self.gaps.clone();
        let mut removed = None;
        self.tree.walk(|path, node| {
            if !holds(&node.payload) {
                // The bundle's name, and a file that is not here.
                let named = path.file_name().map(String::from_utf8_lossy);
                let is_elsewhere = |part: &Part| matches!(part.source, Source::Named(_));
                if let (Kind::File, true) = (&node.kind, node.payload.contents.parts.iter().any(is_elsewhere))
                    && named.is_some_and(|name| is_bundle_name(&name))
                {
                    because.push(Gap {
                        span: node.payload.by.unwrap_or(self.from),
                        why: format!("what {path} holds is not known: the file that it is a copy of is not here"),
                        reach: Reach::Below(path.clone()),
                    });
                }
                return;
            }
            match node.kind {
                Kind::File => because.push(Gap {
                    span: node.payload.by.unwrap_or(self.from),
                    why: format!("whether {path} is made depends on a condition that could not be told"),
                    reach: Reach::Below(path.clone()),
                }),
                Kind::Removed => removed = node.payload.by.map(|by| (path.clone(), by)),
                _ => {}
            }
        });
        match removed {
            _ if !because.is_empty() => BundleState::Unknown { because },
            Some((path, by)) => BundleState::Removed { path, by },
            None => BundleState::Absent,
        }
    }
}

impl Presence {
    /// What of it is RDS certificates.
    pub fn rds_parts(&self) -> impl Iterator<Item = &Part> {
        self.contents.parts.iter().filter(|part| is_rds(part))
    }

    /// Whether anything of a download is in it.
    pub fn holds_of(&self, fetch: &Fetch) -> bool {
        let mut parts = self.contents.parts.iter();
        parts.any(|part| matches!(&part.source, Source::Fetch(part_of) if part_of.is_same_request(fetch)))
    }

    /// Whether all that a download brought is in it, byte by byte.
    pub fn is_made_of(&self, fetch: &Fetch) -> bool {
        self.contents.form == Form::Plain
            && self.contents.parts.iter().any(|part| match &part.source {
                Source::Fetch(part_of) => part_of.is_same_request(fetch) && part.extent == Extent::Whole,
                Source::Bytes { .. } | Source::Named(_) | Source::Image { .. } => false,
            })
    }
}

impl Facts {
    /// Every download of RDS certificates, in all stages.
    pub fn bundle_fetches(&self) -> impl Iterator<Item = &Fetch> {
        let fetches = self.stages.iter().flat_map(|stage| &stage.fetches);
        fetches.map(|fetch| &**fetch).filter(|fetch| is_rds_url(&fetch.url))
    }
}

/// Whether a file holds RDS certificates, or a tombstone stands where some were.
fn holds(holding: &Holding) -> bool {
    holding.contents.parts.iter().any(is_rds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_bundles_are_known() {
        for name in [
            "global-bundle.pem",
            "rds-combined-ca-bundle.pem",
            "bin/rds-ca-rsa4096-g1.pem",
            "us-gov-west-1-bundle.pem",
            "rds-ca.pem",
            "aws-rds.crt",
            "rds-truststore.jks",
            "rds.crt",
            "rds_ca.pem",
            "rds-ca-*.pem",
        ] {
            assert!(is_bundle_name(name), "{name}");
        }
        for name in [
            "bundle.pem",
            "ca-certificates.crt",
            "rds.py",
            "global-bundle.js",
            "words.pem",
            "us-east-x-bundle.pem",
            "us-east-12-bundle.pem",
            "lards.pem",
            "LOC-ROOT-CA-1.crt",
        ] {
            assert!(!is_bundle_name(name), "{name}");
        }
    }
}
