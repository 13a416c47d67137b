//! TLS contexts of the module `ssl`: how they are made, and what is set on them.

use super::arguments::Arguments;
use super::machine::Machine;
use super::object::{Object, Thing};
use crate::client::{Authorities, Checked, Context, Value};

/// Makes a context, where a call does; none where it does something else.
pub fn made<'a>(machine: &mut Machine<'a>, name: &str, arguments: &Arguments<'a>) -> Option<Object<'a>> {
    let context = match name {
        "ssl.create_default_context" | "ssl._create_default_https_context" => {
            let purpose = arguments.get("purpose", Some(0)).map(|(object, _)| object.clone());
            let mut context = Context::verifying(authorities(machine, arguments, 1).unwrap_or(Authorities::System));
            context.server_side = is_imported(purpose.as_ref(), "ssl.Purpose.CLIENT_AUTH");
            context
        }
        "ssl._create_unverified_context" | "ssl._create_stdlib_context" => {
            let mut context = Context::unverified();
            if let Some(loaded) = authorities(machine, arguments, usize::MAX - 2) {
                context.authorities = loaded;
            }
            if let Some((mode, _)) = arguments.by_name("cert_reqs") {
                set(&mut context, "verify_mode", mode);
            }
            context
        }
        "ssl.SSLContext" => match arguments.get("protocol", Some(0)) {
            Some((Object::Imported(protocol), _)) if &**protocol == "ssl.PROTOCOL_TLS_CLIENT" => {
                Context::verifying(Authorities::Nobody)
            }
            Some((Object::Imported(protocol), _)) if &**protocol == "ssl.PROTOCOL_TLS_SERVER" => {
                Context { server_side: true, ..Context::unverified() }
            }
            _ => Context::unverified(),
        },
        "certifi.where" => return Some(Object::text("certifi's cacert.pem")),
        _ => return None,
    };
    Some(machine.new_thing(Thing::Context(context)))
}

/// Calls a method of a context; true where it is one that matters.
pub fn method<'a>(machine: &mut Machine<'a>, owner: &Object<'a>, name: &str, arguments: &Arguments<'a>) -> bool {
    let Object::Reference(id) = owner else { return false };
    let loaded = match name {
        "load_verify_locations" => match authorities(machine, arguments, 0) {
            Some(loaded) => loaded,
            None => Authorities::Given,
        },
        "load_default_certs" | "set_default_verify_paths" => Authorities::System,
        _ => return false,
    };
    match machine.state.thing_mut(*id) {
        Some(Thing::Context(context)) => {
            // A file beside the system's authorities is what matters for RDS.
            if context.authorities == Authorities::Nobody || loaded != Authorities::System {
                context.authorities = loaded;
            }
            true
        }
        _ => false,
    }
}

/// Sets an attribute of a context.
pub fn set(context: &mut Context, name: &str, object: &Object<'_>) {
    match name {
        "check_hostname" => {
            context.host_name = match object.truth() {
                Some(true) => Checked::Yes,
                Some(false) => Checked::No,
                None => Checked::Unknown("what check_hostname is set to can't be told".to_owned()),
            };
            // Since Python 3.7 that demands a certificate where none was demanded.
            if context.host_name == Checked::Yes && context.authority == Checked::No {
                context.authority = Checked::Yes;
            }
        }
        "verify_mode" => {
            context.authority = match object {
                Object::Imported(mode) => match mode.rsplit('.').next() {
                    Some("CERT_NONE") => Checked::No,
                    // A client that is shown a certificate checks it; a server always shows one.
                    Some("CERT_REQUIRED" | "CERT_OPTIONAL") => Checked::Yes,
                    _ => Checked::Unknown("what verify_mode is set to can't be told".to_owned()),
                },
                Object::Value(Value::Text(number)) if number == "0" => Checked::No,
                Object::Value(Value::Text(number)) if number == "1" || number == "2" => Checked::Yes,
                _ => Checked::Unknown("what verify_mode is set to can't be told".to_owned()),
            };
        }
        _ => {}
    }
}

/// What `cafile`, `capath` and `cadata` load, the first of them at that position.
fn authorities<'a>(machine: &mut Machine<'a>, arguments: &Arguments<'a>, position: usize) -> Option<Authorities> {
    for (at, name) in ["cafile", "capath", "cadata"].into_iter().enumerate() {
        let Some((object, _)) = arguments.get(name, position.checked_add(at)) else { continue };
        let object = object.clone();
        match machine.value(&object) {
            Value::Null => {}
            Value::Contents(path) => return Some(Authorities::File(*path)),
            _ if name == "cadata" => return Some(Authorities::Given),
            Value::Text(path) if path == "certifi's cacert.pem" => return Some(Authorities::System),
            path => return Some(Authorities::File(path)),
        }
    }
    None
}

fn is_imported(object: Option<&Object<'_>>, name: &str) -> bool {
    matches!(object, Some(Object::Imported(imported)) if &**imported == name)
}
