//! What is known of the functions that a file calls and does not define.

use std::rc::Rc;

use super::arguments::Arguments;
use super::machine::Machine;
use super::object::{Dictionary, Instance, Object, Thing};
use super::{contexts, mysql, orm, postgresql, sqlalchemy, texts};
use crate::client::Value;
use crate::client::url::TOKEN;

/// What a known function does.
pub type Call = for<'a> fn(&mut Machine<'a>, &str, &Arguments<'a>) -> Object<'a>;

/// Names that are taken for those of well-known modules where a file does not say where they are from: fragments, and `import *`.
const WELL_KNOWN: &[(&str, &str)] = &[
    ("create_engine", "sqlalchemy.create_engine"),
    ("create_async_engine", "sqlalchemy.ext.asyncio.create_async_engine"),
    ("make_url", "sqlalchemy.make_url"),
    ("URL", "sqlalchemy.URL"),
    ("config", "decouple.config"),
    ("env", "environ.Env()"),
    ("environ", "os.environ"),
    ("getenv", "os.getenv"),
    ("pool", "psycopg2.pool"),
];

/// Modules and functions of Python that need no import, and modules that go by their own name.
const BY_THEMSELVES: &[&str] = &[
    "MySQLdb",
    "aiomysql",
    "aiopg",
    "asyncpg",
    "boto3",
    "certifi",
    "dict",
    "dj_database_url",
    "functools",
    "int",
    "mysql",
    "open",
    "os",
    "pathlib",
    "pg8000",
    "psycopg",
    "psycopg2",
    "pymysql",
    "re",
    "sqlalchemy",
    "ssl",
    "str",
    "urllib",
];

/// What a name stands for that nothing in the file gives it.
pub fn undefined<'a>(name: &str) -> Object<'a> {
    if name == THIS_FILE {
        return Object::Value(Value::Beside(THIS_FILE.to_owned()));
    }
    if BY_THEMSELVES.contains(&name) {
        return Object::Imported(Rc::from(name));
    }
    match WELL_KNOWN.iter().find(|(known, _)| *known == name) {
        Some((_, whole)) => Object::Imported(Rc::from(*whole)),
        None => Object::unknown(format!("{name} is defined elsewhere")),
    }
}

use super::texts::THIS_FILE;

/// A variable of the environment, and what is taken where it is not set.
pub fn variable<'a>(name: &Object<'a>, default: Option<&Object<'a>>) -> Object<'a> {
    let Some(name) = name.as_text() else {
        return Object::unknown("which variable of the environment it is can't be told");
    };
    let default = match default {
        Some(Object::Value(Value::Null)) | None => None,
        Some(Object::Value(value)) => Some(Box::new(value.clone())),
        Some(_) => Some(Box::new(Value::unknown("its default can't be told"))),
    };
    Object::Value(Value::Environment { variable: name.to_owned(), default })
}

/// The functions of the families of drivers.
fn family(name: &str) -> Option<Call> {
    let tables = [postgresql::CALLS, mysql::CALLS, sqlalchemy::CALLS, orm::CALLS];
    tables.into_iter().flatten().find(|(known, _)| *known == name).map(|(_, call)| *call)
}

