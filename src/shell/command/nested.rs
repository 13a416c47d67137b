//! Commands that run other commands: shells, `env`, `sudo`, `xargs`, `find`, …

use crate::shell::arguments::Arguments;
use crate::shell::holding::Contents;
use crate::shell::machine::{Flow, Machine, Outcome};
use crate::shell::pattern;
use crate::shell::script::{self, Places};
use crate::shell::variables::UNKNOWN;
use crate::tree::{Kind, TreePath};

use super::{Call, Command, control, program};

pub(super) const COMMANDS: &[Command] = &[
    Command { names: &["sh", "bash", "ash", "dash", "zsh", "ksh"], run: shell },
    Command {
        names: &["eval"],
        run: |machine, call| script::run(machine, &call.arguments.join(" "), Places::All(call.span)),
    },
    Command { names: &["source", "."], run: source },
    Command { names: &["env"], run: env },
    Command { names: &["command", "builtin"], run: command },
    Command {
        names: &["exec", "nohup", "time", "eatmydata", "chronic", "tini", "dumb-init", "setsid", "busybox", "noglob"],
        run: |machine, call| prefixed(machine, call, "", 0),
    },
    Command { names: &["sudo", "doas", "gosu", "su-exec", "runuser"], run: sudo },
    Command { names: &["su"], run: su },
    Command { names: &["timeout"], run: |machine, call| prefixed(machine, call, "ks", 1) },
    Command {
        names: &["nice", "ionice", "stdbuf", "faketime", "flock", "chroot"],
        run: |machine, call| {
            prefixed(machine, call, "ncioe", usize::from(matches!(call.base_name(), "faketime" | "flock" | "chroot")))
        },
    },
    Command { names: &["xargs", "parallel"], run: xargs },
    Command { names: &["find"], run: find },
];

/// Runs the command that stands behind flags (of which `valued` take a value) and `skipped` operands.
fn prefixed(machine: &mut Machine, call: &Call<'_>, valued: &str, skipped: usize) -> Outcome {
    let mut at = 0;
    while let Some(argument) = call.arguments.get(at) {
        match argument.strip_prefix('-') {
            Some("-") => {
                at += 1;
                break;
            }
            Some(letters) if !letters.is_empty() => {
                at += if letters.len() == 1 && letters.chars().all(|letter| valued.contains(letter)) { 2 } else { 1 };
            }
            _ => break,
        }
    }
    inner(machine, call, call.arguments.get(at + skipped..).unwrap_or_default())
}

/// Runs a command given as words.
fn inner(machine: &mut Machine, call: &Call<'_>, words: &[String]) -> Outcome {
    match words.split_first() {
        Some((name, arguments)) => {
            super::run(machine, &Call { name, arguments, input: call.input.clone(), span: call.span })
        }
        None => Outcome::chatter(),
    }
}

fn shell(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    child(machine, |machine| shell_with(machine, call))
}

fn shell_with(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let mut arguments = call.arguments.iter();
    let mut command = false;
    let mut operand = None;
    let mut from_input = false;
    while let Some(argument) = arguments.next() {
        match argument.strip_prefix(['-', '+']) {
            Some("-") | Some("") | None => {
                operand = if argument == "-" || argument == "--" { arguments.next() } else { Some(argument) };
                break;
            }
            Some(letters) if letters.starts_with('-') => {
                if matches!(letters, "-rcfile" | "-init-file") {
                    arguments.next();
                }
            }
            Some(letters) => {
                command |= letters.contains('c');
                from_input |= letters.contains('s');
                control::set_options(machine, letters, argument.starts_with('-'), &mut arguments);
            }
        }
    }
    let rest: Vec<String> = arguments.cloned().collect();
    match operand {
        Some(text) if command => {
            machine.variables.positional = rest.get(1..).unwrap_or_default().to_vec();
            script::run(machine, text, Places::All(call.span))
        }
        Some(file) if !from_input => {
            machine.variables.positional = rest;
            program::run_script(machine, call, file)
        }
        operand => {
            machine.variables.positional = operand.cloned().into_iter().chain(rest).collect();
            let input = call.input.clone();
            program::run_contents(machine, call, &input, "what is piped into the shell")
        }
    }
}

