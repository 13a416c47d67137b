//! Connections in the JSON report.

use serde::Serialize;

use super::JudgedConnection;
use crate::client::{Authorities, Host, Outcome, Parameter};
use crate::text::escape;

/// A connection, as the JSON report has it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JsonConnection<'a> {
    driver: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<&'a str>,
    /// In an image the file; none for its environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    line: usize,
    host: JsonHost,
    /// `verifies`, `not-verified` or `undetermined`.
    answer: &'static str,
    /// What it does in effect, in libpq's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<&'static str>,
    checks_authority: Option<bool>,
    checks_host_name: Option<bool>,
    accepts_plaintext: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorities: Option<String>,
    iam_token: bool,
    /// Why it can't be told, or never connects.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_default: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<JsonParameter<'a>>,
}

#[derive(Serialize)]
struct JsonHost {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
}

#[derive(Serialize)]
struct JsonParameter<'a> {
    name: &'a str,
    value: String,
    origin: &'static str,
}

impl<'a> JsonConnection<'a> {
    pub(super) fn of(judged: &'a JudgedConnection) -> Self {
        let JudgedConnection { connection, judgement, path } = judged;
        let mode = judgement.mode();
        let strippable = matches!(judgement.outcome, Outcome::Known { strippable: true, .. });
        let why = match &judgement.outcome {
            Outcome::Refuses(why) | Outcome::Undetermined(why) => Some(why.clone()),
            Outcome::Local => Some("it is a Unix socket".to_owned()),
            Outcome::Known { .. } => None,
        };
        Self {
            driver: connection.driver.name,
            via: connection.via.as_deref(),
            path: path.as_ref().map(ToString::to_string),
            line: connection.line,
            host: host(&connection.host()),
            answer: judgement.answer().as_str(),
            mode: mode.map(crate::client::TlsMode::as_str),
            checks_authority: mode.map(crate::client::TlsMode::verifies),
            checks_host_name: mode.map(|mode| mode == crate::client::TlsMode::VerifyFull),
            accepts_plaintext: mode.map(|mode| mode.accepts_plaintext() || strippable),
            authorities: judgement.authorities.as_ref().map(authorities),
            iam_token: connection.iam_token,
            why,
            by_default: judgement.by_default.map(crate::client::TlsMode::as_str),
            parameters: connection.parameters.iter().map(parameter).collect(),
        }
    }
}

fn parameter(parameter: &Parameter) -> JsonParameter<'_> {
    let Parameter { name, value, origin, .. } = parameter;
    JsonParameter { name, value: value.to_string(), origin: origin.as_str() }
}

fn authorities(authorities: &Authorities) -> String {
    match authorities {
        Authorities::Nobody => "none".to_owned(),
        Authorities::System => "system".to_owned(),
        Authorities::File(path) => path.to_string(),
        Authorities::Home => "~/.postgresql/root.crt".to_owned(),
        Authorities::BuiltIn => "the driver's own".to_owned(),
        Authorities::Given => "given in the code".to_owned(),
    }
}

fn host(host: &Host) -> JsonHost {
    let (kind, name, region) = match host {
        Host::Rds(host) if host.proxy => ("rds-proxy", Some(&host.name), host.region.clone()),
        Host::Rds(host) => ("rds", Some(&host.name), host.region.clone()),
        Host::Loopback => ("loopback", None, None),
        Host::Socket => ("socket", None, None),
        Host::Dotless(name) => ("dotless", Some(name), None),
        Host::Named(name) => ("named", Some(name), None),
        Host::Unknown => ("unknown", None, None),
    };
    JsonHost { kind, name: name.cloned(), region }
}

/// What a connection does, in a word: `verify-full`, or why it can't be told.
pub(super) fn summary(judged: &JudgedConnection) -> String {
    match &judged.judgement.outcome {
        Outcome::Known { mode, strippable } => {
            let also = if *strippable && mode.verifies() { ", plain text where no TLS is offered" } else { "" };
            let does = if mode.verifies() { "verifies" } else { "does not verify" };
            format!("{does} (as sslmode={} does{also})", mode.as_str())
        }
        Outcome::Refuses(why) => format!("never connects: {}", escape(why)),
        Outcome::Local => "a Unix socket".to_owned(),
        Outcome::Undetermined(why) => format!("can't tell: {}", escape(why)),
    }
}
