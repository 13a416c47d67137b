//! Puts the facts of an image together from those of its layers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::bundle::{self, Contents};
use crate::digest::Digest;
use crate::oci::compression::Compression;
use crate::oci::layer::{Entry, Kind, Stray, Unwatched, Watch};
use crate::oci::manifest::{Config, Manifest};
use crate::tree::{self, Node, Outcome, Tree, TreePath};

use super::LayerFacts;
use super::access::access;
use super::account;
use super::answer::{self, Trace};
use super::ca_variable::{self, Setting};
use super::facts::{
    Access, Answer, CaPlace, CaVariable, CertificateFile, Facts, File, HiddenLink, Identity, OperatingSystem, Origin,
    PathFacts, Reading, Refusal, User,
};
use super::hidden_link::{Hidden, LinkTrace};
use super::os_release;
use super::programs::{self, Package, Program, Whereabouts};
use super::unpack::{Item, Unsure};
use super::view::{Merge, View};

/// Rounds of reading and assembling after which a watch set has stopped growing: every round settles at least one link of a
/// path, and no more than 40 are followed. Real images need one, seldom two.
pub const MOST_ROUNDS: usize = tree::MAX_LINKS + 8;

/// Names for the places on the way to the paths asked for that are followed up, through links to links. Real images need
/// none or one.
const MOST_NAMES: usize = 512;

/// An image: what its documents say, and what its layers hold.
pub struct Image<'a> {
    /// Digest of the manifest.
    pub digest: Digest,
    /// The manifest.
    pub manifest: &'a Manifest,
    /// The config.
    pub config: &'a Config,
    /// The facts of each layer, in the order of the manifest, each read with at least the watch set given to [`assemble`].
    pub layers: &'a [Arc<LayerFacts>],
    /// How many of the lowest layers were not read; [`super::not_read`] stands for each of them.
    pub unread: usize,
}

/// The facts of an image, as far as its layers were read.
#[derive(Clone, Debug)]
pub struct Assembled {
    /// The facts. What could not be told for want of reading is unknown in them.
    pub facts: Facts,
    /// The watch set that tells more: read all layers again with it, and assemble again. None where all is told.
    pub grown: Option<Watch>,
    /// Whether it would tell more only of paths that the image's environment names, and nothing else is wanting.
    pub only_variables: bool,
}

/// Puts an image together. `paths` are those to answer for, and must be in the watch set.
pub fn assemble(image: &Image<'_>, paths: &[TreePath], watch: &Watch) -> Assembled {
    let mut assembly =
        Assembly { image, origins: origins(image), grown: watch.clone(), grew: false, grew_for_variables: false };
    let facts = assembly.run(paths, watch);
    let Assembly { grown, grew, grew_for_variables, .. } = assembly;
    Assembled { facts, grown: (grew || grew_for_variables).then_some(grown), only_variables: !grew }
}

/// The layers with their digests and instructions.
fn origins(image: &Image<'_>) -> Vec<Origin> {
    let instructions = image.config.instructions().into_iter().chain(std::iter::repeat(None));
    image
        .manifest
        .layers
        .iter()
        .zip(instructions)
        .enumerate()
        .map(|(index, (layer, created_by))| Origin { index, layer: layer.digest, created_by })
        .collect()
}

/// A view of all layers, and what became of the paths on the way.
struct Seen<'a> {
    merge: Merge<'a>,
    traces: Vec<Trace>,
    links: Vec<LinkTrace>,
}

impl<'a> Seen<'a> {
    fn new(view: View, layers: &[Arc<LayerFacts>], paths: &[TreePath], unsure: Unsure<'a>) -> Self {
        let mut merge = Merge::new(view, unsure);
        let mut traces: Vec<_> = paths.iter().cloned().map(Trace::new).collect();
        let mut links = LinkTrace::all();
        for (index, layer) in layers.iter().enumerate() {
            merge.add(index, layer);
            traces.iter_mut().for_each(|trace| trace.note(merge.tree(), index, unsure));
            links.iter_mut().for_each(|link| link.note(merge.tree(), index));
        }
        Self { merge, traces, links }
    }

    fn hidden(&self) -> Vec<Hidden> {
        self.links.iter().filter_map(|link| link.hidden(self.tree())).collect()
    }