/// Runs a body as a shell of its own: what it sets, and that it ends, is its own affair.
pub(super) fn child(machine: &mut Machine, body: impl FnOnce(&mut Machine) -> Outcome) -> Outcome {
    let (errexit, pipefail, variables) = (machine.errexit, machine.pipefail, machine.variables.clone());
    let (directory, functions) = (machine.directory.clone(), machine.functions.clone());
    let at_exit = machine.at_exit.take();
    (machine.errexit, machine.pipefail) = (false, false);
    let outcome = body(machine);
    script::end_shell(machine);
    (machine.errexit, machine.pipefail, machine.variables) = (errexit, pipefail, variables);
    (machine.directory, machine.functions, machine.at_exit) = (directory, functions, at_exit);
    Outcome {
        flow: match outcome.flow {
            Flow::Exit(status) | Flow::Return(status) | Flow::On(status) => Flow::On(status),
            flow => flow,
        },
        output: outcome.output,
    }
}

/// The variable in which bash keeps the name of the script that a command stands in.
pub(super) const SOURCED: &str = "BASH_SOURCE";

fn source(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let Some(name) = call.arguments.first() else { return Outcome::chatter() };
    let path = machine.path(name);
    let known = machine.read(&path).and_then(Contents::exact).and_then(|bytes| String::from_utf8(bytes).ok());
    match known {
        Some(text) => {
            let outer = machine.variables.all(SOURCED).to_vec();
            machine.variables.set(SOURCED, name.as_str());
            let outcome = script::run(machine, &text, Places::All(call.span));
            machine.variables.set_all(SOURCED, outer);
            match outcome.flow {
                Flow::Return(status) => Outcome { flow: Flow::On(status), output: outcome.output },
                _ => outcome,
            }
        }
        // Files such as /etc/profile and ~/.nvm/nvm.sh set variables: nothing that was set is kept from being unknown.
        None => {
            machine.variables.open = true;
            if program::is_context_file(machine, &path) {
                return program::run_script(machine, call, name);
            }
            Outcome::chatter()
        }
    }
}

fn env(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let mut words = call.arguments;
    while let Some((first, rest)) = words.split_first() {
        if let Some((name, value)) = first.split_once('=') {
            machine.variables.set(name, value);
        } else if !first.starts_with('-') {
            break;
        }
        words = if matches!(first.as_str(), "-u" | "-C") { rest.get(1..).unwrap_or_default() } else { rest };
    }
    inner(machine, call, words)
}

fn command(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    match call.arguments.first().map(String::as_str) {
        Some("-v" | "-V") => {
            Outcome { flow: Flow::On(crate::shell::machine::Status::Unknown), output: Contents::other() }
        }
        _ => prefixed(machine, call, "", 0),
    }
}

fn sudo(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let owner = machine.owner;
    machine.owner = (0, 0);
    // gosu, su-exec and runuser name the user first.
    let outcome = match call.base_name() {
        "gosu" | "su-exec" => {
            let user =
                call.arguments.first().and_then(|name| machine.accounts.get(name.split(':').next().unwrap_or(name)));
            machine.owner = user.map_or((0, 0), |uid| (uid, uid));
            inner(machine, call, call.arguments.get(1..).unwrap_or_default())
        }
        _ => {
            let assignments =
                call.arguments.iter().take_while(|word| word.contains('=') && !word.starts_with('-')).count();
            let words = call.arguments.get(assignments..).unwrap_or_default();
            prefixed(
                machine,
                &Call { name: call.name, arguments: words, input: call.input.clone(), span: call.span },
                "ugHpChDT",
                0,
            )
        }
    };
    machine.owner = owner;
    outcome
}

fn su(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let arguments = Arguments::read(call.arguments, "csgG", &["command", "shell", "group"]);
    let Some(text) = arguments.value(&["c", "command"]) else { return Outcome::chatter() };
    let owner = machine.owner;
    if let Some(uid) = arguments.operands.iter().find(|name| *name != "-").map(|name| machine.accounts.number(name)) {
        machine.owner = (uid, uid);
    }
    let outcome = script::run(machine, text, Places::All(call.span));
    machine.owner = owner;
    outcome
}

/// Rounds of `xargs -n 1` and of `find -exec`.
const MAX_ROUNDS: usize = 1000;

