//! What a base image brings into a stage: links, the system's store, the environment, the working directory and the user.

use std::sync::LazyLock;

use crate::shell::{Contents, Holding, MANAGED_DIRECTORY, Machine, Source};
use crate::text::Span;
use crate::tree::{self, Attributes, Kind as NodeKind, Node, Tree, TreePath};

use super::base::{Image, Kind, Reference};
use super::facts::{Os, User, UserSet};

/// What a stage begins with.
#[derive(Clone, Debug)]
pub struct Brought {
    /// Its files, as far as they matter.
    pub machine: Machine,
    /// Its environment.
    pub environment: Vec<(String, String)>,
    /// Its working directory.
    pub workdir: TreePath,
    /// Its user.
    pub user: User,
}

/// The user that nobody chose.
pub fn root(set: UserSet) -> User {
    User { name: "root".to_owned(), uid: Some(0), gid: Some(0), set }
}

/// The user as which AWS Lambda runs every function, whatever the image's `USER` says. Its number is seen inside a function
/// (`id`: `uid=993(sbx_user1051) gid=990`); AWS documents only that it is an unprivileged one.
fn lambda_user() -> User {
    User { name: "sbx_user1051".to_owned(), uid: Some(993), gid: Some(990), set: UserSet::Lambda }
}

/// What an image brings.
pub fn brought(reference: &str, image: &Image) -> Brought {
    let mut brought = Brought {
        machine: Machine::new(),
        environment: Vec::new(),
        workdir: TreePath::ROOT,
        user: root(if image.published { UserSet::Default } else { UserSet::Unknown }),
    };
    if let Os::Amazon { version } = &image.os {
        brought.machine.tree = match version.as_deref() {
            Some("2" | "2018.03") => AMAZON_LINUX_2.clone(),
            Some("2022" | "2023" | "2027") => AMAZON_LINUX_2023.clone(),
            _ => AMAZON_LINUX.clone(),
        };
    }
    // Amazon Linux's own images set `PATH` only; what others set is not listed here.
    brought.machine.variables.open = !matches!(image.os, Os::Amazon { .. });
    let set: &[(&str, &str)] = match image.kind {
        Kind::Lambda => {
            brought.workdir = TreePath::new("/var/task");
            brought.user = lambda_user();
            &[
                ("LAMBDA_TASK_ROOT", "/var/task"),
                ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
                ("LANG", "en_US.UTF-8"),
                ("TZ", ":/etc/localtime"),
            ]
        }
        Kind::AwsCli => {
            brought.workdir = TreePath::new("/aws");
            &[]
        }
        Kind::Corretto => {
            let tag = Reference::new(reference).tag.unwrap_or_default();
            let version: String = tag.chars().take_while(char::is_ascii_digit).collect();
            let home = format!("/usr/lib/jvm/java-{version}-amazon-corretto");
            brought.environment.push(("JAVA_HOME".to_owned(), home));
            &[("LANG", "C.UTF-8")]
        }
        Kind::Bitnami => {
            brought.user = User { name: "1001".to_owned(), uid: Some(1001), gid: Some(0), set: UserSet::Base };
            &[]
        }
        Kind::Plain | Kind::Windows => &[],
    };
    let workdir = brought.workdir.clone();
    if !workdir.is_root() {
        brought.machine.make_directory(&workdir, Span::default());
        if let Some(node) = brought.machine.node_mut(&workdir) {
            node.payload.by = None;
        }
    }
    brought.environment.extend(set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    brought
        .environment
        .push(("PATH".to_owned(), "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned()));
    if image.published && Reference::new(reference).tag.is_some_and(|tag| tag.contains("nonroot")) {
        brought.user = User { name: "65532".to_owned(), uid: Some(65532), gid: Some(65532), set: UserSet::Base };
    }
    brought
}

/// Of an unknown generation it is only known that `/etc/ssl/certs` is there.
static AMAZON_LINUX: LazyLock<Tree<Holding>> = LazyLock::new(layout);

static AMAZON_LINUX_2: LazyLock<Tree<Holding>> = LazyLock::new(|| {
    let mut tree = layout();
    link(&mut tree, "/etc/ssl/certs", "../pki/tls/certs");
    tree
});

static AMAZON_LINUX_2023: LazyLock<Tree<Holding>> = LazyLock::new(|| {
    let mut tree = layout();
    put(&mut tree, MANAGED_DIRECTORY, tree::directory(Attributes::root(0o755), Holding::default()));
    link(&mut tree, "/etc/ssl/certs", MANAGED_DIRECTORY);
    for name in ["ca-bundle.crt", "ca-certificates.crt"] {
        link(&mut tree, &format!("{MANAGED_DIRECTORY}/{name}"), "../tls-ca-bundle.pem");
    }
    link(&mut tree, "/etc/ssl/cert.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem");
    tree
});

/// The directories and links of Amazon Linux that certificates lie in (seen in the images' own layers).
fn layout() -> Tree<Holding> {
    let mut tree = Tree::new(Holding::default());
    let directories: &[&str] = &[
        "/etc/pki/tls/certs",
        "/etc/pki/ca-trust/source/anchors",
        "/etc/pki/ca-trust/extracted/pem",
        "/etc/pki/ca-trust/extracted/java",
        "/etc/ssl",
        "/tmp",
        "/root",
    ];
    for directory in directories {
        let mode = match *directory {
            "/tmp" => 0o1777,
            "/root" => 0o550,
            _ => 0o755,
        };
        put(&mut tree, directory, tree::directory(Attributes::root(mode), Holding::default()));
    }
    let store = Node {
        kind: NodeKind::File,
        attributes: Attributes::root(0o444),
        payload: Holding { contents: Contents::other(), ..Holding::default() },
    };
    put(&mut tree, "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", store);
    link(&mut tree, "/etc/pki/tls/certs/ca-bundle.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem");
    link(&mut tree, "/etc/pki/tls/cert.pem", "certs/ca-bundle.crt");
    tree
}

/// The bundle, in a base image whose owner says that it brings it.
pub fn bring_bundle(machine: &mut Machine, path: &TreePath) {
    // The name under which AWS publishes it; its bytes are not known here.
    let contents = Contents::of(Source::Named("global-bundle.pem".to_owned()));
    let payload = Holding { contents, ..Holding::default() };
    let node = Node { kind: NodeKind::File, attributes: Attributes::root(0o644), payload };
    let path = machine.tree.lookup(path).path;
    // Where something stands in the way, the base has it elsewhere than its owner says, and it stays absent.
    let _ = machine.tree.place(&path, node, &Holding::default());
}

fn put(tree: &mut Tree<Holding>, path: &str, node: Node<Holding>) {
    // The tree is new: nothing stands in the way.
    let _ = tree.place(&TreePath::new(path), node, &Holding::default());
}

fn link(tree: &mut Tree<Holding>, path: &str, target: &str) {
    put(
        tree,
        path,
        Node {
            kind: NodeKind::Symlink(target.into()),
            attributes: Attributes::root(0o777),
            payload: Holding::default(),
        },
    );
}
