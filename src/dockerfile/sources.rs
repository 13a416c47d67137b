//! What a Dockerfile takes from its build context by name.

use super::instruction::{Arguments, Dockerfile, Instruction, Keyword};

/// The sources of `COPY` and `ADD` that lie in the context, as far as they are written out: of a pattern or a word with variables, the
/// directory before it. What every folder has (`.`) is left out.
pub fn sources(dockerfile: &Dockerfile) -> Vec<&str> {
    let transfers = dockerfile.instructions.iter().filter(|instruction| takes_from_context(instruction));
    let words = transfers.flat_map(|instruction| match &instruction.arguments {
        Arguments::Words(words) | Arguments::Json(words) => words.split_last().map_or(&[][..], |(_, sources)| sources),
        _ => &[],
    });
    words.filter_map(|word| written_out(&word.text)).collect()
}

fn takes_from_context(instruction: &Instruction) -> bool {
    matches!(instruction.keyword, Keyword::Add | Keyword::Copy)
        && !instruction.flags.iter().any(|flag| flag.name == "from")
}

fn written_out(source: &str) -> Option<&str> {
    if source.starts_with("<<") || source.contains("://") || source.starts_with("git@") {
        return None;
    }
    let literal = match source.find(['*', '?', '[', '$']) {
        Some(at) => source.get(..at)?.rsplit_once('/')?.0,
        None => source,
    };
    let path = literal.trim_matches('/').trim_start_matches("./").trim_end_matches("/.");
    (!matches!(path, "" | "." | "..")).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_out_is_listed() {
        let dockerfile = super::super::parse(
            "FROM a\nCOPY a/b ./c /x/\nCOPY . .\nCOPY --from=b /etc /etc\nADD https://x/y /y\nADD d/*.tgz e$F g/$H/i /z/\n\
             COPY <<E /e\nx\nE\nCOPY [\"j k\", \"/l\", \"m\"]\nONBUILD COPY n n\n",
        );
        assert_eq!(sources(&dockerfile), ["a/b", "c", "d", "g", "j k", "l"]);
    }
}
