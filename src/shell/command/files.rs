//! Commands that copy, move, link, make and remove files.

use crate::shell::arguments::Arguments;
use crate::shell::holding::{Contents, Extent, Holding};
use crate::shell::machine::{Machine, Outcome, Status};
use crate::tree::{Attributes, Kind, Node, TreePath};

use super::permission::changed_mode;
use super::{Call, Command};

pub(super) const COMMANDS: &[Command] = &[
    Command { names: &["cp", "gcp", "rsync"], run: copy },
    Command { names: &["mv"], run: rename },
    Command { names: &["install"], run: install },
    Command { names: &["ln"], run: link },
    Command { names: &["rm", "unlink"], run: remove },
    Command { names: &["rmdir"], run: |_, _| Outcome::silent(Status::Success) },
    Command { names: &["mkdir"], run: make_directories },
    Command { names: &["touch"], run: touch },
    Command { names: &["truncate"], run: truncate },
    Command { names: &["dd"], run: convert },
    Command { names: &["mktemp"], run: make_temporary },
    Command {
        names: &["dirname"],
        run: |machine, call| {
            named(machine, call, |_, name| match name.trim_end_matches('/').rsplit_once('/') {
                Some(("", _)) => "/".to_owned(),
                Some((directory, _)) => directory.to_owned(),
                None => ".".to_owned(),
            })
        },
    },
    Command { names: &["basename"], run: base_name },
    Command {
        names: &["realpath", "readlink"],
        run: |machine, call| {
            named(machine, call, |machine, name| {
                let path = machine.path(name);
                machine.tree.lookup(&path).path.to_string()
            })
        },
    },
];

/// Sources and the destination of `cp`, `mv` and `install`.
struct Transfer {
    arguments: Arguments,
    sources: Vec<String>,
    target: String,
    /// Whether sources go into the target under their own names.
    into: bool,
}

fn transfer(machine: &Machine, call: &Call<'_>, short: &str, long: &[&str]) -> Option<Transfer> {
    let arguments = Arguments::read(call.arguments, short, long);
    let mut sources = arguments.operands.clone();
    let target = match arguments.value(&["t", "target-directory"]) {
        Some(target) => return Some(Transfer { target: target.to_owned(), sources, into: true, arguments }),
        None => sources.pop()?,
    };
    let exact = arguments.has(&["T", "no-target-directory"]);
    let into = !exact && (machine.means_directory(&target) || sources.len() > 1);
    Some(Transfer { arguments, sources, target, into })
}

impl Transfer {
    /// The path that a source goes to.
    fn destination(&self, machine: &Machine, source: &str) -> TreePath {
        let target = machine.path(&self.target);
        // `cp -r a/. b` copies what is in a.
        let contents = source.ends_with("/.") || source == "." || source.ends_with("..");
        match machine.path(source).file_name() {
            Some(name) if self.into && !contents => target.join(name),
            _ => target,
        }
    }
}

fn copy(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let rsync = call.base_name() == "rsync";
    let (short, long): (&str, &[&str]) = if rsync {
        ("eBT", &["exclude", "include", "rsh", "chmod", "chown", "filter"])
    } else {
        ("St", &["suffix", "target-directory"])
    };
    let Some(transfer) = transfer(machine, call, short, long) else { return Outcome::silent(Status::Success) };
    let preserve = transfer.arguments.has(&["a", "p", "archive", "preserve"]);
    for source in &transfer.sources {
        let from = machine.path(source);
        let to = match rsync && source.ends_with('/') {
            true => machine.path(&transfer.target),
            false => transfer.destination(machine, source),
        };
        let old = machine.tree.get(&machine.tree.lookup(&from).path).map(|node| node.attributes);
        machine.copy(&from, &to, call.span);
        if let (true, Some(attributes), Some(node)) = (preserve, old, machine.node_mut(&to)) {
            node.attributes = attributes;
        }
    }
    Outcome::silent(Status::Success)
}

fn rename(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let Some(transfer) = transfer(machine, call, "St", &["suffix", "target-directory"]) else {
        return Outcome::silent(Status::Success);
    };
    for source in &transfer.sources {
        let from = machine.path(source);
        let to = transfer.destination(machine, source);
        machine.rename(&from, &to, call.span);
    }
    Outcome::silent(Status::Success)
}

fn install(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let long = ["mode", "owner", "group", "target-directory", "suffix"];
    let arguments = Arguments::read(call.arguments, "mogtS", &long);
    let mode = arguments.value(&["m", "mode"]).and_then(|mode| changed_mode(mode, 0, false, 0)).unwrap_or(0o755);
    let uid = arguments.value(&["o", "owner"]).map(|name| machine.accounts.number(name));
    let gid = arguments.value(&["g", "group"]).map(|name| machine.accounts.number(name));
    let attributes = Attributes { mode, uid: uid.unwrap_or(machine.owner.0), gid: gid.unwrap_or(machine.owner.1) };
    if arguments.has(&["d", "directory"]) {
        for directory in &arguments.operands {
            let path = machine.path(directory);
            machine.make_directory(&path, call.span);
            if let Some(node) = machine.node_mut(&path) {
                node.attributes = attributes;
            }
        }
        return Outcome::silent(Status::Success);
    }
    let Some(transfer) = transfer(machine, call, "mogtS", &long) else { return Outcome::silent(Status::Success) };
    for source in &transfer.sources {
        let from = machine.path(source);
        let to = transfer.destination(machine, source);
        machine.copy(&from, &to, call.span);
        if let Some(node) = machine.node_mut(&to) {
            node.attributes = attributes;
        }
    }
    Outcome::silent(Status::Success)
}

