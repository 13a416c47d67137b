//! Commands that print, filter and collect text.

use crate::shell::arguments::Arguments;
use crate::shell::holding::{Contents, Extent};
use crate::shell::machine::{Flow, Machine, Outcome, Status};
use crate::shell::script::text_contents;
use crate::shell::variables::is_unknown;

use super::{Call, Command};

pub(super) const COMMANDS: &[Command] = &[
    Command { names: &["echo"], run: echo },
    Command { names: &["printf"], run: printf },
    Command { names: &["cat", "tac"], run: cat },
    Command { names: &["tee", "sponge"], run: tee },
    Command { names: &["grep", "egrep", "fgrep", "zgrep", "rg"], run: grep },
    Command { names: &["sed", "gsed"], run: sed },
    Command {
        names: &[
            "head", "tail", "cut", "sort", "uniq", "tr", "jq", "yq", "fold", "column", "rev", "nl", "paste", "iconv",
            "dos2unix", "base64", "xxd", "envsubst",
        ],
        run: filter,
    },
    Command { names: &["sha256sum", "sha512sum", "sha1sum", "md5sum", "shasum", "sha384sum"], run: checksum },
    Command { names: &["uname", "arch"], run: uname },
    Command { names: &["whoami"], run: |machine, _| Outcome::line(&machine.accounts.name(machine.owner.0)) },
];

fn echo(_: &mut Machine, call: &Call<'_>) -> Outcome {
    let flags = call
        .arguments
        .iter()
        .take_while(|argument| matches!(argument.as_str(), "-n" | "-e" | "-E" | "-ne" | "-en"))
        .count();
    let (flags, words) = call.arguments.split_at(flags);
    let mut text = words.join(" ");
    if flags.iter().any(|flag| flag.contains('e')) {
        text = unescape(&text);
    }
    if !flags.iter().any(|flag| flag.contains('n')) {
        text.push('\n');
    }
    Outcome::output(text_contents(&text))
}

/// Backslash sequences as `echo -e`, `printf` and `$'…'` read them.
pub fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') => plain.push('\r'),
            Some('0') | Some('e') | Some('a') | Some('b') | Some('f') | Some('v') => {}
            Some(other @ ('\\' | '\'' | '"')) => plain.push(other),
            Some(other) => {
                plain.push('\\');
                plain.push(other);
            }
            None => plain.push('\\'),
        }
    }
    plain
}

fn printf(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let arguments = match call.arguments.split_first() {
        Some((flag, [name, rest @ ..])) if flag == "-v" => {
            machine.variables.set(name, format(rest));
            return Outcome::silent(Status::Success);
        }
        _ => call.arguments,
    };
    Outcome::output(text_contents(&format(arguments)))
}

/// What printf writes: only `%s`, `%d`, `%b` and `%%` are formatted, others stand for something unknown.
fn format(arguments: &[String]) -> String {
    let Some((format, values)) = arguments.split_first() else { return String::new() };
    let format = unescape(format);
    let mut values = values.iter();
    let mut text = String::new();
    // The format is used again until all values are.
    for _ in 0..=arguments.len() {
        let mut characters = format.chars();
        while let Some(character) = characters.next() {
            if character != '%' {
                text.push(character);
                continue;
            }
            match characters.next() {
                Some('%') => text.push('%'),
                Some('s' | 'd' | 'i' | 'q') => text.push_str(values.next().map_or("", String::as_str)),
                Some('b') => text.push_str(&unescape(values.next().map_or("", String::as_str))),
                _ => text.push(crate::shell::variables::UNKNOWN),
            }
        }
        if values.len() == 0 || !format.contains('%') {
            break;
        }
    }
    text
}

fn cat(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let names = Arguments::read(call.arguments, "", &[]).operands;
    if names.is_empty() {
        return Outcome::output(call.input.clone());
    }
    let mut output = Contents::default();
    for name in &names {
        match name.as_str() {
            "-" | "/dev/stdin" => output.append(call.input.clone()),
            name => output.append(machine.read(&machine.path(name)).cloned().unwrap_or_else(Contents::other)),
        }
    }
    Outcome::output(output)
}

