//! `chmod`, `chown`, `chgrp`.

use crate::shell::files::adopt;
use crate::shell::machine::{Machine, Outcome, Status};
use crate::tree::{Attributes, Kind, TreePath};

use super::{Call, Command};

pub(super) const COMMANDS: &[Command] = &[
    Command { names: &["chmod"], run: chmod },
    Command { names: &["chown"], run: chown },
    Command { names: &["chgrp"], run: chgrp },
];

/// The flag `-R`, and what is no flag; a mode such as `-x` is none.
fn operands<'c>(call: &'c Call<'_>) -> (bool, Vec<&'c str>) {
    let is_flag = |argument: &&String| {
        argument.starts_with("--")
            || (argument.starts_with('-') && argument[1..].chars().all(|letter| "RfvchHLP".contains(letter)))
    };
    let recursive = call.arguments.iter().filter(is_flag).any(|flag| flag.contains('R') || flag == "--recursive");
    (recursive, call.arguments.iter().filter(|argument| !is_flag(argument)).map(String::as_str).collect())
}

/// Changes the attributes of what is named, and of all below it where asked for.
fn change(machine: &mut Machine, recursive: bool, paths: &[&str], change: impl Fn(&mut Attributes, bool)) -> Outcome {
    for path in paths {
        let path: TreePath = machine.path(path);
        let Some(node) = machine.node_mut(&path) else { continue };
        if recursive {
            adopt(node, &|node| {
                let is_directory = matches!(node.kind, Kind::Directory(_));
                change(&mut node.attributes, is_directory);
            });
        } else {
            let is_directory = matches!(node.kind, Kind::Directory(_));
            change(&mut node.attributes, is_directory);
        }
    }
    Outcome::silent(Status::Success)
}

fn chmod(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let (recursive, operands) = operands(call);
    let Some((mode, paths)) = operands.split_first() else { return Outcome::silent(Status::Failure) };
    let umask = machine.umask;
    change(machine, recursive, paths, |attributes, is_directory| {
        if let Some(mode) = changed_mode(mode, attributes.mode, is_directory, umask) {
            attributes.mode = mode;
        }
    })
}

/// A mode after `chmod`'s octal or symbolic mode (POSIX, "chmod", Extended Description); none where it cannot be read.
pub fn changed_mode(mode: &str, old: u32, is_directory: bool, umask: u32) -> Option<u32> {
    if let Ok(mode) = u32::from_str_radix(mode, 8) {
        return Some(mode & 0o7777);
    }
    let mut new = old;
    for clause in mode.split(',') {
        let at = clause.find(['+', '-', '='])?;
        let (who, actions) = clause.split_at(at);
        let mut mask = 0;
        for letter in who.chars() {
            mask |= match letter {
                'u' => 0o4700,
                'g' => 0o2070,
                'o' => 0o1007,
                'a' => 0o7777,
                _ => return None,
            };
        }
        // Nobody named is everybody, but for what the umask keeps.
        let mask = if who.is_empty() { 0o7777 & !umask } else { mask };
        let mut rest = actions;
        while let Some(operator) = rest.chars().next() {
            let behind = &rest[1..];
            let end = behind.find(['+', '-', '=']).unwrap_or(behind.len());
            let mut bits = 0;
            for letter in behind[..end].chars() {
                bits |= match letter {
                    'r' => 0o444,
                    'w' => 0o222,
                    'x' => 0o111,
                    'X' if is_directory || new & 0o111 != 0 => 0o111,
                    'X' => 0,
                    's' => 0o6000,
                    't' => 0o1000,
                    'u' => (new >> 6 & 7) * 0o111,
                    'g' => (new >> 3 & 7) * 0o111,
                    'o' => (new & 7) * 0o111,
                    _ => return None,
                };
            }
            let bits = bits & mask;
            new = match operator {
                '+' => new | bits,
                '-' => new & !bits,
                '=' => new & !(mask & 0o777) | bits,
                _ => return None,
            };
            rest = &behind[end..];
        }
    }
    Some(new)
}

fn chown(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let (recursive, operands) = operands(call);
    let Some((owner, paths)) = operands.split_first() else { return Outcome::silent(Status::Failure) };
    let (user, group) = owner.split_once([':', '.']).map_or((*owner, None), |(user, group)| (user, Some(group)));
    let uid = (!user.is_empty()).then(|| machine.accounts.number(user));
    let gid = match group {
        Some("") => uid,
        Some(group) => Some(machine.accounts.number(group)),
        None => None,
    };
    change(machine, recursive, paths, |attributes, _| {
        attributes.uid = uid.unwrap_or(attributes.uid);
        attributes.gid = gid.unwrap_or(attributes.gid);
    })
}

fn chgrp(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let (recursive, operands) = operands(call);
    let Some((group, paths)) = operands.split_first() else { return Outcome::silent(Status::Failure) };
    let gid = machine.accounts.number(group);
    change(machine, recursive, paths, |attributes, _| attributes.gid = gid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_read_as_chmod_reads_them() {
        for (mode, old, new) in [
            ("0644", 0o600, Some(0o644)),
            ("a+r", 0o600, Some(0o644)),
            ("+r", 0o600, Some(0o644)),
            ("go-r", 0o644, Some(0o600)),
            ("u=rw,go=r", 0o777, Some(0o644)),
            ("o=", 0o644, Some(0o640)),
            ("g=u", 0o600, Some(0o660)),
            ("a+rX", 0o600, Some(0o644)),
            ("nonsense", 0o600, None),
        ] {
            assert_eq!(changed_mode(mode, old, false, 0o022), new, "{mode}");
        }
        assert_eq!(changed_mode("a+rX", 0o700, true, 0o022), Some(0o755));
    }
}
