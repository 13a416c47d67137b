//! One-liners of other languages (`python -c`, `node -e`, …) and scripts of theirs: read for what they download and save.

use crate::shell::arguments::Arguments;
use crate::shell::holding::{Contents, Reach};
use crate::shell::machine::{Machine, Outcome};

use super::download::{self, Manner};
use super::{Call, Command, inert, keystore, program};

pub(super) const COMMANDS: &[Command] = &[
    Command { names: &["python", "pypy"], run: python },
    Command { names: &["node", "nodejs", "ruby", "perl", "php", "deno", "bun", "Rscript"], run: other },
];

fn python(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let mut arguments = call.arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "-c" => {
                let text = arguments.next().cloned().unwrap_or_default();
                return one_liner(machine, call, &text);
            }
            "-m" => {
                let module = arguments.next().map(String::as_str).unwrap_or_default();
                let first = module.split('.').next().unwrap_or(module);
                if first == "pip" {
                    let rest: Vec<String> = arguments.cloned().collect();
                    let call = Call { name: first, arguments: &rest, input: call.input.clone(), span: call.span };
                    return super::run(machine, &call);
                }
                if !super::is_inert(first) && !inert::PYTHON_MODULES.contains(&first) {
                    machine.gap(
                        call.span,
                        format!("what the Python module `{module}` does is not known"),
                        Reach::Anywhere,
                    );
                }
                return Outcome::chatter();
            }
            "-W" | "-X" => drop(arguments.next()),
            "-" => break,
            flag if flag.starts_with('-') => {}
            file => return program::run_script(machine, call, file),
        }
    }
    piped(machine, call)
}

fn other(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    if keystore::only_names_itself(call) {
        return Outcome::chatter();
    }
    let arguments = Arguments::read(call.arguments, "eEprIM", &["eval", "print", "require"]);
    let inline = match call.base_name() {
        // perl and ruby take `-n -e` as `-ne`, and their `-p` is no evaluation.
        "perl" | "ruby" => Arguments::read(call.arguments, "eErI", &["require"]).value(&["e", "E"]).map(str::to_owned),
        "php" => Arguments::read(call.arguments, "r", &["run"]).value(&["r", "run"]).map(str::to_owned),
        _ => arguments.value(&["e", "p", "eval", "print"]).map(str::to_owned),
    };
    if let Some(text) = inline {
        return one_liner(machine, call, &text);
    }
    match arguments.operands.first() {
        Some(file) => program::run_script(machine, call, file),
        None => piped(machine, call),
    }
}

fn piped(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    match call.input.exact() {
        Some(bytes) => one_liner(machine, call, &String::from_utf8_lossy(&bytes)),
        None => program::run_contents(machine, call, &call.input, "what is piped into the interpreter"),
    }
}

/// Words that show that a program may have to do with certificates, or run something that is not seen here.
const SUSPICIOUS: &[&str] = &[
    ".pem",
    ".crt",
    ".p7b",
    ".jks",
    "truststore",
    "rds",
    "ca-bundle",
    "cabundle",
    "cacert",
    "subprocess",
    "os.system",
    "exec(",
    "child_process",
    "certificate",
    "requests.",
    "urlopen",
    "urlretrieve",
    "http",
    "invoke-webrequest",
    "downloadfile",
];

/// Whether a text has nothing in it that could have to do with certificates or downloads.
pub(super) fn is_harmless(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    !SUSPICIOUS.iter().any(|word| text.contains(word))
}

/// The same for a script whose every command stands in the text, so that a download shows by its URL.
pub(super) fn is_free_of_certificates(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let words = [
        ".pem",
        ".crt",
        ".cer",
        ".p7b",
        ".jks",
        ".pfx",
        "truststore",
        "rds-",
        "rds.",
        "rds_",
        "certificate",
        "cert:",
        ".ps1",
        ".bat",
        ".cmd",
        "iex",
        "invoke-expression",
    ];
    !words.iter().any(|word| text.contains(word))
}

/// Reads a program of another language: its downloads, each saved under the path that stands nearest behind it.
pub(super) fn one_liner(machine: &mut Machine, call: &Call<'_>, text: &str) -> Outcome {
    let literals = literals(text);
    let is_url = |literal: &&str| {
        literal.starts_with("https://") || literal.starts_with("http://") || literal.starts_with("s3://")
    };
    let urls: Vec<&str> = literals.iter().map(String::as_str).filter(is_url).collect();
    if urls.is_empty() {
        // A filter over its input (`perl -ne`) passes some of it on.
        let filters = call
            .arguments
            .iter()
            .any(|flag| matches!(flag.as_str(), "-ne" | "-pe" | "-n" | "-p" | "-lne" | "-lpe" | "-0777ne"));
        if !filters && !is_harmless(text) {
            machine.gap(
                call.span,
                format!("what this `{}` program does could not be told", call.base_name()),
                Reach::Anywhere,
            );
        }
        return Outcome::output(call.input.clone().limited(crate::shell::holding::Extent::Some));
    }
    let unchecked = [
        "verify=False",
        "_create_unverified_context",
        "CERT_NONE",
        "rejectUnauthorized: false",
        "rejectUnauthorized:false",
        "VERIFY_NONE",
    ];
    let manner = Manner {
        certificate_checked: !unchecked.iter().any(|word| text.contains(word)),
        fails_on_http_error: text.contains("urlretrieve")
            || text.contains("urlopen")
            || text.contains("raise_for_status"),
    };
    let mut paths = literals.iter().map(String::as_str).filter(|literal| !is_url(literal) && looks_like_path(literal));
    let mut output = Contents::default();
    for url in urls {
        let contents = download::fetch(machine, call, url, &manner);
        match paths.next() {
            Some(path) => {
                let path = machine.path(path);
                machine.write(&path, contents, call.span, false);
            }
            None => output.append(contents),
        }
    }
    Outcome::output(output)
}

fn looks_like_path(literal: &str) -> bool {
    let has_ending =
        literal.rsplit_once('.').is_some_and(|(stem, ending)| !stem.is_empty() && (2..=4).contains(&ending.len()));
    (literal.starts_with('/') || literal.contains('/') || has_ending) && !literal.contains([' ', '\n', '%', '{'])
}

/// The string literals of a program in most languages.
fn literals(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<(char, String)> = None;
    let mut escaped = false;
    for character in text.chars() {
        match &mut open {
            None if matches!(character, '\'' | '"' | '`') => open = Some((character, String::new())),
            None => {}
            Some((_, literal)) if escaped => {
                literal.push(character);
                escaped = false;
            }
            Some(_) if character == '\\' => escaped = true,
            Some((quote, literal)) if character == *quote => {
                found.push(std::mem::take(literal));
                open = None;
            }
            Some((_, literal)) => literal.push(character),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_found_in_both_quotes() {
        assert_eq!(literals(r#"f('a\'b', "c d")"#), ["a'b", "c d"]);
        assert!(looks_like_path("/opt/rds-ca.pem") && looks_like_path("x.pem") && !looks_like_path("wb"));
    }
}
