//! Commands that unpack archives and repositories: what they bring is not listed, only where it came from.

use crate::shell::arguments::Arguments;
use crate::shell::holding::{Contents, Source};
use crate::shell::machine::{Machine, Origin, Outcome};
use crate::tree::TreePath;

use super::{Call, Command, public};

pub(super) const COMMANDS: &[Command] = &[
    Command { names: &["tar", "gtar", "bsdtar"], run: tar },
    Command { names: &["unzip", "jar", "7z", "7za", "cpio"], run: unzip },
    Command {
        names: &["gunzip", "gzip", "zcat", "xz", "unxz", "xzcat", "bzip2", "bunzip2", "zstd", "unzstd"],
        run: decompress,
    },
    Command { names: &["git"], run: git },
];

/// Where an archive's files came from.
fn origin(machine: &Machine, archive: Option<&Contents>) -> Origin {
    let published = archive.is_some_and(|contents| {
        !contents.parts.is_empty()
            && contents
                .parts
                .iter()
                .all(|part| matches!(&part.source, Source::Fetch(fetch) if public::is_public(&fetch.url)))
    });
    let unlisted_published = archive.is_none() && machine.origin(&machine.directory) == Some(Origin::Published);
    if published || unlisted_published { Origin::Published } else { Origin::Context }
}

fn unpack(machine: &mut Machine, archive: Option<&Contents>, to: TreePath) {
    let from = origin(machine, archive);
    machine.make_opaque(to, from);
}

fn tar(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    // The old style has its letters without a dash: `tar xzf file`.
    let mut words = call.arguments.to_vec();
    if let Some(first) = words.first_mut()
        && !first.starts_with('-')
    {
        first.insert(0, '-');
    }
    let arguments = Arguments::read(
        &words,
        "bCfgHILNTVX",
        &["file", "directory", "exclude", "strip-components", "transform", "owner", "group"],
    );
    if !arguments.has(&["x", "extract", "get"]) {
        return Outcome::chatter();
    }
    let to =
        arguments.value(&["C", "directory"]).map_or(machine.directory.clone(), |directory| machine.path(directory));
    let archive = match arguments.value(&["f", "file"]) {
        None | Some("-") => Some(call.input.clone()),
        Some(name) => machine.read(&machine.path(name)).cloned(),
    };
    unpack(machine, archive.as_ref(), to);
    Outcome::chatter()
}

fn unzip(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let (archive, to) = match call.base_name() {
        "unzip" => {
            let arguments = Arguments::read(call.arguments, "dx", &[]);
            let to = arguments.value(&["d"]).map(str::to_owned);
            (arguments.operands.first().cloned(), to)
        }
        "jar" => match call.arguments {
            [mode, file, ..] if mode.contains('x') => (Some(file.clone()), None),
            _ => return Outcome::chatter(),
        },
        _ => {
            let to = call.arguments.iter().find_map(|argument| argument.strip_prefix("-o")).map(str::to_owned);
            (call.arguments.get(1).cloned(), to)
        }
    };
    let to = to.map_or(machine.directory.clone(), |directory| machine.path(&directory));
    let contents = archive.and_then(|name| machine.read(&machine.path(&name)).cloned());
    unpack(machine, contents.as_ref(), to);
    Outcome::chatter()
}

/// `gunzip x.gz` makes `x`; with `-c`, and from its input, it writes to its output.
fn decompress(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let arguments = Arguments::read(call.arguments, "S", &["suffix"]);
    let Some(name) = arguments.operands.first() else {
        let mut output = call.input.clone();
        output.open = true;
        return Outcome::output(output);
    };
    let path = machine.path(name);
    let contents = machine.read(&path).cloned().unwrap_or_else(Contents::other);
    if call.base_name().ends_with("cat") || arguments.has(&["c", "stdout", "to-stdout"]) {
        return Outcome::output(contents);
    }
    let plain = [".gz", ".xz", ".bz2", ".zst"].iter().find_map(|ending| name.strip_suffix(ending));
    if let Some(plain) = plain {
        let to = machine.path(plain);
        machine.rename(&path, &to, call.span);
    }
    Outcome::chatter()
}

fn git(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let arguments = Arguments::read(
        call.arguments,
        "bcCojuX",
        &[
            "branch",
            "depth",
            "origin",
            "jobs",
            "config",
            "reference",
            "filter",
            "shallow-since",
            "upload-pack",
            "separate-git-dir",
            "git-dir",
            "work-tree",
        ],
    );
    let words: Vec<&str> = arguments.operands.iter().map(String::as_str).collect();
    if let ["clone", url, rest @ ..] = words.as_slice() {
        let name = url.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
        let folder = rest.first().copied().unwrap_or_else(|| name.strip_suffix(".git").unwrap_or(name));
        let path = machine.path(folder);
        let from = if public::is_public(url) { Origin::Published } else { Origin::Context };
        machine.make_directory(&path, call.span);
        machine.make_opaque(path, from);
    }
    Outcome::chatter()
}
