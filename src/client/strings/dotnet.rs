//! Connection strings of .NET: `Host=…;Username=…;SSL Mode=Require;Trust Server Certificate=true`.

use super::Reader;
use crate::client::dialect::NPGSQL;
use crate::client::url::HOLE;
use crate::client::{Origin, Value};
use crate::text::Span;

/// What is Npgsql's alone, without spaces and in lower case; one of these stands in every string that is read.
const OWN: &[&str] = &["sslmode", "trustservercertificate", "rootcertificate"];

pub(super) fn read(reader: &mut Reader<'_>) {
    let mut found = Vec::new();
    let mut start = 0;
    for line in reader.text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        if !line.contains(';') || !line.contains('=') {
            continue;
        }
        let mut offset = at;
        for piece in line.split(['"', '`']) {
            let begin = offset;
            offset += piece.len() + 1;
            let words = words(piece);
            let is_host = |name: &str| matches!(name, "host" | "server" | "datasource");
            let names_host = words.iter().any(|(name, _)| is_host(name));
            let is_npgsql =
                words.iter().any(|(name, _)| name == "host") || words.iter().any(|(name, _)| name == "username");
            if !names_host || !is_npgsql || words.len() < 3 {
                continue;
            }
            let says_more = words.iter().any(|(name, _)| OWN.contains(&name.as_str()));
            if !says_more && !words.iter().any(|(name, _)| matches!(name.as_str(), "username" | "userid")) {
                continue;
            }
            found.push((Span::new(begin, begin + piece.trim_end().len()), words));
        }
    }
    for (span, words) in found {
        if reader.found.iter().any(|found| found.span.start <= span.start && span.end <= found.span.end) {
            continue;
        }
        let mut connection = reader.connection(&NPGSQL, span.start, span.end);
        for (name, text) in words {
            let is_known = !text.contains(HOLE);
            let value = if is_known { Value::text(text) } else { Value::unknown("it is filled in elsewhere") };
            match name.as_str() {
                "host" | "server" | "datasource" => connection.host = Some(value),
                _ => connection.set(name, value, Origin::Url, span),
            }
        }
        reader.keep(connection);
    }
}

/// Keywords without spaces and in lower case, with their values.
fn words(piece: &str) -> Vec<(String, String)> {
    let pairs = piece.split(';').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| {
            // `NAME=Host=…` of a variable: the last counts.
            let (name, value) = match value.split_once('=') {
                Some((inner, value)) if !inner.contains(['&', '?']) && inner.trim().eq_ignore_ascii_case("host") => {
                    (inner, value)
                }
                _ => (name, value),
            };
            let name: String = name.chars().filter(|character| character.is_ascii_alphanumeric()).collect();
            let hole = value.contains(['{', '$', '%', '<']);
            (
                name.to_ascii_lowercase(),
                if hole { HOLE.to_string() } else { value.trim_matches(['\'', ' ']).to_owned() },
            )
        })
        .collect()
}