    fn tree(&self) -> &Tree<Item> {
        self.merge.tree()
    }
}

/// Whether any directory carries `trusted.overlay.opaque`.
fn restores_attributes(layers: &[Arc<LayerFacts>]) -> bool {
    let mut entries = layers.iter().flat_map(|layer| &layer.entries);
    entries.any(|entry| matches!(entry.kind, Kind::Directory { overlay_opaque: true }))
}

struct Assembly<'a> {
    image: &'a Image<'a>,
    origins: Vec<Origin>,
    grown: Watch,
    grew: bool,
    grew_for_variables: bool,
}

impl Assembly<'_> {
    fn run(&mut self, asked: &[TreePath], watch: &Watch) -> Facts {
        let settings = ca_variable::settings(self.image.config);
        let (programs, packages) = self.programs();
        let config = self.image.config;
        let environment = environment(&config.env);
        let whereabouts =
            Whereabouts { environment: &environment, working_directory: &config.working_directory, user: &config.user };
        let looked_for = whereabouts.ca_paths(&programs);
        let named = settings.iter().flat_map(|setting| setting.paths.iter().cloned());
        let paths: Vec<_> = asked.iter().cloned().chain(named).chain(looked_for.iter().cloned()).collect();
        let paths = paths.as_slice();
        let layers = self.image.layers;
        let unsure = |path: &TreePath| {
            let may = |rest: &Unwatched| rest.may_have(path) || rest.may_lead(path);
            !watch.concerns(path) && layers.iter().any(|layer| may(&layer.unwatched))
        };
        let overlay = Seen::new(View::Overlay, layers, paths, &unsure);
        let applied = Seen::new(View::Applied, layers, paths, &unsure);
        let restoring =
            restores_attributes(layers).then(|| Seen::new(View::OverlayWithAttributes, layers, paths, &unsure));
        for path in overlay.merge.unknown.iter().chain(&applied.merge.unknown) {
            self.grow(path.clone());
        }
        let mut ways = BTreeSet::new();
        for seen in [&overlay, &applied].into_iter().chain(&restoring) {
            asked.iter().for_each(|path| seen.tree().ways(path, &mut ways));
        }
        self.follow_aliases(ways, watch);

        let declared = self.image.config.user.clone();
        let passwd = self.text(overlay.tree(), &unsure, "/etc/passwd");
        let group = self.text(overlay.tree(), &unsure, "/etc/group");
        let identity = account::identity(&declared, &passwd, &group);
        let refusals = self.refusals(&overlay.merge, &applied.merge);
        let mut answers = Vec::new();
        for (index, path) in paths.iter().enumerate() {
            let mut answer = |seen: &Seen<'_>| {
                let (answer, unseen) = self.answer(seen, index, identity.as_ref().ok(), &unsure);
                // The paths that variables lead to are a stranger's choice.
                match unseen {
                    Some(path) if index < asked.len() => self.grow(path),
                    Some(path) => self.grew_for_variables |= self.grown.add_single(path),
                    None => {}
                }
                answer
            };
            let (in_overlay, in_applied) = (answer(&overlay), answer(&applied));
            let in_restoring = restoring.as_ref().map(answer);
            let differs = |other: &Answer| !answer::agree(&in_overlay, other);
            answers.push(PathFacts {
                path: path.clone(),
                runtime_dependent: differs(&in_applied) || in_restoring.as_ref().is_some_and(differs),
                overlay: in_overlay,
                applied: in_applied,
                portable: refusals.is_empty(),
            });
        }
        let program_files = answers.split_off(answers.len().saturating_sub(looked_for.len()));
        let named = answers.split_off(asked.len().min(answers.len()));
        Facts {
            manifest: self.image.digest,
            platform: self.image.config.platform.to_string(),
            layers: self.origins.clone(),
            unread: self.image.unread,
            environment,
            working_directory: self.image.config.working_directory.clone(),
            on_build: self.image.config.on_build.clone(),
            ca_variables: self.ca_variables(settings, named),
            programs,
            packages,
            program_files: program_files.into_iter().map(|facts| self.place(facts)).collect(),
            os: match self.image.unread {
                0 => self.os(overlay.tree(), &unsure),
                _ => Reading::Unknown("the layers below were not read".to_owned()),
            },
            paths: answers,
            certificate_files: self.certificate_files(overlay.tree(), identity.as_ref().ok()),
            private_key_files: self.private_key_files(overlay.tree(), identity.as_ref().ok(), asked),
            locked_keystores: self.files(overlay.tree(), identity.as_ref().ok(), &is_locked, &bundle::is_java_store),
            hidden_links: self.hidden_links(overlay.hidden(), applied.hidden()),
            certificate_files_complete: self.image.unread == 0 && layers.iter().all(|layer| layer.strays_complete),
            user: User { declared, identity },
            refusals,
        }
    }

    /// The answer for a path, and the path that has to be watched where it is not known yet.
    fn answer(
        &self,
        seen: &Seen<'_>,
        index: usize,
        identity: Option<&Identity>,
        unsure: Unsure<'_>,
    ) -> (Answer, Option<TreePath>) {
        let trace = seen.traces.get(index);
        let answer = trace.map(|trace| trace.answer(seen.tree(), &self.origins, identity, unsure));
        match answer {
            Some(Ok(answer)) => (answer, None),
            Some(Err(path)) => {
                let why = format!("it leads to {path}, which was not looked at");
                (Answer::Unknown { why }, Some(path))
            }
            None => (Answer::Unknown { why: "it was not looked at".to_owned() }, None),
        }
    }

    /// The variables with the answers for their paths, which are in the same order.
    fn ca_variables(&self, settings: Vec<Setting>, answers: Vec<PathFacts>) -> Vec<CaVariable> {
        let mut answers = answers.into_iter();
        let variable = |Setting { name, read_by, wanted, value, paths }: Setting| {
            let places = answers.by_ref().take(paths.len()).map(|facts| self.place(facts));
            CaVariable { name, read_by, wanted, value, places: places.collect() }
        };
        settings.into_iter().map(variable).collect()
    }

    /// What is at a path, and where something may be mounted over it.
    fn place(&self, facts: PathFacts) -> CaPlace {
        let mount = ca_variable::mount(&facts.path, self.image.config);
        CaPlace { facts, mount }
    }

    /// The programs that connect to databases, and the drivers that are installed.
    fn programs(&self) -> (Vec<Program>, Vec<Package>) {
        let notes: Vec<Vec<_>> = self.image.layers.iter().map(|layer| layer.notes.iter().collect()).collect();
        programs::collect(&notes, &self.origins, &|index, path| self.may_be_changed(index, path))
    }

    /// The links that are hidden in either view, each once.
    fn hidden_links(&self, in_overlay: Vec<Hidden>, in_applied: Vec<Hidden>) -> Vec<HiddenLink> {
        let mut links: Vec<HiddenLink> = Vec::new();
        let both = in_overlay.into_iter().map(|hidden| (hidden, true));
        for (Hidden { path, target, layer, lost }, in_overlay) in
            both.chain(in_applied.into_iter().map(|hidden| (hidden, false)))
        {
            let Some(by) = self.origins.get(layer).cloned() else { continue };
            if !links.iter().any(|link| link.path == path) {
                links.push(HiddenLink { path, target, by, lost, in_overlay });
            }
        }
        links
    }

    fn grow(&mut self, path: TreePath) {
        self.grew |= self.grown.add(path);
    }

    /// An entry may be stored under another name than the one asked for: below a link of its own layer, in the applied view of
    /// a lower one too. Where a layer may have such an entry, its name is watched, too.
    fn follow_aliases(&mut self, ways: BTreeSet<TreePath>, watch: &Watch) {
        let layers = self.image.layers;
        let may = |ask: &dyn Fn(&Unwatched) -> bool| layers.iter().any(|layer| ask(&layer.unwatched));
        let links: BTreeSet<_> = layers.iter().flat_map(|layer| links(layer)).collect();
        let mut todo: Vec<TreePath> = ways.iter().cloned().collect();
        let mut known = ways;
        while let Some(way) = todo.pop().filter(|_| known.len() < MOST_NAMES) {
            for (link, target) in &links {
                let name = match way.strip_prefix(target) {
                    Some(rest) => link.resolve(rest),
                    None if target.starts_with(&way) => link.clone(),
                    None => continue,
                };
                let matters = watch.concerns(&name)
                    || may(&|rest| {
                        rest.may_hold(link)
                            || rest.may_lead(link)
                            || rest.may_have(&name)
                            || rest.may_cover(&name, link)
                    });
                if matters && known.insert(name.clone()) {
                    todo.push(name.clone());
                    self.grow(name);
                }
            }
        }
    }

    /// The text of a small file: there, not there, or not known and why.
    fn text(&mut self, tree: &Tree<Item>, unsure: Unsure<'_>, path: &str) -> account::Text {
        let walk = tree.lookup(&TreePath::new(path));
        let unread = |at: &TreePath| Err(format!("{path} leads to {at}, which was not read"));
        match walk.outcome {
            Outcome::Found(Node { kind: tree::Kind::File, payload, .. }) => {
                match payload.file.as_ref().and_then(|file| file.text.clone()) {
                    Some(text) => Ok(Some(text)),
                    None => {
                        self.grew |= self.grown.add_text(walk.path.clone());
                        unread(&walk.path)
                    }
                }
            }
            Outcome::Absent if unsure(&walk.path) => {
                let at = walk.path.resolve(walk.rest.as_bytes());
                self.grew |= self.grown.add_text(at.clone());
                unread(&at)
            }
            Outcome::Unknown => unread(&walk.path),
            _ => Ok(None),
        }
    }

    fn os(&mut self, overlay: &Tree<Item>, unsure: Unsure<'_>) -> Reading<OperatingSystem> {
        for path in os_release::PATHS {
            match self.text(overlay, unsure, path) {
                Ok(Some(text)) => return Reading::Known(os_release::read(&text)),
                Ok(None) => {}
                Err(why) => return Reading::Unknown(why),
            }
        }
        Reading::Absent
    }

    /// Why some runtimes refuse the image.
    fn refusals(&self, overlay: &Merge<'_>, applied: &Merge<'_>) -> Vec<Refusal> {
        let mut all = BTreeSet::new();
        all.extend(overlay.refused.iter().chain(&applied.refused).cloned());
        for (index, (facts, layer)) in self.image.layers.iter().zip(&self.image.manifest.layers).enumerate() {
            all.extend(
                duplicates(&facts.entries)
                    .into_iter()
                    .map(|path| (index, format!("{path} stands in the archive twice, which Docker and Podman refuse"))),
            );
            if facts.trailing_bytes {
                all.insert((index, "bytes follow the gzip stream, which some runtimes refuse".to_owned()));
            }
            let said = Compression::of_media_type(&layer.media_type);
            if let Some(said) = said.filter(|said| *said != facts.compression) {
                let (said, found) = (said.as_str(), facts.compression.as_str());
                all.insert((
                    index,
                    format!("it is {found}, and its media type says {said}, which some runtimes believe"),
                ));
            }
        }
        let refusal = |(index, why): (usize, String)| Some(Refusal { origin: self.origins.get(index)?.clone(), why });
        all.into_iter().filter_map(refusal).collect()
    }

    /// Every file with certificates in the overlay view.
    fn certificate_files(&mut self, overlay: &Tree<Item>, identity: Option<&Identity>) -> Vec<CertificateFile> {
        let mut files: BTreeMap<TreePath, CertificateFile> = BTreeMap::new();
        overlay.walk(|path, node| {
            if let Some(file) = answer::file(path, node, &self.origins)
                && let Some(contents) = answer::certificates(file.contents.as_ref()).cloned()
            {
                let file = File { access: access(&overlay.lookup(path), node, identity), ..file };
                files.insert(path.clone(), CertificateFile { file, contents });
            }
        });
        for (index, layer) in self.image.layers.iter().enumerate() {
            for stray in &layer.strays {
                let Some(contents) = answer::certificates(stray.file.contents.as_ref()).cloned() else { continue };
                if self.may_be_changed(index, &stray.path) {
                    if contents.names_rds() {
                        self.grow(stray.path.clone());
                    }
                    continue;
                }
                let Some(file) = self.stray(index, stray) else { continue };
                files.insert(stray.path.clone(), CertificateFile { file, contents });
            }
        }
        files.into_values().collect()
    }

    /// Files with private keys in the overlay view. Of one that a layer above may have changed more has to be known only where
    /// it lies beside a path that was asked for.
    fn private_key_files(
        &mut self,
        overlay: &Tree<Item>,
        identity: Option<&Identity>,
        asked: &[TreePath],
    ) -> Vec<File> {
        let resolved = |path: &TreePath| overlay.lookup(path).path.parent();
        let beside: BTreeSet<_> = asked.iter().flat_map(|path| [path.parent(), resolved(path)]).collect();
        let matters = |path: &TreePath| beside.contains(&path.parent());
        self.files(overlay, identity, &|contents| contents.private_keys > 0, &matters)
    }

    /// Files of the overlay view that hold something. Of one that a layer above may have changed more is read only where that
    /// matters.
    fn files(
        &mut self,
        overlay: &Tree<Item>,
        identity: Option<&Identity>,
        wanted: &dyn Fn(&Contents) -> bool,
        matters: &dyn Fn(&TreePath) -> bool,
    ) -> Vec<File> {
        let is_wanted = |contents: &Option<Contents>| contents.as_ref().is_some_and(wanted);
        let mut files: BTreeMap<TreePath, File> = BTreeMap::new();
        overlay.walk(|path, node| {
            if let Some(file) = answer::file(path, node, &self.origins)
                && is_wanted(&file.contents)
            {
                let file = File { access: access(&overlay.lookup(path), node, identity), ..file };
                files.insert(path.clone(), file);
            }
        });
        for (index, layer) in self.image.layers.iter().enumerate() {
            for stray in layer.strays.iter().filter(|stray| is_wanted(&stray.file.contents)) {
                if !self.may_be_changed(index, &stray.path) {
                    files.extend(self.stray(index, stray).map(|file| (stray.path.clone(), file)));
                } else if matters(&stray.path) {
                    self.grow(stray.path.clone());
                }
            }
        }
        files.into_values().collect()
    }

    /// A file that was not asked for, as a file of the image.
    fn stray(&self, index: usize, stray: &Stray<Contents>) -> Option<File> {
        Some(File {
            resolved: stray.path.clone(),
            sha256: stray.file.sha256,
            size: stray.file.size,
            attributes: stray.attributes,
            origin: self.origins.get(index)?.clone(),
            contents: stray.file.contents.clone(),
            // The modes of the directories above it were not recorded.
            access: Access::Unknown,
        })
    }

    /// Whether a file that was not asked for may be replaced or removed by a layer above, or not be where its name says.
    fn may_be_changed(&self, index: usize, path: &TreePath) -> bool {
        let above = self.image.layers.iter().skip(index + 1);
        let covers = |entry: &Entry<_>| {
            !matches!(entry.kind, Kind::Directory { .. } | Kind::Implied { .. })
                && entry.path != TreePath::ROOT
                && path.starts_with(&entry.path)
        };
        let own = self.image.layers.get(index);
        own.is_some_and(|own| own.unwatched.may_cover(path, &TreePath::ROOT) || own.entries.iter().any(covers))
            || above.into_iter().any(|layer| layer.unwatched.may_change(path) || layer.entries.iter().any(covers))
    }
}