fn tee(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let arguments = Arguments::read(call.arguments, "", &[]);
    let append = arguments.has(&["a", "append"]);
    for name in &arguments.operands {
        let path = machine.path(name);
        machine.write(&path, call.input.clone(), call.span, append);
    }
    Outcome::output(call.input.clone())
}

fn grep(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let arguments = Arguments::read(call.arguments, "efmABC", &["regexp", "file", "max-count"]);
    let quiet = arguments.has(&["q", "quiet", "silent", "c", "count", "l"]);
    let output = if quiet {
        Contents::default()
    } else {
        filtered(machine, call, arguments.operands.get(1..).unwrap_or_default())
    };
    Outcome { flow: Flow::On(Status::Unknown), output }
}

/// Some of what the operands name, or of the standard input.
fn filtered(machine: &Machine, call: &Call<'_>, names: &[String]) -> Contents {
    let mut contents = if names.is_empty() { call.input.clone() } else { Contents::default() };
    for name in names {
        if let Some(more) = machine.read(&machine.path(name)) {
            contents.append(more.clone());
        }
    }
    let mut contents = contents.limited(Extent::Some);
    contents.open = true;
    contents
}

fn sed(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let arguments = Arguments::read(call.arguments, "efl", &["expression", "file"]);
    let given = arguments.has(&["e", "expression", "f", "file"]);
    let names = arguments.operands.get(usize::from(!given)..).unwrap_or_default();
    if !arguments.has(&["i", "in-place"]) {
        return Outcome::output(filtered(machine, call, names));
    }
    for name in names {
        let path = machine.path(name);
        if let Some(holding) = machine.holding_mut(&path) {
            holding.contents = std::mem::take(&mut holding.contents).limited(Extent::Some);
        }
    }
    Outcome::silent(Status::Success)
}

/// Anything that passes on some of its input, in another shape or order.
fn filter(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let names: Vec<String> = call
        .arguments
        .iter()
        .filter(|name| !name.starts_with('-') && machine.read(&machine.path(name)).is_some())
        .cloned()
        .collect();
    if let ("tr", Some(bytes), [from, to]) = (call.base_name(), call.input.exact(), call.arguments)
        && from.chars().count() == 1
        && to.chars().count() == 1
    {
        return Outcome::output(text_contents(&String::from_utf8_lossy(&bytes).replace(from.as_str(), to)));
    }
    Outcome::output(filtered(machine, call, &names))
}

/// `sha256sum -c`: the files that the list names are what the list says, if the list stands in the Dockerfile.
fn checksum(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let arguments = Arguments::read(call.arguments, "a", &["algorithm"]);
    if !arguments.has(&["c", "check"]) {
        return Outcome::chatter();
    }
    // Nobody hears of a difference.
    if machine.lenient > machine.answered {
        return Outcome::silent(Status::Unknown);
    }
    let mut list = Contents::default();
    match arguments.operands.as_slice() {
        [] => list = call.input.clone(),
        names => names.iter().for_each(|name| match name.as_str() {
            "-" => list.append(call.input.clone()),
            name => list.append(machine.read(&machine.path(name)).cloned().unwrap_or_else(Contents::other)),
        }),
    }
    let text = list.exact().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    for line in text.lines() {
        if let Some((digest, name)) = line.trim().split_once(char::is_whitespace)
            && !is_unknown(digest)
            && digest.len() >= 32
        {
            let path = machine.path(name.trim_start_matches([' ', '*']));
            if let Some(holding) = machine.holding_mut(&path) {
                holding.pinned = true;
            }
            machine.amend_fetches(&path, |fetch| fetch.pinned = true);
        }
    }
    Outcome::silent(Status::Success)
}

fn uname(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    match (call.base_name(), call.arguments.first().map(String::as_str)) {
        ("arch", _) | (_, Some("-m" | "-p" | "-i" | "--machine")) => Outcome::line(&machine.architecture),
        (_, None | Some("-s")) => Outcome::line("Linux"),
        _ => Outcome::chatter(),
    }
}
