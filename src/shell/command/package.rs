//! Package managers of languages that run a project's own scripts: those of JavaScript what `package.json` has, pip a `setup.py`. All else
//! that they install is published, and carries no bundle but its own.

use serde_json::Value;

use crate::shell::arguments::Arguments;
use crate::shell::holding::{Contents, Reach};
use crate::shell::machine::{Machine, Outcome};
use crate::shell::script::{self, Places};

use super::{Call, Command, interpreter, nested};

pub(super) const COMMANDS: &[Command] =
    &[Command { names: &["npm", "yarn", "pnpm"], run: manage }, Command { names: &["pip"], run: pip }];

/// `pip install .`: the `setup.py` of a project is run, where it is here.
fn pip(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let arguments = Arguments::read(call.arguments, "recif", &["requirement", "editable", "constraint", "target"]);
    let projects = arguments.operands.iter().skip(1).map(String::as_str);
    for project in projects.chain(arguments.values(&["e", "editable"])) {
        // `.[extra]` is the project with more of what it needs.
        let folder = machine.path(project.split('[').next().unwrap_or(project));
        let script = machine.read(&folder.join("setup.py")).and_then(Contents::exact);
        if let Some(script) = script.and_then(|bytes| String::from_utf8(bytes).ok()) {
            interpreter::one_liner(machine, call, &script);
        }
    }
    Outcome::chatter()
}

/// npm-scripts, "Life Cycle Operation Order": what an installation of the project itself runs.
const LIFE_CYCLE: &[&str] = &["preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare"];

/// First words of names that scripts have which compile, pack and check a project's own sources, as other builds do.
const BUILDS: &[&str] = &[
    "build",
    "bundle",
    "ci",
    "clean",
    "compile",
    "dist",
    "format",
    "generate",
    "lint",
    "package",
    "prod",
    "production",
    "release",
    "serve",
    "start",
    "test",
    "transpile",
    "tsc",
    "type",
    "typecheck",
    "webpack",
];

/// The commands of these programs that run no script of the project.
const OWN_COMMANDS: &[&str] = &[
    "add",
    "audit",
    "cache",
    "config",
    "dedupe",
    "dlx",
    "exec",
    "fetch",
    "global",
    "import",
    "init",
    "link",
    "list",
    "ls",
    "npm",
    "pack",
    "plugin",
    "policies",
    "prune",
    "publish",
    "rebuild",
    "remove",
    "set",
    "store",
    "uninstall",
    "update",
    "upgrade",
    "version",
    "view",
    "why",
    "workspace",
    "workspaces",
];

/// What is run of a project's scripts.
enum Wish {
    /// Those of an installation.
    Install,
    /// The one of that name; whether one must be there.
    Script(String, bool),
    /// None.
    Nothing,
}

fn manage(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let long = ["prefix", "workspace", "registry", "cache", "dir", "cwd", "filter", "loglevel", "network-timeout"];
    let arguments = Arguments::read(call.arguments, "CwF", &long);
    let folder = arguments.value(&["prefix", "C", "dir", "cwd"]);
    let manifest = machine.path(folder.unwrap_or(".")).join("package.json");
    let manifest = machine.read(&manifest).and_then(Contents::exact);
    let manifest = manifest.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let text = |name: &str| Some(manifest.as_ref()?.get("scripts")?.get(name)?.as_str()?.to_owned());
    match wish(call.base_name(), &arguments) {
        Wish::Install if !arguments.has(&["ignore-scripts"]) => {
            for name in LIFE_CYCLE {
                if let Some(text) = text(name) {
                    run(machine, call, &text, true);
                }
            }
        }
        Wish::Script(name, required) => {
            let builds = BUILDS.contains(&name.split([':', '-', '_', '.']).next().unwrap_or(&name));
            for name in [&format!("pre{name}"), &name, &format!("post{name}")] {
                if let Some(text) = text(name) {
                    run(machine, call, &text, builds);
                }
            }
            if required && manifest.is_none() && !builds {
                let why = format!("the script `{name}` of package.json is run, and that is not here");
                machine.gap(call.span, why, Reach::Anywhere);
            }
        }
        Wish::Install | Wish::Nothing => {}
    }
    Outcome::chatter()
}

fn wish(program: &str, arguments: &Arguments) -> Wish {
    let words: Vec<&str> = arguments.operands.iter().map(String::as_str).collect();
    match (program, words.as_slice()) {
        ("npm", ["ci" | "clean-install"]) | ("yarn", []) => Wish::Install,
        (_, ["install" | "i"]) if !arguments.has(&["g", "global"]) => Wish::Install,
        (_, ["run" | "run-script", name, ..]) => Wish::Script((*name).to_owned(), true),
        (_, [name @ ("test" | "start" | "stop" | "restart"), ..]) => Wish::Script((*name).to_owned(), false),
        ("yarn" | "pnpm", [name, ..]) if !OWN_COMMANDS.contains(name) => Wish::Script((*name).to_owned(), false),
        _ => Wish::Nothing,
    }
}

/// Runs a script. The commands that it finds in `node_modules` come from published packages; of one that `builds`, what is not
/// understood is passed over as in any build of a project's own sources.
fn run(machine: &mut Machine, call: &Call<'_>, text: &str, builds: bool) {
    let (known, published) = (machine.gaps.len(), machine.published_commands);
    machine.published_commands = true;
    nested::child(machine, |machine| script::run(machine, text, Places::All(call.span)));
    machine.published_commands = published;
    if builds {
        machine.gaps.truncate(known);
    }
}
