//! Files that are found by what they hold, wherever they are: certificates, private keys, keystores.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::LayerFacts;
use super::access::access;
use super::answer;
use super::facts::{Access, CertificateFile, File, Identity, Origin};
use super::unpack::Item;
use crate::bundle::{self, Contents};
use crate::oci::layer::{Entry, Kind, Stray};
use crate::tree::{Tree, TreePath};

/// Where such files are looked for: in the overlay view, and among those of the layers that nobody asked for. Of one of these that a
/// layer above may have changed more has to be known only where that matters; then its path is `unread`.
pub struct Search<'a> {
    /// The layers, the lowest first.
    pub layers: &'a [Arc<LayerFacts>],
    /// Their origins.
    pub origins: &'a [Origin],
    /// The overlay view.
    pub overlay: &'a Tree<Item>,
    /// Whom the image runs as, if that is known.
    pub identity: Option<&'a Identity>,
}

impl Search<'_> {
    /// Every file with certificates; more is read of those that name RDS.
    pub fn certificates(&self, unread: &mut Vec<TreePath>) -> Vec<CertificateFile> {
        let holds = |contents: &Contents| answer::certificates(Some(contents)).is_some();
        let names_rds = |stray: &Stray<Contents>| stray.file.contents.as_ref().is_some_and(Contents::names_rds);
        let files = self.files(&holds, &names_rds, unread).into_iter();
        files.filter_map(|file| Some(CertificateFile { contents: file.contents.clone()?, file })).collect()
    }

    /// Files with private keys; more is read of those that lie beside a path that was asked for.
    pub fn private_keys(&self, asked: &[TreePath], unread: &mut Vec<TreePath>) -> Vec<File> {
        let resolved = |path: &TreePath| self.overlay.lookup(path).path.parent();
        let beside: BTreeSet<_> = asked.iter().flat_map(|path| [path.parent(), resolved(path)]).collect();
        let matters = |stray: &Stray<Contents>| beside.contains(&stray.path.parent());
        self.files(&|contents| contents.private_keys > 0, &matters, unread)
    }

    /// Keystores that could not be opened; more is read of Java's own.
    pub fn locked_keystores(&self, unread: &mut Vec<TreePath>) -> Vec<File> {
        let matters = |stray: &Stray<Contents>| bundle::is_java_store(&stray.path);
        self.files(&|contents| contents.locked().is_some(), &matters, unread)
    }

    fn files(
        &self,
        wanted: &dyn Fn(&Contents) -> bool,
        matters: &dyn Fn(&Stray<Contents>) -> bool,
        unread: &mut Vec<TreePath>,
    ) -> Vec<File> {
        let is_wanted = |contents: &Option<Contents>| contents.as_ref().is_some_and(wanted);
        let mut files: BTreeMap<TreePath, File> = BTreeMap::new();
        self.overlay.walk(|path, node| {
            if let Some(file) = answer::file(path, node, self.origins)
                && is_wanted(&file.contents)
            {
                let file = File { access: access(&self.overlay.lookup(path), node, self.identity), ..file };
                files.insert(path.clone(), file);
            }
        });
        for (index, layer) in self.layers.iter().enumerate() {
            for stray in layer.strays.iter().filter(|stray| is_wanted(&stray.file.contents)) {
                if !may_be_changed(self.layers, index, &stray.path) {
                    files.extend(self.stray(index, stray).map(|file| (stray.path.clone(), file)));
                } else if matters(stray) {
                    unread.push(stray.path.clone());
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
}

/// Whether a file of a layer that was not asked for may be replaced or removed by a layer above, or not be where its name says.
pub fn may_be_changed(layers: &[Arc<LayerFacts>], index: usize, path: &TreePath) -> bool {
    let above = layers.iter().skip(index + 1);
    let covers = |entry: &Entry<_>| {
        !matches!(entry.kind, Kind::Directory { .. } | Kind::Implied { .. })
            && entry.path != TreePath::ROOT
            && path.starts_with(&entry.path)
    };
    let own = layers.get(index);
    own.is_some_and(|own| own.unwatched.may_cover(path, &TreePath::ROOT) || own.entries.iter().any(covers))
        || above.into_iter().any(|layer| layer.unwatched.may_change(path) || layer.entries.iter().any(covers))
}
