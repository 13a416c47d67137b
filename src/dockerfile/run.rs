//! `RUN`: which script it is, in which shell, with what mounted.

use crate::shell::{self, Contents, Flow, Gap, Holding, Machine, Places, Reach, Status};
use crate::text::Span;
use crate::tree::{Attributes, Kind, Node, Outcome, TreePath};

use super::context::Named;
use super::instruction::{Arguments, Heredoc, Instruction, Line};
use super::stage::{Site, Workshop};

/// Shells whose grammar is interpreted.
const SHELLS: &[&str] = &["sh", "bash", "ash", "dash", "zsh", "ksh"];

impl Workshop {
    /// Carries out a `RUN`.
    pub(super) fn run(&mut self, instruction: &Instruction, site: &Site<'_>) {
        let mounted = self.mount(instruction, site);
        let owner = self.owner();
        let (directory, variables) = (self.stage.workdir.clone(), self.variables());
        self.machine.start_shell(directory, variables, owner);
        let outcome = match &instruction.arguments {
            Arguments::Json(words) => {
                let words: Vec<String> = words.iter().map(|word| word.text.clone()).collect();
                shell::run_words(&mut self.machine, &words, instruction.span).flow
            }
            Arguments::Line(line) => self.run_line(instruction, line),
            Arguments::Words(_) | Arguments::Pairs(_) => Flow::On(Status::Unknown),
        };
        // A RUN that surely fails gives no image; what it did is kept, as it is told of an image that is there.
        let _ = outcome;
        shell::end_shell(&mut self.machine);
        for (path, before) in mounted.into_iter().rev() {
            self.unmount(&path, before, instruction.span);
        }
    }

    fn run_line(&mut self, instruction: &Instruction, line: &Line) -> Flow {
        let program =
            self.shell.first().map(|path| path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase());
        let program = program.unwrap_or_default();
        let program = program.trim_end_matches(".exe");
        if !SHELLS.contains(&program) {
            let program = program.to_owned();
            shell::without_grammar(&mut self.machine, &line.text, &program, instruction.span);
            return Flow::On(Status::Unknown);
        }
        let words = self.shell.get(1..).unwrap_or_default().to_vec();
        self.machine.set_shell_options(&words);
        if let Some(heredoc) = only_heredoc(instruction, line) {
            let body = chomped(heredoc);
            let start = heredoc.span.start;
            let place = |from: usize, to: usize| {
                // Where tabs were taken away, offsets are of no use.
                if heredoc.chomp { heredoc.span } else { Span::new(start + from, start + to) }
            };
            if let Some(interpreter) = body.strip_prefix("#!").map(|rest| rest.lines().next().unwrap_or_default()) {
                let is_shell = SHELLS.iter().any(|shell| interpreter.split(['/', ' ']).any(|word| word == *shell));
                if !is_shell {
                    shell::run_program(&mut self.machine, interpreter.trim(), &body, heredoc.span);
                    return Flow::On(Status::Unknown);
                }
            }
            return shell::run(&mut self.machine, &body, Places::Mapped(&place)).flow;
        }
        let mut script = line.text.clone();
        for heredoc in &instruction.heredocs {
            script.push('\n');
            script.push_str(&heredoc.body);
            if !heredoc.body.is_empty() && !heredoc.body.ends_with('\n') {
                script.push('\n');
            }
            script.push_str(&heredoc.name);
        }
        let end = line.text.len();
        let place = |from: usize, to: usize| line.span(from.min(end), to.min(end));
        shell::run(&mut self.machine, &script, Places::Mapped(&place)).flow
    }

