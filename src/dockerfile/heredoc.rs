//! Heredoc openings in a logical line: `<<EOF`, `<<-"EOF"`, `3<<EOF`.

use super::instruction::Escape;
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
}

/// The heredocs that a line begins, in order. As in BuildKit only a word of its own counts: `<<EOF` does, `a<<EOF` and
/// the here-string `<<<x` do not; and a line whose quotes do not close begins none.
pub fn openings(line: &str) -> Vec<Opening> {
    match word::raw_words(line) {
        Some(words) => words.iter().filter_map(|word| opening(word)).collect(),
        None => Vec::new(),
    }
}

fn opening(word: &str) -> Option<Opening> {
    let digits = word.len() - word.trim_start_matches(|character: char| character.is_ascii_digit()).len();
    let rest = word[digits..].strip_prefix("<<")?;
    let (chomp, delimiter) = match rest.strip_prefix('-') {
        Some(delimiter) => (true, delimiter),
        None => (false, rest),
    };
    if delimiter.is_empty() || delimiter.contains('<') {
        return None;
    }
    // A variable in a delimiter stays as it is: no value is known when the lines are read.
    let unquoted = word::expand_words(delimiter, Escape::Backslash, &|name| Some(format!("${name}")));
    let [name] = unquoted.words.as_slice() else { return None };
    Some(Opening {
        name: name.clone(),
        descriptor: word[..digits].parse().unwrap_or(0),
        expand: name == delimiter,
        chomp,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_of_their_own_begin_a_heredoc() {
        let names = |line: &str| openings(line).into_iter().map(|opening| opening.name).collect::<Vec<_>>();
        assert_eq!(names("RUN <<A cat <<-'B C' 4<<\"D\""), ["A", "B C", "D"]);
        assert_eq!(names("RUN <<$A"), ["$A"]);
        assert_eq!(names("RUN cat<<A"), Vec::<String>::new());
        assert_eq!(names("RUN cat <<<A << A"), Vec::<String>::new());
        assert_eq!(names("RUN echo '<<A' \"<<B\""), Vec::<String>::new());
        assert_eq!(names("RUN echo it's <<A"), Vec::<String>::new());
    }
}
