//! Heredoc openings in a logical line: `<<EOF`, `<<-"EOF"`, `3<<EOF`, `<< EOF`.

use super::word;

/// `<<EOF` and its kin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The delimiter without quotes.
    pub name: String,
    /// The file descriptor before `<<`, 0 where there is none.
    pub descriptor: u32,
    /// Whether variables in the body are expanded.
    pub expand: bool,
    /// Whether leading tabs are taken away.
    pub chomp: bool,
    /// Whether white space stands before the delimiter. BuildKit has read that as a heredoc since 2024 only, so it may as
    /// well be a shift in `$((1 << 3))`.
    pub spaced: bool,
}

/// The heredocs that a line begins, in order. As in BuildKit only a word of its own counts: `<<EOF` does, `a<<EOF` and
/// the here-string `<<<x` do not; and a line whose quotes do not close begins none.
pub fn openings(line: &str) -> Vec<Opening> {
    word::heredoc_words(line).unwrap_or_default().iter().filter_map(|word| opening(word)).collect()
}

/// The heredoc that a word stands for (BuildKit's `ParseHeredoc`).
pub fn opening(word: &str) -> Option<Opening> {
    let (digits, rest) =
        word.split_once("<<").filter(|(digits, _)| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let (chomp, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let delimiter = rest.trim_start_matches([' ', '\t', '\r', '\x0c']);
    if delimiter.contains('<') {
        return None;
    }
    let (name, quoted) = word::heredoc_name(delimiter)?;
    Some(Opening {
        name,
        descriptor: if digits.is_empty() { 0 } else { digits.parse().unwrap_or(u32::MAX) },
        expand: !quoted,
        chomp,
        spaced: delimiter.len() < rest.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_of_their_own_begin_a_heredoc() {
        let names = |line: &str| openings(line).into_iter().map(|opening| opening.name).collect::<Vec<_>>();
        assert_eq!(names("RUN <<A cat <<-'B C' 4<<\"D\""), ["A", "B C", "D"]);
        assert_eq!(names("RUN <<$A <<${B} <<${C:-d}"), ["$A", "${B}", "${C:-d}"]);
        assert_eq!(names("RUN <<A&&b <<c;d"), ["A&&b", "c;d"]);
        assert_eq!(names("RUN cat << A <<\t'B'"), ["A", "B"]);
        assert_eq!(names("RUN : ${X:?gone} ${y:1:2} <<A"), ["A"]);
        for none in [
            "RUN cat<<A",
            "RUN cat <<<A",
            "RUN echo '<<A' \"<<B\"",
            "RUN echo it's <<A",
            "RUN <<",
            "RUN <<- A",
            "RUN <<''",
            "RUN (<<A)",
            "RUN x=$((1<<3))",
            "RUN ${x@Q} <<A",
        ] {
            assert_eq!(names(none), [""; 0], "{none}");
        }
    }

    #[test]
    fn a_quote_anywhere_in_the_delimiter_keeps_the_body_as_it_is() {
        let expands = |word: &str| opening(word).map(|opening| (opening.name, opening.expand));
        for (word, name, expand) in [
            ("<<eof", "eof", true),
            ("<<eo\\'f", "eo'f", true),
            ("<<eo'f'", "eof", false),
            ("<<'e'o\\'f", "eo'f", false),
            ("<<\\A", "A", true),
        ] {
            assert_eq!(expands(word), Some((name.to_owned(), expand)), "{word}");
        }
    }

    #[test]
    fn the_descriptor_stands_before_it() {
        let descriptor = |word: &str| opening(word).map(|opening| opening.descriptor);
        assert_eq!(descriptor("3<<A"), Some(3));
        assert_eq!(descriptor("99999999999<<A"), Some(u32::MAX));
        assert_eq!(descriptor("x3<<A"), None);
    }
}
