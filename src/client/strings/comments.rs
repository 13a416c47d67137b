//! Comments: they never count. They become spaces, so that everything else stays in its place.

/// How comments are written in a kind of file.
#[derive(Clone, Copy, Debug, Default)]
struct Syntax {
    /// What begins a comment that goes to the end of the line, behind nothing but space.
    at_line_start: &'static [&'static str],
    /// The same, behind any space.
    anywhere: &'static [&'static str],
    /// What a comment of several lines is between.
    blocks: &'static [(&'static str, &'static str)],
}

const HASH: Syntax = Syntax { at_line_start: &[], anywhere: &["#"], blocks: &[] };
const SLASHES: Syntax = Syntax { at_line_start: &[], anywhere: &["//"], blocks: &[("/*", "*/")] };

fn syntax(path: &str) -> Syntax {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension {
        "yaml" | "yml" | "toml" | "sh" | "bash" | "zsh" | "rb" | "ex" | "exs" | "nix" | "conf" | "cfg" | "service"
        | "env" | "j2" => HASH,
        "properties" => Syntax { at_line_start: &["#", "!"], ..Syntax::default() },
        "ini" | "cnf" => Syntax { at_line_start: &["#", ";"], ..Syntax::default() },
        "tf" | "tfvars" | "hcl" => Syntax { anywhere: &["#", "//"], ..SLASHES },
        "php" => Syntax { anywhere: &["#", "//"], ..SLASHES },
        "cs" | "kt" | "kts" | "scala" | "groovy" | "gradle" | "rs" | "bicep" | "prisma" | "jsonc" | "json5" => SLASHES,
        "fs" => Syntax { blocks: &[("(*", "*)")], ..SLASHES },
        "xml" | "config" => Syntax { blocks: &[("<!--", "-->")], ..Syntax::default() },
        "sql" => Syntax { anywhere: &["--"], blocks: &[("/*", "*/")], ..Syntax::default() },
        "ps1" => Syntax { blocks: &[("<#", "#>")], ..HASH },
        "json" | "md" | "mdx" | "rst" | "adoc" | "txt" | "bat" | "cmd" | "vb" | "erb" | "clj" => Syntax::default(),
        _ if name.starts_with("jenkinsfile") => SLASHES,
        _ => Syntax { at_line_start: &["#"], ..Syntax::default() },
    }
}

/// The text with spaces for comments, byte for byte as long as before.
pub(super) fn blank(path: &str, text: &str) -> String {
    let syntax = syntax(path);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut quote = None;
    let mut only_space = true;
    let mut before = '\n';
    while let Some(character) = rest.chars().next() {
        if quote.is_none() {
            if let Some((open, close)) = syntax.blocks.iter().find(|(open, _)| rest.starts_with(open)) {
                let body = rest.get(open.len()..).unwrap_or_default();
                let length = body.find(close).map_or(rest.len(), |at| open.len() + at + close.len());
                rest = spaces(rest, length, &mut out);
                continue;
            }
            let begins = |words: &[&str]| words.iter().any(|word| rest.starts_with(word));
            if only_space && begins(syntax.at_line_start) || before.is_whitespace() && begins(syntax.anywhere) {
                let length = rest.find('\n').unwrap_or(rest.len());
                rest = spaces(rest, length, &mut out);
                continue;
            }
        }
        match character {
            '\n' => {
                only_space = true;
                // Strings of several lines are rarer than apostrophes in prose.
                quote = None;
            }
            '"' | '\'' | '`' if quote == Some(character) && before != '\\' => quote = None,
            '"' | '\'' | '`' if quote.is_none() && !before.is_alphanumeric() => quote = Some(character),
            _ => {}
        }
        only_space &= character.is_whitespace();
        before = character;
        out.push(character);
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
    }
    out
}

/// Puts spaces in the place of a part of a text.
pub(super) fn blank_span(text: &mut String, span: crate::text::Span) {
    if let Some(part) = text.get(span.range()) {
        let mut blank = String::with_capacity(part.len());
        spaces(part, part.len(), &mut blank);
        text.replace_range(span.range(), &blank);
    }
}

/// Writes spaces for so many bytes, but keeps the ends of lines; gives what is behind.
fn spaces<'t>(text: &'t str, length: usize, out: &mut String) -> &'t str {
    let (comment, rest) = text.split_at_checked(length).unwrap_or((text, ""));
    out.extend(comment.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_become_spaces_and_nothing_moves() {
        for (path, text, expected) in [
            (".env", "A=1\n  # A=2\nB=x#y", "A=1\n       \nB=x#y"),
            ("a.yaml", "a: 'x # y' # z", "a: 'x # y'    "),
            ("a.cs", "var s = \"a//b\"; // c\n/* d\n*/e", "var s = \"a//b\";     \n    \n  e"),
            ("a.yaml", "url: postgres://h/d#x", "url: postgres://h/d#x"),
            ("a.kt", "url = postgres://h // c", "url = postgres://h     "),
            ("a.md", "# postgres://h/d", "# postgres://h/d"),
            ("a.yaml", "it's # é", "it's     "),
        ] {
            let blanked = blank(path, text);
            assert_eq!(blanked, expected, "{path} {text}");
            assert_eq!(blanked.len(), text.len());
        }
    }
}
