//! Commands that rebuild the certificates that the whole system trusts.

use crate::shell::files::bury;
use crate::shell::holding::{Contents, Form, Holding};
use crate::shell::machine::{Machine, Outcome};
use crate::text::Span;
use crate::tree::{Kind, Node, TreePath};

use super::{Call, Command};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        names: &["update-ca-trust"],
        run: |machine, call| {
            update_ca_trust(machine, call.span);
            Outcome::chatter()
        },
    },
    Command { names: &["trust"], run: trust },
    Command { names: &["update-ca-certificates"], run: update_ca_certificates },
];

/// update-ca-trust(8): where certificates are put to be trusted.
const ANCHORS: &[&str] = &[
    "/etc/pki/ca-trust/source/anchors",
    "/usr/share/pki/ca-trust-source/anchors",
    "/etc/pki/ca-trust/source",
    "/usr/share/pki/ca-trust-source",
];
/// update-ca-trust(8): what it makes for OpenSSL and GnuTLS.
const TLS_BUNDLE: &str = "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem";
/// update-ca-trust(8): what it makes for Java.
const JAVA_STORE: &str = "/etc/pki/ca-trust/extracted/java/cacerts";
/// The directory of one file per certificate that Amazon Linux 2023's `update-ca-trust` makes, and clears of what is not its own.
pub const MANAGED_DIRECTORY: &str = "/etc/pki/ca-trust/extracted/pem/directory-hash";

/// Debian's and Alpine's update-ca-certificates(8): where certificates are put to be trusted, and what is made of them.
const LOCAL: &str = "/usr/local/share/ca-certificates";
const DEBIAN_BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The files directly in a directory that hold something, in byte order.
fn files_in(machine: &Machine, directory: &TreePath, wanted: impl Fn(&str) -> bool) -> Vec<Contents> {
    let walk = machine.tree.lookup(directory);
    let crate::tree::Outcome::Found(Node { kind: Kind::Directory(names), .. }) = walk.outcome else {
        return Vec::new();
    };
    let wanted = names.iter().filter(|(name, _)| wanted(&String::from_utf8_lossy(name)));
    wanted.filter_map(|(name, _)| machine.read(&directory.join(name)).cloned()).filter(Contents::is_listed).collect()
}

fn update_ca_trust(machine: &mut Machine, span: Span) {
    let mut trusted = Contents::other();
    for directory in ANCHORS {
        for contents in files_in(machine, &TreePath::new(directory), |_| true) {
            trusted.append(contents);
        }
    }
    machine.write(&TreePath::new(TLS_BUNDLE), trusted.clone(), span, false);
    trusted.form = Form::Keystore;
    machine.write(&TreePath::new(JAVA_STORE), trusted, span, false);
    if let Some(Node { kind: Kind::Directory(names), .. }) = machine.tree.get_mut(&TreePath::new(MANAGED_DIRECTORY)) {
        for (_, node) in names.iter_mut() {
            if node.payload.by.is_some() && !matches!(node.kind, Kind::Removed) {
                let mut grave = Holding::by(span);
                bury(node, &mut grave.contents);
                node.kind = Kind::Removed;
                node.payload = grave;
            }
        }
    }
}

/// trust(1): `trust anchor FILE` stores a certificate and rebuilds what `update-ca-trust` does.
fn trust(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    if let [command, rest @ ..] = call.arguments
        && command == "anchor"
        && !rest.iter().any(|argument| argument == "--remove")
    {
        for name in rest.iter().filter(|argument| !argument.starts_with('-')) {
            let from = machine.path(name);
            let to = TreePath::new("/etc/pki/ca-trust/source").join(from.file_name().unwrap_or(b"anchor"));
            machine.copy(&from, &to, call.span);
        }
        update_ca_trust(machine, call.span);
    }
    Outcome::chatter()
}

fn update_ca_certificates(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    // Debian takes `*.crt` only, Alpine whatever lies there.
    let any = machine.packagers.contains("apk");
    let mut trusted = Contents::other();
    let mut directories = vec![TreePath::new(LOCAL)];
    let mut seen = 0;
    while let Some(directory) = directories.get(seen).cloned() {
        seen += 1;
        for contents in files_in(machine, &directory, |name| any || name.ends_with(".crt")) {
            trusted.append(contents);
        }
        if let Some(Node { kind: Kind::Directory(names), .. }) = machine.tree.get(&directory) {
            let below = names.iter().filter(|(_, node)| matches!(node.kind, Kind::Directory(_)));
            directories.extend(below.map(|(name, _)| directory.join(name)));
        }
    }
    machine.write(&TreePath::new(DEBIAN_BUNDLE), trusted, call.span, false);
    Outcome::chatter()
}
