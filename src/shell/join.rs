//! Two trees that came of two ways which could not be told apart, made one: what only one of them has is doubtful.

use crate::tree::{Directory, Kind, Node, Tree};

use super::holding::Holding;

/// Joins `other` into `tree`.
pub fn join(tree: &mut Tree<Holding>, other: &Tree<Holding>) {
    if tree != other {
        join_nodes(tree.root_mut(), other.root());
    }
}

fn join_nodes(node: &mut Node<Holding>, other: &Node<Holding>) {
    if node == other {
        return;
    }
    match (&mut node.kind, &other.kind) {
        (Kind::Directory(names), Kind::Directory(others)) => join_names(names, others),
        (Kind::File, Kind::File) if node.payload.contents.parts == other.payload.contents.parts => {
            node.payload.contents.doubtful |= other.payload.contents.doubtful;
            node.payload.pinned &= other.payload.pinned;
        }
        (Kind::File, Kind::File) => {
            let (own, others) = (&node.payload.contents, &other.payload.contents);
            let both = own.is_listed() && others.is_listed() && own.may_certify() == others.may_certify();
            let doubtful = !both || own.doubtful || others.doubtful;
            if !own.may_certify() {
                node.payload.by = other.payload.by;
            }
            node.payload.contents.append(other.payload.contents.clone());
            node.payload.contents.doubtful = doubtful;
            node.payload.pinned &= other.payload.pinned;
        }
        // A file on one way, nothing, a link or a directory on the other: the one that may hold something is kept.
        (Kind::File, _) if node.payload.contents.is_listed() => doubt(node),
        (_, Kind::File | Kind::Directory(_)) => {
            let mut kept = other.clone();
            doubt(&mut kept);
            *node = kept;
        }
        _ => doubt(node),
    }
}

fn join_names(names: &mut Directory<Holding>, others: &Directory<Holding>) {
    for (name, node) in names.iter_mut() {
        match others.get(name) {
            Some(other) => join_nodes(node, other),
            None => doubt(node),
        }
    }
    let added: Vec<_> = others.iter().filter(|(name, _)| names.get(name).is_none()).collect();
    for (name, other) in added {
        let mut node = other.clone();
        doubt(&mut node);
        names.insert(name, node);
    }
}

/// Says of everything at and below a node that it may not be there.
fn doubt(node: &mut Node<Holding>) {
    node.payload.contents.doubtful = true;
    if let Kind::Directory(names) = &mut node.kind {
        for (_, child) in names.iter_mut() {
            doubt(child);
        }
    }
}
