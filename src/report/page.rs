//! The frame of a page: one file of HTML that opens offline, asks for nothing, and runs nothing but the scripts that it names by hash.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::markup::Markup;
use crate::digest::Digest;

/// The source expression of an inline script or style (Content Security Policy level 3, section 2.3.1).
fn source(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Digest::of(text).as_bytes()))
}

/// Writes all up to what is seen.
///
/// # Errors
/// Whatever `out` ends with.
pub fn write_head(title: &str, style: &str, scripts: &[&str], out: &mut dyn io::Write) -> io::Result<()> {
    let sources = match scripts {
        [] => "'none'".to_owned(),
        scripts => scripts.iter().map(|script| source(script)).collect::<Vec<_>>().join(" "),
    };
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src {}; script-src {sources}; \
         img-src data:; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<meta name=\"generator\" content=\"rdsca {}\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<title>{}</title>\n<style>{style}</style>\n</head>\n<body>",
        source(style),
        env!("CARGO_PKG_VERSION"),
        Markup(title),
    )
}

/// Writes what stands behind all that is seen.
///
/// # Errors
/// Whatever `out` ends with.
pub fn write_end(scripts: &[&str], out: &mut dyn io::Write) -> io::Result<()> {
    scripts.iter().try_for_each(|script| writeln!(out, "<script>{script}</script>"))?;
    writeln!(out, "</body>\n</html>")
}
