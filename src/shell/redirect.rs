//! Redirects: where a command's standard input comes from, and where its standard output goes.

use brush_parser::ast::{IoFileRedirectKind, IoFileRedirectTarget, IoRedirect};

use super::holding::Contents;
use super::interpreter::Interpreter;
use super::machine::Outcome;
use super::script::text_contents;

impl Interpreter<'_> {
    /// Runs a body with its standard input and output where the redirects lead them.
    pub(super) fn redirected(
        &mut self,
        redirects: &[&IoRedirect],
        mut input: Contents,
        body: impl FnOnce(&mut Self, Contents) -> Outcome,
    ) -> Outcome {
        let mut target: Option<(String, bool)> = None;
        let mut dropped = false;
        for redirect in redirects {
            match redirect {
                IoRedirect::HereDocument(_, document) => {
                    let body = match document.requires_expansion {
                        true => self.heredoc(&document.doc.value),
                        false => document.doc.value.clone(),
                    };
                    let body = match document.remove_tabs {
                        true => body.split_inclusive('\n').map(|line| line.trim_start_matches('\t')).collect(),
                        false => body,
                    };
                    input = text_contents(&body);
                }
                IoRedirect::HereString(_, word) => {
                    let text = self.text(&word.value);
                    input = text_contents(&format!("{text}\n"));
                }
                IoRedirect::OutputAndError(word, append) => target = Some((self.text(&word.value), *append)),
                IoRedirect::File(descriptor, kind, file) => match (kind, file, descriptor) {
                    (IoFileRedirectKind::Read, IoFileRedirectTarget::Filename(word), None | Some(0)) => {
                        let name = self.text(&word.value);
                        let path = self.machine.path(&name);
                        input = self.machine.read(&path).cloned().unwrap_or_else(Contents::other);
                    }
                    (
                        IoFileRedirectKind::Write | IoFileRedirectKind::Clobber | IoFileRedirectKind::ReadAndWrite,
                        IoFileRedirectTarget::Filename(word),
                        None | Some(1),
                    ) => {
                        target = Some((self.text(&word.value), false));
                    }
                    (IoFileRedirectKind::Append, IoFileRedirectTarget::Filename(word), None | Some(1)) => {
                        target = Some((self.text(&word.value), true));
                    }
                    (IoFileRedirectKind::DuplicateOutput, IoFileRedirectTarget::Fd(2), None | Some(1)) => {
                        dropped = true
                    }
                    (IoFileRedirectKind::DuplicateOutput, IoFileRedirectTarget::Duplicate(word), None | Some(1)) => {
                        dropped = word.value == "2";
                    }
                    (_, IoFileRedirectTarget::ProcessSubstitution(_, subshell), _) => {
                        let outcome = self.isolated(|inner| inner.list(&subshell.list, false));
                        input = outcome.output;
                    }
                    _ => {}
                },
            }
        }
        let mut outcome = body(self, input);
        if let Some((name, append)) = target {
            let output = std::mem::take(&mut outcome.output);
            let path = self.machine.path(&name);
            let here = self.here;
            self.machine.write(&path, output, here, append);
        } else if dropped {
            outcome.output = Contents::default();
        }
        outcome
    }
}
