//! Built-in commands of the shell that change where it goes on, or the shell itself.

use crate::shell::arguments::Arguments;
use crate::shell::arithmetic;
use crate::shell::condition;
use crate::shell::holding::Contents;
use crate::shell::machine::{Flow, Machine, Outcome, Status};
use crate::shell::variables::UNKNOWN;
use crate::tree::TreePath;

use super::{Call, Command};

pub(super) const COMMANDS: &[Command] = &[
    Command { names: &["true", ":"], run: |_, _| Outcome::silent(Status::Success) },
    Command { names: &["false"], run: |_, _| Outcome::silent(Status::Failure) },
    Command { names: &["test", "["], run: test },
    Command { names: &["cd", "chdir"], run: change_directory },
    Command { names: &["pushd"], run: push_directory },
    Command { names: &["popd"], run: pop_directory },
    Command { names: &["pwd"], run: |machine, _| Outcome::line(&machine.directory.to_string()) },
    Command { names: &["export", "declare", "typeset", "local", "readonly"], run: declare },
    Command { names: &["unset"], run: unset },
    Command { names: &["set"], run: set },
    Command { names: &["shift"], run: shift },
    Command { names: &["read"], run: read },
    Command { names: &["exit"], run: |_, call| leave(call, Flow::Exit) },
    Command { names: &["return"], run: |_, call| leave(call, Flow::Return) },
    Command {
        names: &["break"],
        run: |_, call| Outcome { flow: Flow::Break(levels(call)), output: Contents::default() },
    },
    Command {
        names: &["continue"],
        run: |_, call| Outcome { flow: Flow::Continue(levels(call)), output: Contents::default() },
    },
    Command { names: &["umask"], run: umask },
    Command { names: &["trap"], run: trap },
    Command { names: &["let"], run: evaluate },
    Command {
        names: &["shopt", "alias", "unalias", "ulimit", "wait", "jobs", "times", "bind", "complete"],
        run: |_, _| Outcome::silent(Status::Success),
    },
    Command { names: &["type", "which", "whereis", "hash"], run: |_, _| unknown() },
];

/// It could not be told, and so could what it writes.
fn unknown() -> Outcome {
    Outcome { flow: Flow::On(Status::Unknown), output: Contents::other() }
}

fn test(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let arguments = match (call.base_name(), call.arguments.split_last()) {
        ("[", Some((last, arguments))) if last == "]" => arguments,
        _ => call.arguments,
    };
    Outcome::silent(condition::test(machine, arguments))
}

fn change_directory(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let target = call.arguments.iter().find(|argument| !argument.starts_with('-') || *argument == "-");
    machine.directory = match target.map(String::as_str) {
        None => TreePath::new(machine.variables.get("HOME").unwrap_or("/root")),
        Some("-") => machine.stack.pop().unwrap_or_else(|| machine.directory.clone()),
        Some(target) => {
            let old = machine.directory.clone();
            machine.stack.push(old);
            let path = machine.path(target);
            // `cd` keeps the name it went by, but what is resolved from there goes through the tree all the same.
            path
        }
    };
    Outcome::silent(Status::Success)
}

fn push_directory(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    if let Some(target) = call.arguments.first() {
        machine.stack.push(machine.directory.clone());
        machine.directory = machine.path(target);
    }
    Outcome::chatter()
}

fn pop_directory(machine: &mut Machine, _: &Call<'_>) -> Outcome {
    if let Some(directory) = machine.stack.pop() {
        machine.directory = directory;
    }
    Outcome::chatter()
}

fn declare(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    for argument in call.arguments {
        if let Some((name, value)) = argument.split_once('=') {
            machine.variables.set(name, value);
        }
    }
    Outcome::silent(Status::Success)
}

fn unset(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    for name in call.arguments {
        machine.variables.unset(name);
    }
    Outcome::silent(Status::Success)
}

