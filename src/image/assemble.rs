//! Puts the facts of an image together from those of its layers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::digest::Digest;
use crate::oci::layer::{Kind, Unwatched, Watch};
use crate::oci::manifest::{Config, Manifest};
use crate::tree::{self, Node, Outcome, Tree, TreePath};

use super::LayerFacts;
use super::access::barrier;
use super::account;
use super::answer::{self, Trace};
use super::ca_variable::{self, Setting};
use super::facts::{
    Answer, CaPlace, CaVariable, Facts, HiddenLink, Identity, OperatingSystem, Origin, PathFacts, Reading, User,
};
use super::found::{self, Search};
use super::hidden_link::{Hidden, LinkTrace};
use super::os_release;
use super::programs::{self, Package, Program, Whereabouts};
use super::refusal;
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
        let home_barrier = whereabouts
            .home_root()
            .zip(identity.as_ref().ok())
            .and_then(|(path, identity)| barrier(&overlay.tree().lookup(&path), identity));
        let refusals = refusal::all(self.image, &self.origins, [&overlay.merge, &applied.merge]);
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
        let holding =
            Search { layers, origins: &self.origins, overlay: overlay.tree(), identity: identity.as_ref().ok() };
        let mut unread = Vec::new();
        let certificate_files = holding.certificates(&mut unread);
        let private_key_files = holding.private_keys(asked, &mut unread);
        let locked_keystores = holding.locked_keystores(&mut unread);
        unread.into_iter().for_each(|path| self.grow(path));
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
            home_barrier,
            os: match self.image.unread {
                0 => self.os(overlay.tree(), &unsure),
                _ => Reading::Unknown("the layers below were not read".to_owned()),
            },
            paths: answers,
            certificate_files,
            private_key_files,
            locked_keystores,
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
        programs::collect(&notes, &self.origins, &|index, path| found::may_be_changed(self.image.layers, index, path))
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
}

/// The links of a layer as far as they matter, and where their words lead.
fn links(layer: &LayerFacts) -> impl Iterator<Item = (TreePath, TreePath)> {
    let named = layer.entries.iter().filter_map(|entry| match &entry.kind {
        Kind::Symlink(target) => Some((entry.path.clone(), entry.path.parent().unwrap_or_default().resolve(target))),
        _ => None,
    });
    named.chain(layer.aliases.iter().map(|alias| (alias.path.clone(), alias.target.clone())))
}

/// `NAME=value` pairs; the last of a name counts.
fn environment(pairs: &[String]) -> BTreeMap<String, String> {
    let pairs = pairs.iter().filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
