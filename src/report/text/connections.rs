//! Connections in the text report: a line for each.

use std::io;

use super::{BAD, GOOD, OPEN, STRONG};
use crate::client::Answer;
use crate::report::connections::summary;
use crate::report::{JudgedConnection, SourceTarget};
use crate::text::escape;

/// The connections of a file of a source tree.
pub fn write_source(target: &SourceTarget, out: &mut dyn io::Write) -> io::Result<()> {
    let name = escape(target.file.name());
    for judged in &target.connections {
        let (style, summary) = styled(judged);
        let line = judged.connection.line;
        let who = judged.connection.who();
        writeln!(out, "{STRONG}{name}:{line}{STRONG:#}: {who}, {style}{summary}{style:#}")?;
    }
    Ok(())
}

/// What a connection does, and how that is shown.
pub fn styled(judged: &JudgedConnection) -> (anstyle::Style, String) {
    let style = match judged.judgement.answer() {
        Answer::Verifies => GOOD,
        Answer::NotVerified if judged.connection.host().is_local() => OPEN,
        Answer::NotVerified => BAD,
        Answer::Undetermined => OPEN,
    };
    (style, summary(judged))
}
