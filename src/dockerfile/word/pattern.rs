//! The patterns of `${x#pattern}`, `${x%pattern}` and `${x/pattern/text}`: `*`, `?` and plain characters (no brackets).

/// A pattern acts on values up to this many characters: longer than any path or tag, and its square is still quick.
const MAX_VALUE: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// `*`
    Any,
    /// `?`
    One,
    Character(char),
}

/// A pattern that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<Token>);

impl Pattern {
    /// Reads a pattern in which escapes still stand.
    ///
    /// # Errors
    /// A backslash before anything but `*`, `?`, `\`, `/` and `}`, as BuildKit refuses it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut tokens = Vec::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            tokens.push(match character {
                '*' => Token::Any,
                '?' => Token::One,
                '\\' => match characters.next() {
                    Some(escaped @ ('*' | '?' | '\\' | '/' | '}')) => Token::Character(escaped),
                    _ => return Err(format!("invalid escape in the pattern {text:?}")),
                },
                plain => Token::Character(plain),
            });
        }
        Ok(Self(tokens))
    }

    /// The value without the shortest or longest beginning that matches.
    ///
    /// # Errors
    /// A value that is too long for a pattern.
    pub fn without_beginning(&self, value: &str, longest: bool) -> Result<String, String> {
        let characters = bounded(value)?;
        let end = ends(&characters, &self.0, longest).first().copied().flatten().unwrap_or(0);
        Ok(characters.iter().skip(end).collect())
    }

    /// The value without the shortest or longest end that matches.
    ///
    /// # Errors
    /// As [`Self::without_beginning`].
    pub fn without_end(&self, value: &str, longest: bool) -> Result<String, String> {
        let mut characters = bounded(value)?;
        characters.reverse();
        let tokens: Vec<Token> = self.0.iter().rev().copied().collect();
        let end = ends(&characters, &tokens, longest).first().copied().flatten().unwrap_or(0);
        Ok(characters.iter().skip(end).rev().collect())
    }

    /// The value with the first match, or every one, replaced. A match begins as early and ends as late as it can.
    ///
    /// # Errors
    /// As [`Self::without_beginning`].
    pub fn replace(&self, value: &str, replacement: &str, every: bool) -> Result<String, String> {
        let characters = bounded(value)?;
        let ends = ends(&characters, &self.0, true);
        let mut replaced = String::with_capacity(value.len());
        let mut at = 0;
        // Where the last match ended: an empty match right behind another one does not count.
        let mut last = None;
        while let Some(end) = ends.get(at) {
            if let Some(end) = end.filter(|end| *end > at || last != Some(at)) {
                replaced.push_str(replacement);
                last = Some(end);
                if !every {
                    replaced.extend(characters.iter().skip(end));
                    return Ok(replaced);
                }
                if end > at {
                    at = end;
                    continue;
                }
            }
            replaced.extend(characters.get(at));
            at += 1;
        }
        Ok(replaced)
    }
}

fn bounded(value: &str) -> Result<Vec<char>, String> {
    let characters: Vec<char> = value.chars().collect();
    if characters.len() > MAX_VALUE {
        return Err(format!("the value of {} characters is too long for a pattern", characters.len()));
    }
    Ok(characters)
}

/// For every place in the text: where the shortest or longest match that begins there ends. Read from the back, so that
/// each place and each token are looked at together once and no more.
fn ends(text: &[char], tokens: &[Token], longest: bool) -> Vec<Option<usize>> {
    let better = |a: Option<usize>, b: Option<usize>| match (a, b) {
        (Some(a), Some(b)) => Some(if longest { a.max(b) } else { a.min(b) }),
        (a, b) => a.or(b),
    };
    let mut all = vec![None; text.len() + 1];
    // The ends for the rest of the tokens, from each token on: one place further, and here.
    let mut further: Vec<Option<usize>> = Vec::new();
    for (at, end) in all.iter_mut().enumerate().rev() {
        let mut here = vec![None; tokens.len() + 1];
        let mut rest = Some(at);
        if let Some(last) = here.last_mut() {
            *last = rest;
        }
        for (index, token) in tokens.iter().enumerate().rev() {
            let onward = |index: usize| further.get(index).copied().flatten();
            let found = match token {
                Token::Any => better(rest, onward(index)),
                Token::One => onward(index + 1),
                Token::Character(wanted) if text.get(at) == Some(wanted) => onward(index + 1),
                Token::Character(_) => None,
            };
            if let Some(slot) = here.get_mut(index) {
                *slot = found;
            }
            rest = found;
        }
        *end = rest;
        further = here;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_or_an_end_is_cut_short_or_long() {
        let cut = |pattern: &str, longest| {
            let pattern = Pattern::parse(pattern).unwrap();
            (pattern.without_beginning("abcabc", longest).unwrap(), pattern.without_end("abcabc", longest).unwrap())
        };
        assert_eq!(cut("*", false), ("abcabc".to_owned(), "abcabc".to_owned()));
        assert_eq!(cut("*", true), (String::new(), String::new()));
        assert_eq!(cut("*b", false), ("cabc".to_owned(), "abcabc".to_owned()));
        assert_eq!(cut("*b", true), ("c".to_owned(), "abcabc".to_owned()));
        assert_eq!(cut("b*", false), ("abcabc".to_owned(), "abca".to_owned()));
        assert_eq!(cut("b*", true), ("abcabc".to_owned(), "a".to_owned()));
        assert_eq!(cut("a?c", true), ("abc".to_owned(), "abc".to_owned()));
        assert_eq!(cut("", true), ("abcabc".to_owned(), "abcabc".to_owned()));
    }

    #[test]
    fn matches_are_replaced_as_early_and_as_long_as_can_be() {
        let replace =
            |pattern: &str, value: &str, every| Pattern::parse(pattern).unwrap().replace(value, "-", every).unwrap();
        assert_eq!(replace("b", "abcabc", false), "a-cabc");
        assert_eq!(replace("b", "abcabc", true), "a-ca-c");
        assert_eq!(replace("b*b", "abcabc", true), "a-c");
        assert_eq!(replace("?", "äb", true), "--");
        assert_eq!(replace("*", "ab", true), "-");
        assert_eq!(replace("*", "", true), "-");
        assert_eq!(replace("", "ab", true), "-a-b-");
        assert_eq!(replace("", "ab", false), "-ab");
        assert_eq!(replace("x", "ab", true), "ab");
    }

    #[test]
    fn escapes_make_plain_characters_of_five_and_nothing_else() {
        let pattern = Pattern::parse(r"\*\?\\\/\}").unwrap();
        assert_eq!(pattern.without_beginning(r"*?\/}x", true).unwrap(), "x");
        assert!(Pattern::parse(r"\a").is_err());
        assert!(Pattern::parse(r"a\").is_err());
    }

    #[test]
    fn the_longest_value_with_the_worst_pattern_is_quick_and_a_longer_one_is_refused() {
        let pattern = Pattern::parse(&"*a".repeat(200)).unwrap();
        assert_eq!(pattern.replace(&"a".repeat(MAX_VALUE), "", true).unwrap(), "");
        assert!(pattern.without_end(&"a".repeat(MAX_VALUE + 1), true).is_err());
    }
}
