//! How a path is walked: as the kernel does in a chroot, through links and up from where they led.

use super::{Directory, Kind, MAX_LINKS, Node, Tree, TreePath, Unlisted};

/// How a walk to a path ended.
#[derive(Clone, Debug)]
pub struct Lookup<'a, P> {
    /// The answer.
    pub outcome: Outcome<'a, P>,
    /// Where the walk ended: the path without links, or the place that stopped it.
    pub path: TreePath,
    /// Symbolic links that were followed.
    pub links: usize,
    /// What was still to be walked below [`Lookup::path`], as far as it can be told before: up to the next `..`.
    pub rest: TreePath,
    tree: &'a Tree<P>,
    /// See [`Lookup::passed`]; without links they are those above the path, and not kept.
    passed: Vec<(TreePath, &'a Node<P>)>,
}

impl<'a, P> Lookup<'a, P> {
    /// Every directory that was passed through (the walker needs the right to search each), links' directories too.
    pub fn passed(&self) -> Vec<(TreePath, &'a Node<P>)> {
        if self.links > 0 {
            return self.passed.clone();
        }
        let mut passed = Vec::new();
        let (mut path, mut node) = (TreePath::ROOT, &self.tree.root);
        for name in self.path.components() {
            passed.push((path.clone(), node));
            let Kind::Directory(directory) = &node.kind else { break };
            let Some(child) = directory.get(name) else { break };
            path.push(name);
            node = child;
        }
        passed
    }
}

/// The end of a walk.
#[derive(Clone, Debug)]
pub enum Outcome<'a, P> {
    /// There it is: anything but a link, a tombstone or an unknown.
    Found(&'a Node<P>),
    /// It was there (or a directory on the way was) until the node's payload's owner removed it.
    Removed(&'a Node<P>),
    /// Nothing of that name.
    Absent,
    /// A component on the way is no directory.
    NotDirectory(&'a Node<P>),
    /// More than [`MAX_LINKS`] links.
    Loop,
    /// The walk came to something that is not known.
    Unknown,
}

/// Walks to `path`; where `follow_last` is not set, a link as the last component is itself the answer.
pub(super) fn run<'a, P>(tree: &'a Tree<P>, path: &TreePath, follow_last: bool) -> Lookup<'a, P> {
    straight(tree, path, follow_last).unwrap_or_else(|| Walk::new(tree).run(path, follow_last))
}

/// The walk without anything but the directories that the path itself names, as most are; none where there is a link to follow.
fn straight<'a, P>(tree: &'a Tree<P>, path: &TreePath, follow_last: bool) -> Option<Lookup<'a, P>> {
    let bytes = path.as_bytes();
    let mut node = &tree.root;
    // What is behind, without the `/` at its end, and what is left, without one at its start.
    let (mut done, mut left) = (0, bytes);
    let end = |outcome, done: usize, rest: &[u8]| {
        let path = TreePath::clean(bytes.get(..done).unwrap_or(bytes));
        Some(Lookup { outcome, path, links: 0, rest: TreePath::clean(rest), tree, passed: Vec::new() })
    };
    while !left.is_empty() {
        let length = left.iter().position(|byte| *byte == b'/').unwrap_or(left.len());
        let (name, behind) = left.split_at(length);
        let behind = behind.strip_prefix(b"/").unwrap_or(behind);
        let Kind::Directory(directory) = &node.kind else { return end(Outcome::NotDirectory(node), done, behind) };
        let at = bytes.len() - left.len() + length;
        match directory.get(name) {
            None => return end(unlisted(directory), at, behind),
            Some(Node { kind: Kind::Unknown, .. }) => return end(Outcome::Unknown, at, behind),
            Some(gone @ Node { kind: Kind::Removed, .. }) => return end(Outcome::Removed(gone), at, behind),
            Some(Node { kind: Kind::Symlink(_), .. }) if follow_last || !behind.is_empty() => return None,
            Some(child) => (node, done, left) = (child, at, behind),
        }
    }
    end(Outcome::Found(node), done, &[])
}

