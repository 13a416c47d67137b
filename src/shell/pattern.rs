//! Shell patterns: `*`, `?` and `[…]` (POSIX, "Pattern Matching Notation").

/// Whether a text has a character that makes it a pattern.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Whether `pattern` matches all of `text`. A backslash takes the next character as it is.
pub fn matches(pattern: &str, text: &str) -> bool {
    // Most patterns are plain words, or differ from the text before their first special character, if not with their first one.
    if let (Some(first), Some(character)) = (pattern.bytes().next(), text.bytes().next())
        && first != character
        && !matches!(first, b'*' | b'?' | b'[' | b'\\')
    {
        return false;
    }
    let plain = pattern.find(['*', '?', '[', '\\']).unwrap_or(pattern.len());
    if plain == pattern.len() {
        return pattern == text;
    }
    if !text.starts_with(&pattern[..plain]) {
        return false;
    }
    let (pattern, text) = (&pattern[plain..], &text[plain..]);
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut seen) = (0, 0);
    // Where to go on when what follows the last star does not match: one character further.
    let mut star = None;
    while seen < text.len() {
        match step(&pattern[at..], text[seen]) {
            Step::Star => {
                star = Some((at, seen));
                at += 1;
            }
            Step::Taken(length) => {
                at += length;
                seen += 1;
            }
            Step::No => match star {
                Some((place, from)) => {
                    star = Some((place, from + 1));
                    at = place + 1;
                    seen = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|character| *character == '*')
}

/// What the head of a pattern says to a character.
enum Step {
    Star,
    /// It matches, with so many characters of the pattern.
    Taken(usize),
    No,
}

fn step(pattern: &[char], character: char) -> Step {
    match pattern {
        [] => Step::No,
        ['*', ..] => Step::Star,
        ['?', ..] => Step::Taken(1),
        ['\\', literal, ..] => taken(*literal == character, 2),
        ['[', rest @ ..] => match bracket(rest, character) {
            Some((inside, length)) => taken(inside, length + 1),
            None => taken(character == '[', 1),
        },
        [literal, ..] => taken(*literal == character, 1),
    }
}

fn taken(yes: bool, length: usize) -> Step {
    if yes { Step::Taken(length) } else { Step::No }
}

/// Whether a character is in a bracket expression (given behind its `[`), and the expression's length with the `]`.
fn bracket(expression: &[char], character: char) -> Option<(bool, usize)> {
    let negated = matches!(expression.first(), Some('!' | '^'));
    let start = usize::from(negated);
    let end = expression.iter().skip(start + 1).position(|c| *c == ']')? + start + 1;
    let mut inside = false;
    let mut at = start;
    while at < end {
        match expression.get(at..end) {
            Some([low, '-', high, ..]) => {
                inside |= (*low..=*high).contains(&character);
                at += 3;
            }
            Some([one, ..]) => {
                inside |= *one == character;
                at += 1;
            }
            _ => break,
        }
    }
    Some((inside != negated, end + 1))
}

/// The pieces of a text between which the shortest or longest part that matches `pattern` stands at its start.
pub fn strip_prefix<'t>(text: &'t str, pattern: &str, longest: bool) -> &'t str {
    let mut ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    if longest {
        ends.reverse();
    }
    let end = ends.into_iter().find(|end| matches(pattern, &text[..*end]));
    &text[end.unwrap_or(0)..]
}

/// The same at its end.
pub fn strip_suffix<'t>(text: &'t str, pattern: &str, longest: bool) -> &'t str {
    let mut starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    if !longest {
        starts.reverse();
    }
    let start = starts.into_iter().find(|start| matches(pattern, &text[*start..]));
    &text[..start.unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        for (pattern, text, yes) in [
            ("*.pem", "a.pem", true),
            ("*.pem", "a.pem.bak", false),
            ("rds-ca-??.pem", "rds-ca-01.pem", true),
            ("[a-c]*", "bx", true),
            ("[!a-c]*", "bx", false),
            ("[]]", "]", true),
            ("a\\*", "a*", true),
            ("a\\*", "ab", false),
            ("*a*b*c*", "xxaxxbxxcxx", true),
            ("", "", true),
            ("", "a", false),
            ("[", "[", true),
        ] {
            assert_eq!(matches(pattern, text), yes, "{pattern} {text}");
        }
        assert_eq!(strip_suffix("a.tar.gz", ".*", false), "a.tar");
        assert_eq!(strip_suffix("a.tar.gz", ".*", true), "a");
        assert_eq!(strip_prefix("v1/v2/x", "*/", false), "v2/x");
        assert_eq!(strip_prefix("v1/v2/x", "*/", true), "x");
    }

    #[test]
    fn many_stars_are_quick() {
        assert!(!matches(&"*a".repeat(200), &"a".repeat(150)));
        assert!(!matches(&format!("{}b", "*a".repeat(500)), &"a".repeat(5000)));
    }
}