/// Calls something that was imported.
pub fn call<'a>(machine: &mut Machine<'a>, name: &str, arguments: &Arguments<'a>) -> Object<'a> {
    if let Some(call) = family(name) {
        return call(machine, name, arguments);
    }
    if let Some(context) = contexts::made(machine, name, arguments) {
        return context;
    }
    let first = arguments.positional.first().map(|(object, _)| object.clone());
    let default = || arguments.get("default", Some(1)).map(|(object, _)| object);
    match name {
        "os.getenv" | "os.environ.get" | "os.environ.setdefault" | "decouple.config" | "environs.Env" => {
            match arguments.get("key", Some(0)) {
                Some((key, _)) => variable(key, default()),
                None => Object::Imported(Rc::from("environ.Env()")),
            }
        }
        "environ.Env().db" | "environ.Env().db_url" | "environ.Env().dj_db_url" => {
            orm::from_environment(machine, arguments)
        }
        _ if name.starts_with("environ.Env()") => match &first {
            Some(key) => variable(key, default()),
            None => Object::unknown("it is computed"),
        },
        "environ.Env" => Object::Imported(Rc::from("environ.Env()")),
        "os.path.join" => {
            let mut parts = arguments.positional.iter().map(|(object, _)| object);
            let first = parts.next().cloned().unwrap_or_else(|| Object::text(""));
            parts.fold(first, |path, part| texts::path_joined(&path, part))
        }
        "os.path.dirname" => first.map_or_else(|| Object::unknown("it is computed"), |path| texts::parent(&path)),
        "pathlib.Path"
        | "pathlib.PurePath"
        | "os.path.abspath"
        | "os.path.realpath"
        | "os.path.expanduser"
        | "os.path.normpath"
        | "os.fspath"
        | "str"
        | "int"
        | "urllib.parse.quote_plus"
        | "urllib.parse.quote"
        | "sqlalchemy.engine.url.quote_plus"
        | "typing.cast" => {
            let object = match name {
                "typing.cast" => arguments.positional.get(1).map(|(object, _)| object.clone()),
                _ => first,
            };
            object.unwrap_or_else(|| Object::unknown("it is computed"))
        }
        "dict" | "collections.OrderedDict" => {
            let mut dictionary = Dictionary { span: arguments.span, ..Dictionary::default() };
            if let Some(object) = first {
                machine.spread(&object, &mut dictionary);
            }
            for (name, object, at) in &arguments.named {
                dictionary.entries.insert(name.clone(), (object.clone(), *at));
            }
            dictionary.unseen = dictionary.unseen.or_else(|| arguments.unseen.clone());
            machine.new_thing(Thing::Dictionary(dictionary))
        }
        // libpq's keywords, put together of a string and arguments.
        "psycopg.conninfo.make_conninfo" | "psycopg2.extensions.make_dsn" => {
            let mut text = first.unwrap_or_else(|| Object::text(""));
            for (name, object, _) in &arguments.named {
                text = texts::joined(&texts::joined(&text, &Object::text(format!(" {name}="))), object);
            }
            match arguments.unseen {
                Some(_) => texts::joined(&text, &Object::text(" \u{fffc}")),
                None => text,
            }
        }
        "copy.copy" | "copy.deepcopy" => first.unwrap_or_else(|| Object::unknown("it is computed")),
        "functools.partial" => match arguments.positional.split_first() {
            Some(((function, _), rest)) => {
                let arguments = Arguments { positional: rest.to_vec(), ..arguments.clone() };
                Object::Partial(Box::new(function.clone()), Rc::new(arguments))
            }
            None => Object::unknown("it is computed"),
        },
        "open" => machine.new_thing(Thing::Instance(Instance {
            kind: "open".to_owned(),
            fields: first.into_iter().map(|path| ("path".to_owned(), path)).collect(),
            ..Instance::default()
        })),
        "urllib.parse.urlencode" => match first.as_ref().and_then(|object| machine.state.dictionary(object)) {
            Some(dictionary) => {
                let pairs = dictionary.entries.iter();
                let pairs: Vec<_> = pairs
                    .map(|(key, (object, _))| texts::joined(&Object::text(format!("{key}=")), object))
                    .map(|pair| pair.as_text().unwrap_or("\u{fffc}").to_owned())
                    .collect();
                let open = dictionary.unseen.is_some();
                Object::text(pairs.join("&") + if open { "&\u{fffc}" } else { "" })
            }
            None => Object::text("\u{fffc}"),
        },
        _ if name.ends_with(".generate_db_auth_token") => token(machine),
        _ if name.starts_with("boto3.") => Object::Imported(Rc::from(format!("{name}()"))),
        _ => Object::unknown(format!("{name} is defined elsewhere")),
    }
}

fn token<'a>(machine: &mut Machine<'a>) -> Object<'a> {
    machine.finds.token_made();
    Object::Token
}