fn link(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let arguments = Arguments::read(call.arguments, "St", &["suffix", "target-directory"]);
    let symbolic = arguments.has(&["s", "symbolic"]);
    let mut operands = arguments.operands.clone();
    let (targets, place) = match arguments.value(&["t", "target-directory"]) {
        Some(directory) => (operands, directory.to_owned()),
        None => match operands.pop() {
            Some(last) if operands.is_empty() => (vec![last], ".".to_owned()),
            Some(last) => (operands, last),
            None => return Outcome::silent(Status::Failure),
        },
    };
    let into = machine.means_directory(&place) && !arguments.has(&["n", "T", "no-dereference", "no-target-directory"]);
    for target in targets {
        let place = machine.path(&place);
        let name = TreePath::new(&target);
        let at = match name.file_name() {
            Some(name) if into => place.join(name),
            _ => place,
        };
        let from = machine.path(&target);
        if symbolic {
            machine.remove(&at, call.span);
            let attributes = machine.attributes(0o777);
            let node = Node { kind: Kind::Symlink(target.into_bytes()), attributes, payload: Holding::by(call.span) };
            machine.place(&at, node, call.span);
        } else {
            machine.copy(&from, &at, call.span);
        }
    }
    Outcome::silent(Status::Success)
}

fn remove(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let arguments = Arguments::read(call.arguments, "", &[]);
    let recursive = arguments.has(&["r", "R", "recursive"]);
    for name in &arguments.operands {
        let path = machine.path(name);
        if recursive || !machine.is_directory(&path) {
            machine.remove(&path, call.span);
        }
    }
    Outcome::silent(Status::Success)
}

fn make_directories(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let arguments = Arguments::read(call.arguments, "m", &["mode"]);
    let mode = arguments.value(&["m", "mode"]).map(str::to_owned);
    for name in &arguments.operands {
        let path = machine.path(name);
        machine.make_directory(&path, call.span);
        if let (Some(mode), Some(node)) = (&mode, machine.node_mut(&path))
            && let Some(mode) = changed_mode(mode, node.attributes.mode, true, 0)
        {
            node.attributes.mode = mode;
        }
    }
    Outcome::silent(Status::Success)
}

fn touch(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    for name in Arguments::read(call.arguments, "drt", &["date", "reference", "time"]).operands {
        let path = machine.path(&name);
        if machine.read(&path).is_none() && !machine.is_directory(&path) {
            // What was not listed may have been there: touching it keeps what it holds.
            machine.write(&path, Contents::default(), call.span, true);
        }
    }
    Outcome::silent(Status::Success)
}

fn truncate(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    for name in Arguments::read(call.arguments, "sr", &["size", "reference"]).operands {
        let path = machine.path(&name);
        machine.write(&path, Contents::default(), call.span, false);
    }
    Outcome::silent(Status::Success)
}

/// dd(1), which names its files `if=` and `of=`.
fn convert(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let operand = |name: &str| call.arguments.iter().find_map(|argument| argument.strip_prefix(name));
    let mut contents = match operand("if=") {
        Some(name) => machine.read(&machine.path(name)).cloned().unwrap_or_else(Contents::other),
        None => call.input.clone(),
    };
    if operand("count=").is_some() || operand("skip=").is_some() {
        contents = contents.limited(Extent::Some);
    }
    match operand("of=") {
        Some(name) => {
            let path = machine.path(name);
            machine.write(&path, contents, call.span, false);
            Outcome::silent(Status::Success)
        }
        None => Outcome::output(contents),
    }
}

fn make_temporary(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let arguments = Arguments::read(call.arguments, "p", &["tmpdir", "suffix"]);
    let folder = arguments.value(&["p", "tmpdir"]).unwrap_or("/tmp").to_owned();
    let name = machine.fresh(&folder);
    let path = machine.path(&name);
    if arguments.has(&["d", "directory"]) {
        machine.make_directory(&path, call.span);
    } else {
        machine.write(&path, Contents::default(), call.span, false);
    }
    Outcome::line(&name)
}

/// Prints something about every name given.
fn named(machine: &mut Machine, call: &Call<'_>, about: impl Fn(&Machine, &str) -> String) -> Outcome {
    let names = Arguments::read(call.arguments, "", &[]).operands;
    let lines: Vec<String> = names.iter().map(|name| about(machine, name)).collect();
    Outcome::output(crate::shell::script::text_contents(&format!("{}\n", lines.join("\n"))))
}

fn base_name(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let arguments = Arguments::read(call.arguments, "s", &["suffix"]);
    let many = arguments.has(&["a", "multiple", "s", "suffix"]);
    let suffix =
        arguments.value(&["s", "suffix"]).or_else(|| arguments.operands.get(1).filter(|_| !many).map(String::as_str));
    let suffix = suffix.unwrap_or_default().to_owned();
    let call = Call {
        arguments: if many { &arguments.operands } else { arguments.operands.get(..1).unwrap_or_default() },
        name: call.name,
        input: Contents::default(),
        span: call.span,
    };
    named(machine, &call, |_, name| {
        let name = name.trim_end_matches('/');
        let base = name.rsplit('/').next().unwrap_or(name);
        base.strip_suffix(suffix.as_str()).filter(|rest| !rest.is_empty()).unwrap_or(base).to_owned()
    })
}