fn xargs(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let mut at = 0;
    let mut replaced = None;
    let mut one = false;
    while let Some(argument) = call.arguments.get(at).filter(|argument| argument.starts_with('-')) {
        let next = call.arguments.get(at + 1).map(String::as_str);
        at += match argument.as_str() {
            "-I" => {
                replaced = next;
                2
            }
            "-n" | "-L" => {
                one = true;
                2
            }
            "-P" | "-d" | "-s" | "-E" | "-a" => 2,
            "-I{}" | "-i" => {
                replaced = Some("{}");
                1
            }
            flag => {
                one |= flag == "-n1" || flag == "-L1";
                1
            }
        };
    }
    let words = call.arguments.get(at..).unwrap_or_default();
    let items: Vec<String> = match call.input.exact().and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(text) if replaced.is_some() => text.lines().map(str::to_owned).collect(),
        Some(text) => text.split_whitespace().map(str::to_owned).collect(),
        None => vec![UNKNOWN.to_string()],
    };
    let mut last = Outcome::chatter();
    let mut run = |arguments: Vec<String>| {
        let call = Call { name: call.name, arguments: &[], input: Contents::default(), span: call.span };
        last = inner(machine, &call, &arguments);
    };
    match replaced {
        Some(mark) => {
            for item in items.iter().take(MAX_ROUNDS) {
                run(words.iter().map(|word| word.replace(mark, item)).collect());
            }
        }
        None if one => {
            for item in items.into_iter().take(MAX_ROUNDS) {
                run(words.iter().cloned().chain([item]).collect());
            }
        }
        None => run(words.iter().cloned().chain(items).collect()),
    }
    last
}

/// `find`: names that match, deleted, given to a command, or printed.
fn find(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let starts =
        call.arguments.iter().take_while(|word| !word.starts_with('-') && !matches!(word.as_str(), "(" | "!")).count();
    let (starts, expression) = call.arguments.split_at(starts);
    let mut names: Vec<&str> = Vec::new();
    let mut action: Option<Vec<String>> = None;
    let mut delete = false;
    // Tests that are not understood might keep any of the names out: then nothing is said to be removed.
    let mut sure = true;
    let mut words = expression.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-name" | "-iname" => names.extend(words.next().map(String::as_str)),
            "-type" | "-maxdepth" | "-mindepth" => drop(words.next()),
            "-delete" => delete = true,
            "-exec" | "-execdir" | "-ok" => {
                action = Some(words.by_ref().take_while(|word| !matches!(word.as_str(), ";" | "+")).cloned().collect());
            }
            "-print" | "-print0" | "-o" | "-or" | "-a" | "-depth" | "-xdev" | "(" | ")" | "-follow" => {}
            _ => sure = false,
        }
    }
    let mut found: Vec<TreePath> = Vec::new();
    let here = [".".to_owned()];
    for start in if starts.is_empty() { &here[..] } else { starts } {
        let top = machine.tree.lookup(&machine.path(start)).path;
        machine.tree.walk(|path, node| {
            let name = path.file_name().map(String::from_utf8_lossy).unwrap_or_default();
            let wanted = names.is_empty() || names.iter().any(|pattern| pattern::matches(pattern, &name));
            if wanted
                && matches!(node.kind, Kind::File | Kind::Symlink(_))
                && path.starts_with(&top)
                && found.len() < MAX_ROUNDS
            {
                found.push(path.clone());
            }
        });
    }
    let removes = delete || action.as_ref().is_some_and(|words| words.first().is_some_and(|name| name == "rm"));
    if removes && !sure {
        return Outcome::chatter();
    }
    for path in &found {
        if delete {
            machine.remove(path, call.span);
        }
        if let Some(words) = &action {
            let words: Vec<String> = words.iter().map(|word| word.replace("{}", &path.to_string())).collect();
            inner(
                machine,
                &Call { name: call.name, arguments: &[], input: Contents::default(), span: call.span },
                &words,
            );
        }
    }
    if delete || action.is_some() {
        return Outcome::chatter();
    }
    // More than is listed may be found.
    let lines: String = found.iter().map(|path| format!("{path}\n")).collect();
    let mut output = Contents::bytes(lines.into_bytes());
    output.open = !sure || found.is_empty();
    Outcome::output(output)
}
