//! Programs that are no known command: scripts that were copied in, downloaded or unpacked, and names nobody knows.

use crate::shell::holding::{Contents, Reach, Source};
use crate::shell::machine::{Machine, Origin, Outcome};
use crate::shell::script::{self, Places};
use crate::tree::TreePath;

use super::{Call, interpreter, keystore, nested, public};

/// Whether something at a path came from the build context, listed or not.
pub(super) fn is_context_file(machine: &Machine, path: &TreePath) -> bool {
    let listed = machine
        .read(path)
        .is_some_and(|contents| contents.parts.iter().any(|part| !matches!(part.source, Source::Fetch(_))));
    listed || (machine.read(path).is_none() && machine.origin(path) == Some(Origin::Context))
}

/// A program that is named by its path.
pub(super) fn run_file(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    if super::is_inert(call.base_name()) {
        return Outcome::chatter();
    }
    let path = machine.path(call.name);
    match machine.read(&path).cloned() {
        Some(contents) => run_listed(machine, call, call.name, &contents),
        None => unlisted(machine, call, call.name, &path),
    }
}

/// A program that is a file of which the tree says what is in it.
fn run_listed(machine: &mut Machine, call: &Call<'_>, name: &str, contents: &Contents) -> Outcome {
    nested::child(machine, |machine| {
        machine.variables.positional = call.arguments.to_vec();
        call_script(machine, name);
        run_contents(machine, call, contents, &format!("`{name}`"))
    })
}

/// Says which script runs.
fn call_script(machine: &mut Machine, name: &str) {
    machine.variables.script = Some(name.to_owned());
    machine.variables.set(nested::SOURCED, name);
}

/// A script that an interpreter is given by its path.
pub(super) fn run_script(machine: &mut Machine, call: &Call<'_>, name: &str) -> Outcome {
    let path = machine.path(name);
    match machine.read(&path).cloned() {
        Some(contents) => {
            call_script(machine, name);
            run_contents(machine, call, &contents, &format!("`{name}`"))
        }
        None => unlisted(machine, call, name, &path),
    }
}

/// A script of which the tree has nothing.
fn unlisted(machine: &mut Machine, call: &Call<'_>, name: &str, path: &TreePath) -> Outcome {
    let published = machine.origin(path) == Some(Origin::Published);
    if published || keystore::only_names_itself(call) {
        return Outcome::chatter();
    }
    machine.gap(call.span, format!("`{name}` is run, and what it does is not in the Dockerfile"), Reach::Anywhere);
    Outcome::chatter()
}

/// Runs what a file or pipe holds, as far as it is known. `what` names it.
pub(super) fn run_contents(machine: &mut Machine, call: &Call<'_>, contents: &Contents, what: &str) -> Outcome {
    if let Some(text) = contents.exact().and_then(|bytes| String::from_utf8(bytes).ok()) {
        let first = text.lines().next().unwrap_or_default();
        let is_shell = match first.strip_prefix("#!") {
            Some(program) => ["sh", "bash", "ash", "dash", "zsh", "ksh"]
                .iter()
                .any(|shell| program.split(['/', ' ']).any(|word| word == *shell)),
            None => {
                matches!(call.base_name(), "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh")
                    || call.name.contains('/')
                    || matches!(call.base_name(), "." | "source")
                    || machine.variables.script.as_deref() == Some(call.name)
            }
        };
        return match is_shell {
            true => script::run(machine, &text, Places::All(call.span)),
            false => interpreter::one_liner(machine, call, &text),
        };
    }
    let fetched = !contents.parts.is_empty()
        && contents
            .parts
            .iter()
            .all(|part| matches!(&part.source, Source::Fetch(fetch) if public::is_public(&fetch.url)));
    if fetched || keystore::only_names_itself(call) {
        return Outcome::chatter();
    }
    machine.gap(call.span, format!("{what} is run, and what it does could not be read"), Reach::Anywhere);
    Outcome::chatter()
}

/// Where programs are looked for that are named without a directory, unless `PATH` says otherwise.
const SEARCHED: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A program that was put where programs are.
fn find_installed(machine: &Machine, call: &Call<'_>) -> Option<Contents> {
    if call.name.contains('/') {
        return machine.read(&machine.path(call.name)).cloned();
    }
    let searched = machine.variables.get("PATH").unwrap_or(SEARCHED);
    searched.split(':').find_map(|folder| machine.read(&machine.path(folder).join(call.name))).cloned()
}

/// A name that is in no table.
pub(super) fn run_unknown(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    if let Some(contents) = find_installed(machine, call) {
        return run_listed(machine, call, call.name, &contents);
    }
    if machine.published_commands {
        return Outcome::chatter();
    }
    let directory = machine.directory.clone();
    let builds = matches!(call.base_name(), "make" | "gmake" | "ninja" | "meson" | "rake" | "just" | "task");
    let published = machine.origin(&directory) == Some(Origin::Published);
    if keystore::only_names_itself(call) || (builds && published) {
        return Outcome::chatter();
    }
    let why = if builds {
        format!("`{}` runs commands that are not in the Dockerfile", call.base_name())
    } else {
        format!("what `{}` does is not known", call.base_name())
    };
    machine.gap(call.span, why, Reach::Anywhere);
    Outcome::chatter()
}
