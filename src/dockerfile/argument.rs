//! `ARG`: what it declares, and where the values come from: `--build-arg`, its default, an `ARG` before the first `FROM`, the platform.

use std::collections::BTreeMap;

use super::build::Build;
use super::expansion::expand;
use super::instruction::{Arguments, Instruction};
use super::stage::Workshop;
use super::word;

impl Build<'_> {
    /// An `ARG` before the first `FROM`.
    pub(super) fn global(&mut self, instruction: &Instruction) {
        for (name, default) in declared(instruction) {
            let expanded = default.map(|default| self.expand_global(&default).0);
            let value = self.options.build_args.get(&name).cloned().or(expanded);
            self.globals.insert(name, value);
        }
    }

    /// Expands a word of a `FROM` or a global `ARG`; with the names that had no value.
    pub(super) fn expand_global(&self, text: &str) -> (String, Vec<String>) {
        let lookup =
            |name: &str| self.globals.get(name).cloned().flatten().or_else(|| self.platform.get(name).cloned());
        expand(&|lookup| word::expand(text, self.escape, lookup), &lookup, &|_| true)
    }

    /// An `ARG` in a stage.
    pub(super) fn argument(&self, workshop: &mut Workshop, instruction: &Instruction) {
        for (name, default) in declared(instruction) {
            let default = default.map(|default| workshop.expand(&default));
            let given = self.options.build_args.get(&name).cloned();
            let global = || self.globals.get(&name).cloned().flatten().or_else(|| self.platform.get(&name).cloned());
            let value = given.or(default).or_else(global);
            workshop.arguments.insert(name, value);
            workshop.shell_variables = None;
        }
    }
}

/// The arguments that BuildKit defines by itself, from `os/architecture[/variant]`.
pub(super) fn platform(platform: &str) -> BTreeMap<String, String> {
    let mut parts = platform.split('/');
    let (os, architecture, variant) =
        (parts.next().unwrap_or("linux"), parts.next().unwrap_or("amd64"), parts.next().unwrap_or(""));
    let mut arguments = BTreeMap::new();
    for side in ["TARGET", "BUILD"] {
        for (name, value) in [("PLATFORM", platform), ("OS", os), ("ARCH", architecture), ("VARIANT", variant)] {
            arguments.insert(format!("{side}{name}"), value.to_owned());
        }
    }
    arguments
}

/// The names that an `ARG` declares, with their defaults as written.
fn declared(instruction: &Instruction) -> Vec<(String, Option<String>)> {
    let split = |text: &str| match text.split_once('=') {
        Some((name, default)) => (name.to_owned(), Some(default.to_owned())),
        None => (text.to_owned(), None),
    };
    match &instruction.arguments {
        Arguments::Words(words) | Arguments::Json(words) => words.iter().map(|word| split(&word.text)).collect(),
        Arguments::Pairs(pairs) => {
            pairs.iter().map(|(name, value)| (name.text.clone(), Some(value.text.clone()))).collect()
        }
        Arguments::Line(line) => line.text.split_whitespace().map(split).collect(),
    }
}
