//! Commands that make users and groups.

use crate::shell::arguments::Arguments;
use crate::shell::machine::{Machine, Outcome, Status};

use super::{Call, Command};

pub(super) const COMMANDS: &[Command] = &[
    Command { names: &["useradd", "adduser", "usermod"], run: user },
    Command { names: &["groupadd", "addgroup", "groupmod"], run: group },
    Command { names: &["id"], run: |_, _| Outcome::chatter() },
];

/// `-G` takes a value for busybox's and shadow's programs alike; Debian's `adduser` has long flags only.
const SHORT: &str = "bcdefgGhklpsuKRPxZ";
const LONG: &[&str] = &[
    "uid",
    "gid",
    "home",
    "home-dir",
    "shell",
    "comment",
    "gecos",
    "group",
    "groups",
    "ingroup",
    "base-dir",
    "expiredate",
    "inactive",
    "skel",
    "password",
    "conf",
    "firstuid",
    "lastuid",
    "root",
    "prefix",
    "key",
];

fn user(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let arguments = Arguments::read(call.arguments, SHORT, LONG);
    // busybox's `adduser` has `-h`, and shadow's `useradd` `-d`.
    if let (Some(name), Some(home)) = (arguments.operands.first(), arguments.value(&["d", "h", "home", "home-dir"])) {
        machine.accounts.set_home(name, home);
    }
    define(machine, &arguments, &["u", "uid"])
}

fn group(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    define(machine, &Arguments::read(call.arguments, SHORT, LONG), &["g", "gid"])
}

fn define(machine: &mut Machine, arguments: &Arguments, number: &[&str]) -> Outcome {
    let number = arguments.value(number).and_then(|number| number.parse().ok());
    if let (Some(name), Some(number)) = (arguments.operands.first(), number) {
        machine.accounts.define(name, number);
    }
    Outcome::silent(Status::Success)
}