/// What a directory's listing says of a name that is not in it.
fn unlisted<'a, P>(directory: &Directory<P>) -> Outcome<'a, P> {
    match directory.unlisted {
        Unlisted::Absent => Outcome::Absent,
        Unlisted::Unknown => Outcome::Unknown,
    }
}

/// One walk: the components still to go, innermost last.
struct Walk<'a, P> {
    tree: &'a Tree<P>,
    /// The directory reached so far, from the root.
    stack: Vec<(&'a Node<P>, TreePath)>,
    passed: Vec<(TreePath, &'a Node<P>)>,
    links: usize,
    todo: Vec<Component>,
}

impl<'a, P> Walk<'a, P> {
    fn new(tree: &'a Tree<P>) -> Self {
        Self { tree, stack: vec![(&tree.root, TreePath::ROOT)], passed: Vec::new(), links: 0, todo: Vec::new() }
    }

    fn end(self, outcome: Outcome<'a, P>, path: TreePath) -> Lookup<'a, P> {
        let mut rest = TreePath::ROOT;
        for component in self.todo.into_iter().rev() {
            match component {
                Component::Name(name) => rest.push(&name),
                Component::Stay => {}
                Component::Up => break,
            }
        }
        Lookup { outcome, path, passed: self.passed, links: self.links, rest, tree: self.tree }
    }

    fn run(mut self, path: &TreePath, follow_last: bool) -> Lookup<'a, P> {
        push_components(&mut self.todo, path.as_bytes());
        while let Some(component) = self.todo.pop() {
            let (node, here) = match self.stack.last() {
                Some((node, here)) => (*node, here.clone()),
                None => (&self.tree.root, TreePath::ROOT),
            };
            let Kind::Directory(directory) = &node.kind else {
                return self.end(Outcome::NotDirectory(node), here);
            };
            match component {
                Component::Up => {
                    if self.stack.len() > 1 {
                        self.stack.pop();
                    }
                }
                Component::Stay => {}
                Component::Name(name) => {
                    let at = here.join(&name);
                    self.passed.push((here, node));
                    match directory.get(&name) {
                        None => return self.end(unlisted(directory), at),
                        Some(Node { kind: Kind::Unknown, .. }) => return self.end(Outcome::Unknown, at),
                        Some(gone @ Node { kind: Kind::Removed, .. }) => return self.end(Outcome::Removed(gone), at),
                        Some(Node { kind: Kind::Symlink(target), .. }) if follow_last || !self.todo.is_empty() => {
                            self.links += 1;
                            if self.links > MAX_LINKS {
                                return self.end(Outcome::Loop, at);
                            }
                            if target.first() == Some(&b'/') {
                                self.stack.truncate(1);
                            }
                            push_components(&mut self.todo, target);
                        }
                        Some(child) => self.stack.push((child, at)),
                    }
                }
            }
        }
        let (node, here) = self.stack.pop().unwrap_or((&self.tree.root, TreePath::ROOT));
        self.end(Outcome::Found(node), here)
    }
}

/// One component of a path that is still to be walked. `..` is physical: it goes up from where a link led.
enum Component {
    Name(Vec<u8>),
    Up,
    /// `.` or the end of a trailing `/`: what was reached must be a directory.
    Stay,
}

/// Puts the components of `path` on top of `todo`, the first one uppermost.
fn push_components(todo: &mut Vec<Component>, path: &[u8]) {
    if path.last() == Some(&b'/') {
        todo.push(Component::Stay);
    }
    for component in path.split(|byte| *byte == b'/').rev() {
        match component {
            b"" => {}
            b"." => todo.push(Component::Stay),
            b".." => todo.push(Component::Up),
            name => todo.push(Component::Name(name.to_vec())),
        }
    }
}