/// Calls a method of something that is not of a class of this file.
pub fn method<'a>(machine: &mut Machine<'a>, owner: &Object<'a>, name: &str, arguments: &Arguments<'a>) -> Object<'a> {
    if name == "generate_db_auth_token" {
        return token(machine);
    }
    if contexts::method(machine, owner, name, arguments) {
        return Object::Value(Value::Null);
    }
    if let Some(object) = dictionary_method(machine, owner, name, arguments) {
        return object;
    }
    if let Some(object) = sqlalchemy::method(machine, owner, name, arguments) {
        return object;
    }
    if let Some(object) = orm::method(machine, owner, name, arguments) {
        return object;
    }
    if let Some(Instance { kind, fields, .. }) = machine.state.instance(owner)
        && kind == "open"
        && name == "read"
    {
        let path = fields.get("path").cloned().unwrap_or_else(|| Object::unknown("it is computed"));
        let path = machine.value(&path);
        return Object::Value(Value::Contents(Box::new(path)));
    }
    match (owner, name) {
        (Object::Value(Value::Text(template)), "format") => texts::format(template, arguments),
        // What is taken for another scheme is the same string for all that matters here.
        (Object::Value(Value::Text(text)), "replace") => {
            machine.finds.text_taken(text);
            let part = |at: usize| arguments.positional.get(at).and_then(|(object, _)| object.as_text());
            match (part(0), part(1)) {
                (Some(from), Some(to)) => Object::text(text.replace(from, to)),
                _ => Object::unknown("it is computed"),
            }
        }
        (Object::Value(Value::Environment { .. }), "replace" | "strip" | "lower" | "upper" | "rstrip" | "lstrip") => {
            owner.clone()
        }
        (Object::Value(Value::Text(text)), "lower") => Object::text(text.to_lowercase()),
        (Object::Value(Value::Text(text)), "upper") => Object::text(text.to_uppercase()),
        (Object::Value(Value::Text(text)), "strip" | "rstrip" | "lstrip") if arguments.positional.is_empty() => {
            Object::text(text.trim())
        }
        (Object::Value(Value::Text(text)), "join") => match arguments.positional.first() {
            Some((Object::Sequence(parts), _)) => {
                let mut joined = Object::text("");
                for (at, part) in parts.iter().enumerate() {
                    if at > 0 {
                        joined = texts::joined(&joined, &Object::text(text.clone()));
                    }
                    joined = texts::joined(&joined, part);
                }
                joined
            }
            _ => Object::text("\u{fffc}"),
        },
        (Object::Value(Value::Text(_) | Value::Beside(_)), "resolve" | "absolute" | "as_posix" | "expanduser") => {
            owner.clone()
        }
        (Object::Value(Value::Text(_) | Value::Beside(_)), "joinpath") => {
            arguments.positional.iter().fold(owner.clone(), |path, (part, _)| texts::path_joined(&path, part))
        }
        (Object::Value(Value::Text(_) | Value::Beside(_)), "read_text" | "read_bytes") => {
            let path = machine.value(owner);
            Object::Value(Value::Contents(Box::new(path)))
        }
        (Object::Token, _) => Object::Token,
        (Object::Value(Value::Text(text)), _) if text.contains(TOKEN) => owner.clone(),
        // An engine's options, a builder's chain: what was found stays found.
        _ => Object::unknown("what the method gives can't be told"),
    }
}

fn dictionary_method<'a>(
    machine: &mut Machine<'a>,
    owner: &Object<'a>,
    name: &str,
    arguments: &Arguments<'a>,
) -> Option<Object<'a>> {
    let Object::Reference(id) = owner else { return None };
    let dictionary = machine.state.dictionary(owner)?.clone();
    let key = arguments.positional.first().and_then(|(object, _)| object.as_text()).map(ToOwned::to_owned);
    Some(match name {
        "copy" => machine.new_thing(Thing::Dictionary(dictionary)),
        "get" | "pop" | "setdefault" => {
            let default = arguments.positional.get(1);
            let found = match &key {
                Some(key) => dictionary.entries.get(key).map(|(object, _)| object.clone()),
                None => Some(Object::unknown("which key it is can't be told")),
            };
            if let (Some(key), Some(Thing::Dictionary(own))) = (&key, machine.state.thing_mut(*id)) {
                match name {
                    "pop" => {
                        own.entries.remove(key);
                    }
                    "setdefault" => {
                        let default = default.cloned().unwrap_or((Object::Value(Value::Null), arguments.span));
                        own.entries.entry(key.clone()).or_insert(default);
                    }
                    _ => {}
                }
            }
            match (found, &dictionary.unseen, default) {
                (Some(object), ..) => object,
                (None, Some(why), _) => Object::unknown(why.clone()),
                (None, None, Some((default, _))) => default.clone(),
                (None, None, None) => Object::Value(Value::Null),
            }
        }
        "update" => {
            let mut grown = dictionary;
            for (object, _) in &arguments.positional {
                machine.spread(object, &mut grown);
            }
            for (name, object, at) in &arguments.named {
                grown.entries.insert(name.clone(), (object.clone(), *at));
            }
            grown.unseen = grown.unseen.or_else(|| arguments.unseen.clone());
            machine.state.put(*id, Thing::Dictionary(grown));
            Object::Value(Value::Null)
        }
        "items" | "keys" | "values" => Object::unknown("it is a part of a dictionary"),
        _ => return None,
    })
}
