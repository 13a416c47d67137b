//! The commands that are understood, in one table per family, and what becomes of all others.

mod accounts;
mod archive;
mod control;
mod download;
mod files;
mod inert;
mod interpreter;
mod keystore;
mod nested;
mod package;
mod permission;
mod program;
mod public;
mod split;
mod text;
mod trust;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::text::Span;

use super::holding::{Contents, Reach};
use super::machine::{Machine, Outcome};
use super::variables::is_unknown;

pub(super) use control::set_options;
pub use permission::changed_mode;
pub use text::unescape;
pub use trust::MANAGED_DIRECTORY;

/// A command that is run.
pub struct Call<'c> {
    /// As written.
    pub name: &'c str,
    /// Its arguments, expanded.
    pub arguments: &'c [String],
    /// Its standard input.
    pub input: Contents,
    /// Where it stands.
    pub span: Span,
}

impl Call<'_> {
    /// The name without a directory.
    pub fn base_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(self.name)
    }
}

/// What one command does.
type Run = fn(&mut Machine, &Call<'_>) -> Outcome;

/// Names, and what a command of these names does.
struct Command {
    names: &'static [&'static str],
    run: Run,
}

/// All families.
static COMMANDS: &[&[Command]] = &[
    control::COMMANDS,
    accounts::COMMANDS,
    archive::COMMANDS,
    download::COMMANDS,
    files::COMMANDS,
    interpreter::COMMANDS,
    keystore::COMMANDS,
    nested::COMMANDS,
    package::COMMANDS,
    permission::COMMANDS,
    split::COMMANDS,
    text::COMMANDS,
    trust::COMMANDS,
];

/// What is known of a name.
#[derive(Clone, Copy)]
enum Known {
    /// It is a command that is understood.
    Command(Run),
    /// It brings no RDS certificates.
    Inert,
}

/// All names in one map: every command of every script is looked up.
static KNOWN: LazyLock<HashMap<&'static str, Known>> = LazyLock::new(|| {
    let inert = inert::names().map(|name| (name, Known::Inert));
    let commands = COMMANDS.iter().copied().flatten();
    inert
        .chain(commands.flat_map(|command| command.names.iter().map(|name| (*name, Known::Command(command.run)))))
        .collect()
});

/// Runs a command.
pub fn run(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    if call.name.is_empty() {
        return Outcome::chatter();
    }
    if is_unknown(call.base_name()) {
        machine.gap(call.span, "which program is run could not be told", Reach::Anywhere);
        return Outcome::chatter();
    }
    if call.name.contains('/') && !is_installed(call.name) {
        return program::run_file(machine, call);
    }
    let name = call.base_name();
    for candidate in [name, without_version(name)] {
        match KNOWN.get(candidate) {
            Some(Known::Command(run)) => return run(machine, call),
            Some(Known::Inert) => {
                inert::note(machine, candidate, call);
                return Outcome::chatter();
            }
            None => {}
        }
    }
    program::run_unknown(machine, call)
}

/// Commands that do as well where a file they name is not there, or make it.
const UNCONCERNED: &[&str] =
    &["echo", "printf", "rm", "touch", "mkdir", "tee", "sponge", "truncate", "curl", "wget", "aria2c", "true", ":"];

/// Commands that fail on a file without a certificate in it (`grep` on one without what it looks for).
const READERS_OF_CERTIFICATES: &[&str] = &["openssl", "keytool", "grep", "egrep", "fgrep"];

/// After a command that must succeed: the files that it names are there, and if it reads certificates, they hold some.
pub(super) fn bear_witness(machine: &mut Machine, name: &str, arguments: &[String]) {
    let name = without_version(name.rsplit('/').next().unwrap_or(name));
    if UNCONCERNED.contains(&name) || machine.fetches.is_empty() {
        return;
    }
    let reads = READERS_OF_CERTIFICATES.contains(&name);
    for argument in arguments.iter().filter(|argument| !argument.starts_with('-')) {
        let path = machine.path(argument);
        machine.amend_fetches(&path, |fetch| {
            fetch.failure_ignored = false;
            fetch.content_checked |= reads;
        });
    }
}

/// Runs a command that no shell stands before: the exec form of `RUN`.
pub fn run_words(machine: &mut Machine, words: &[String], span: Span) -> Outcome {
    match words.split_first() {
        Some((name, arguments)) => run(machine, &Call { name, arguments, input: Contents::default(), span }),
        None => Outcome::chatter(),
    }
}

/// Notes a script in a language whose grammar is not known here (PowerShell, cmd): it is read for words that show that it may have
/// to do with certificates, and if it has any, what it does is not known.
pub fn without_grammar(machine: &mut Machine, script: &str, language: &str, span: Span) {
    if !interpreter::is_free_of_certificates(script) {
        machine.gap(span, format!("scripts of `{language}` are not interpreted"), Reach::Anywhere);
    }
}

/// Runs a script whose first line names the program that reads it (`#!/usr/bin/env python3`).
pub fn run_program(machine: &mut Machine, interpreter: &str, script: &str, span: Span) {
    let mut words = interpreter.split_whitespace().filter(|word| !word.starts_with('-'));
    let base_name = |word: &'_ str| without_version(word.rsplit('/').next().unwrap_or(word)).to_owned();
    let program = words.next().map(base_name).unwrap_or_default();
    let program = if program == "env" { words.next().map(base_name).unwrap_or_default() } else { program };
    if interpreter::COMMANDS.iter().any(|command| command.names.contains(&program.as_str())) {
        let call = Call { name: &program, arguments: &[], input: Contents::default(), span };
        interpreter::one_liner(machine, &call, script);
    } else {
        without_grammar(machine, script, interpreter, span);
    }
}

/// Whether a program is known to bring no RDS certificates.
fn is_inert(name: &str) -> bool {
    matches!(KNOWN.get(name), Some(Known::Inert))
}

/// Whether a path names a program by the directory in which programs are installed, and not a script of somebody's.
fn is_installed(path: &str) -> bool {
    matches!(path.rsplit('/').nth(1), Some("bin" | "sbin" | "Scripts"))
}

/// `python3.11` is `python`, `gcc-13` is `gcc`, `openssl11` is `openssl`.
fn without_version(name: &str) -> &str {
    name.trim_end_matches(|character: char| character.is_ascii_digit() || matches!(character, '.' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_stands_in_two_families() {
        let names: Vec<&str> = COMMANDS.iter().copied().flatten().flat_map(|command| command.names).copied().collect();
        for (at, name) in names.iter().enumerate() {
            assert!(!names[at + 1..].contains(name), "{name} is there twice");
            assert!(inert::names().all(|inert| inert != *name), "{name} is also said to do nothing");
        }
    }
}
