//! Commands that turn certificates into other shapes: keytool and openssl.

use crate::shell::arguments::Arguments;
use crate::shell::holding::{Contents, Extent, Form};
use crate::shell::machine::{Machine, Outcome};
use crate::tree::TreePath;

use super::{Call, Command};

pub(super) const COMMANDS: &[Command] =
    &[Command { names: &["keytool"], run: keytool }, Command { names: &["openssl"], run: openssl }];

/// The value behind `-name`: keytool and openssl have long flags with one dash.
fn value<'c>(call: &'c Call<'_>, names: &[&str]) -> Option<&'c str> {
    let at = call
        .arguments
        .iter()
        .position(|argument| names.contains(&argument.trim_start_matches('-')) && argument.starts_with('-'))?;
    call.arguments.get(at + 1).map(String::as_str)
}

fn has(call: &Call<'_>, names: &[&str]) -> bool {
    call.arguments.iter().any(|argument| names.contains(&argument.as_str()))
}

/// Where the keystore of the Java that is installed lies.
fn java_keystore(machine: &Machine) -> TreePath {
    let home = machine.variables.get("JAVA_HOME").unwrap_or("/usr/lib/jvm/default");
    machine.path(&format!("{home}/lib/security/cacerts"))
}

fn keytool(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let store = match value(call, &["keystore", "destkeystore"]) {
        Some(name) if !has(call, &["-cacerts"]) => machine.path(name),
        _ if has(call, &["-cacerts"]) => java_keystore(machine),
        _ => machine.path(&format!("{}/.keystore", machine.variables.get("HOME").unwrap_or("/root"))),
    };
    let added = if has(call, &["-import", "-importcert", "-trustcacerts"]) && !has(call, &["-list", "-delete"]) {
        // keytool(1), -importcert: a trusted certificate is one; a file with more than one gives its first.
        let contents = match value(call, &["file"]) {
            Some(name) => machine.read(&machine.path(name)).cloned().unwrap_or_else(Contents::other),
            None => call.input.clone(),
        };
        contents.limited(Extent::First)
    } else if has(call, &["-importkeystore"]) {
        match value(call, &["srckeystore"]) {
            Some(name) => machine.read(&machine.path(name)).cloned().unwrap_or_else(Contents::other),
            None => return Outcome::chatter(),
        }
    } else {
        return Outcome::chatter();
    };
    put_in_keystore(machine, call, &store, added);
    Outcome::chatter()
}

/// Adds certificates to a keystore, which is made where there is none.
fn put_in_keystore(machine: &mut Machine, call: &Call<'_>, store: &TreePath, added: Contents) {
    machine.write(store, added, call.span, true);
    if let Some(holding) = machine.holding_mut(store) {
        holding.contents.form = Form::Keystore;
    }
}

fn openssl(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let Some(command) = call.arguments.first().map(String::as_str) else { return Outcome::chatter() };
    let input = match value(call, &["in", "certfile"]) {
        Some(name) => machine.read(&machine.path(name)).cloned().unwrap_or_else(Contents::other),
        None => call.input.clone(),
    };
    let mut output = match command {
        _ if has(call, &["-noout"]) => Contents::other(),
        // x509(1) reads one certificate.
        "x509" => input.limited(Extent::First),
        "pkcs12" if has(call, &["-export"]) => Contents { form: Form::Keystore, ..input },
        "pkcs12" => Contents { form: Form::Plain, ..input },
        "pkcs7" | "crl2pkcs7" | "storeutl" => input,
        _ => Contents::other(),
    };
    output.open = true;
    match value(call, &["out"]) {
        Some(name) => {
            let path = machine.path(name);
            machine.write(&path, output, call.span, false);
            Outcome::chatter()
        }
        None => Outcome::output(output),
    }
}

/// Whether nothing else is asked of a program than to name itself.
pub(super) fn only_names_itself(call: &Call<'_>) -> bool {
    let read = Arguments::read(call.arguments, "", &[]);
    read.operands.is_empty() && read.has(&["version", "help", "v", "V", "h"]) && read.flags.len() == 1
}