fn is_locked(contents: &Contents) -> bool {
    contents.locked().is_some()
}

/// The links of a layer as far as they matter, and where their words lead.
fn links(layer: &LayerFacts) -> impl Iterator<Item = (TreePath, TreePath)> {
    let named = layer.entries.iter().filter_map(|entry| match &entry.kind {
        Kind::Symlink(target) => Some((entry.path.clone(), entry.path.parent().unwrap_or_default().resolve(target))),
        _ => None,
    });
    named.chain(layer.aliases.iter().map(|alias| (alias.path.clone(), alias.target.clone())))
}

/// Names that stand in an archive twice.
fn duplicates<C>(entries: &[Entry<C>]) -> BTreeSet<TreePath> {
    let mut seen = BTreeSet::new();
    entries
        .iter()
        .filter(|entry| !matches!(entry.kind, Kind::Implied { .. }))
        .filter(|entry| {
            // The names of whiteouts are others than those of what they remove.
            let class = match entry.kind {
                Kind::Whiteout => 1,
                Kind::Opaque => 2,
                _ => 0,
            };
            !seen.insert((class, entry.path.clone()))
        })
        .map(|entry| entry.path.clone())
        .collect()
}

/// `NAME=value` pairs; the last of a name counts.
fn environment(pairs: &[String]) -> BTreeMap<String, String> {
    let pairs = pairs.iter().filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