fn set(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let mut arguments = call.arguments.iter();
    while let Some(argument) = arguments.next() {
        let on = argument.starts_with('-');
        match argument.strip_prefix(['-', '+']) {
            Some("-") => {
                machine.variables.positional = arguments.cloned().collect();
                break;
            }
            Some(letters) => set_options(machine, letters, on, &mut arguments),
            None => {
                machine.variables.positional = std::iter::once(argument).chain(arguments).cloned().collect();
                break;
            }
        }
    }
    Outcome::silent(Status::Success)
}

/// Sets the options of a group of letters; `o` takes a name from what follows.
pub(in crate::shell) fn set_options<'a>(
    machine: &mut Machine,
    letters: &str,
    on: bool,
    rest: &mut impl Iterator<Item = &'a String>,
) {
    for letter in letters.chars() {
        match letter {
            'e' => machine.errexit = on,
            'o' => match rest.next().map(String::as_str) {
                Some("pipefail") => machine.pipefail = on,
                Some("errexit") => machine.errexit = on,
                _ => {}
            },
            _ => {}
        }
    }
}

fn shift(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let positional = &mut machine.variables.positional;
    let count = levels(call).min(positional.len());
    positional.drain(..count);
    Outcome::silent(Status::Success)
}

/// `read`: a line of the input into variables, by `IFS`; the last takes what is left.
fn read(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let arguments = Arguments::read(call.arguments, "adinNptu", &[]);
    let mut input = call.input.clone();
    let line = input.take_line();
    let plain = arguments.flags.iter().all(|(name, _)| matches!(name.as_str(), "r" | "p" | "s" | "t"));
    let Some((line, whole)) = line.filter(|_| plain) else {
        for name in &arguments.operands {
            machine.variables.set(name, UNKNOWN.to_string());
        }
        return Outcome::silent(Status::Unknown);
    };
    let separators = machine.variables.get("IFS").unwrap_or(" \t\n").to_owned();
    let is_separator = |character: char| separators.contains(character);
    let is_blank = |character: char| is_separator(character) && character.is_ascii_whitespace();
    let mut rest = line.trim_matches(is_blank);
    let reply = ["REPLY".to_owned()];
    let names = if arguments.operands.is_empty() { &reply[..] } else { &arguments.operands };
    for (at, name) in names.iter().enumerate() {
        let last = at + 1 == names.len();
        let (value, left) = if last { None } else { rest.split_once(is_separator) }.unwrap_or((rest, ""));
        machine.variables.set(name, value);
        rest = left.trim_start_matches(is_blank);
    }
    Outcome::silent(Status::of(whole))
}

/// `trap COMMANDS EXIT`: what runs when the shell ends. Other signals do not come in a build that succeeds.
fn trap(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    if let [action, signals @ ..] = call.arguments
        && signals.iter().any(|signal| matches!(signal.as_str(), "EXIT" | "0"))
    {
        machine.at_exit = (!matches!(action.as_str(), "-" | "")).then(|| (action.clone(), call.span));
    }
    Outcome::silent(Status::Success)
}

/// `let`: the last expression decides.
fn evaluate(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let values = call.arguments.iter().map(|text| arithmetic::evaluate(text, &mut machine.variables));
    Outcome::silent(values.last().flatten().map_or(Status::Unknown, |value| Status::of(value != 0)))
}

fn levels(call: &Call<'_>) -> usize {
    call.arguments.first().and_then(|count| count.parse().ok()).unwrap_or(1)
}

fn leave(call: &Call<'_>, flow: fn(Status) -> Flow) -> Outcome {
    let status = match call.arguments.first().map(|code| code.parse::<i64>()) {
        None | Some(Ok(0)) => Status::Success,
        Some(Ok(_)) => Status::Failure,
        Some(Err(_)) => Status::Unknown,
    };
    Outcome { flow: flow(status), output: Contents::default() }
}

fn umask(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    if let Some(mask) = call.arguments.first().and_then(|mask| u32::from_str_radix(mask, 8).ok()) {
        machine.umask = mask & 0o777;
    }
    Outcome::silent(Status::Success)
}