    /// Puts what `--mount` brings into the tree; gives what was at each mount point before.
    fn mount(&mut self, instruction: &Instruction, site: &Site<'_>) -> Vec<(TreePath, Option<Node<Holding>>)> {
        let mut mounted = Vec::new();
        for flag in instruction.flags.iter().filter(|flag| flag.name == "mount") {
            let text = self.expand(flag.value.as_deref().unwrap_or_default());
            let option = |names: &[&str]| {
                text.split(',')
                    .filter_map(|pair| pair.split_once('='))
                    .find(|(name, _)| names.contains(name))
                    .map(|(_, value)| value.to_owned())
            };
            let kind = option(&["type"]).unwrap_or_else(|| "bind".to_owned());
            let target = match (option(&["target", "dst", "destination"]), kind.as_str()) {
                (Some(target), "bind" | "cache" | "tmpfs" | "secret") => target,
                (None, "secret") => format!("/run/secrets/{}", option(&["id"]).unwrap_or_default()),
                _ => continue,
            };
            let target = self.stage.workdir.resolve(&target);
            let place = self.machine.tree.lookup(&target).path;
            mounted.push((target.clone(), self.machine.tree.get(&place).cloned()));
            if kind == "secret" {
                let contents = Contents { open: true, ..Contents::of(shell::Source::Named(target.to_string())) };
                let payload = Holding::file(contents, instruction.span);
                let node = Node { kind: Kind::File, attributes: Attributes::root(0o400), payload };
                self.machine.place(&target, node, instruction.span);
            }
            if kind == "bind" {
                let source = option(&["source", "src"]).unwrap_or_else(|| "/".to_owned());
                match option(&["from"]) {
                    None => self.bind_context(&source, &target, instruction.span, site),
                    Some(from) => self.bind_from(&from, &source, &target, instruction.span, site),
                }
            }
        }
        mounted
    }

    /// `RUN --mount=type=bind,from=…`: a named context, a stage or an image.
    fn bind_from(&mut self, from: &str, source: &str, target: &TreePath, span: Span, site: &Site<'_>) {
        match site.named(from) {
            Some(Named::Folder(folder)) => {
                let site = Site { context: folder.as_ref(), ..*site };
                self.bind_context(source, target, span, &site);
            }
            Some(Named::Built(Ok(built))) => {
                self.bind_files(&built.taken_up(span).brought.machine, source, target, span);
            }
            Some(Named::Image(image)) => self.bind_image(&image, source, target, span, site),
            Some(Named::Built(Err(_))) => self.machine.make_opaque(target.clone(), shell::Origin::Context),
            None => match site.stage(from) {
                Some(stage) => self.bind_files(&stage.machine, source, target, span),
                None => self.bind_image(from, source, target, span, site),
            },
        }
    }

    fn bind_image(&mut self, image: &str, source: &str, target: &TreePath, span: Span, site: &Site<'_>) {
        match site.context.image(image) {
            Some(Ok(known)) => self.bind_files(&known.taken_up(span).brought.machine, source, target, span),
            Some(Err(_)) | None => self.machine.make_opaque(target.clone(), shell::Origin::Context),
        }
    }

    fn bind_files(&mut self, other: &Machine, source: &str, target: &TreePath, span: Span) {
        self.machine.copied = self.machine.copied.max(other.copied);
        if let Outcome::Found(node) = other.tree.lookup(&TreePath::new(source)).outcome
            && self.machine.may_copy(node, span)
        {
            let node = shell::living(node);
            self.machine.place(target, node, span);
        }
        for gap in other.gaps.clone() {
            self.gap(Gap { reach: Reach::Below(target.clone()), ..gap });
        }
    }

    /// Takes a mount away: what was written into it is not in the image.
    fn unmount(&mut self, path: &TreePath, before: Option<Node<Holding>>, span: Span) {
        let gone = Node {
            kind: Kind::Removed,
            attributes: Attributes::root(0),
            payload: Holding { contents: Contents::default(), by: Some(span), pinned: false },
        };
        let place = self.machine.tree.lookup_link(path).path;
        if let Some(node) = self.machine.tree.get_mut(&place) {
            *node = before.unwrap_or(gone);
        }
        self.machine.opaque.retain(|opaque| !opaque.path.starts_with(path));
    }
}

/// The heredoc of a `RUN` that has nothing else: it is the script.
fn only_heredoc<'i>(instruction: &'i Instruction, line: &Line) -> Option<&'i Heredoc> {
    let [heredoc] = instruction.heredocs.as_slice() else { return None };
    let words = line.text.trim();
    (words.starts_with("<<") && !words.contains(char::is_whitespace)).then_some(heredoc)
}

/// A heredoc's body, without leading tabs where `<<-` asks for that.
pub(super) fn chomped(heredoc: &Heredoc) -> String {
    if !heredoc.chomp {
        return heredoc.body.clone();
    }
    heredoc.body.split_inclusive('\n').map(|line| line.trim_start_matches('\t')).collect()
}
