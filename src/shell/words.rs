//! Words of a script become arguments: braces, tildes, variables, command substitutions, fields and patterns
//! (POSIX Shell Command Language, section 2.6).

use brush_parser::word::{
    Parameter, ParameterExpr, ParameterTestType, SpecialParameter, SubstringMatchKind, TildeExpr, WordPiece,
    WordPieceWithSource,
};

use super::interpreter::Interpreter;
use super::pattern;
use super::pieces::{heredoc_pieces, is_plain, pieces};
use super::variables::{UNKNOWN, is_unknown};

/// Fields that one word gives at most.
const MAX_FIELDS: usize = 4096;

/// Longest text that one word gives, in bytes: a doubled variable would fill the memory.
const MAX_TEXT: usize = 256 * 1024;

/// A character of a field, and whether quotes keep it from splitting and matching.
type Char = (char, bool);

/// Fields that are being made.
#[derive(Default)]
struct Fields {
    done: Vec<Vec<Char>>,
    current: Vec<Char>,
    /// Whether the current field is one though it is empty (it was quoted).
    started: bool,
}

impl Fields {
    fn literal(&mut self, text: &str, quoted: bool) {
        let text = if self.current.len() + text.len() > MAX_TEXT { "…" } else { text };
        self.started |= quoted || !text.is_empty();
        self.current.extend(text.chars().map(|character| (character, quoted)));
    }

    fn split(&mut self) {
        if self.started && self.done.len() < MAX_FIELDS {
            self.done.push(std::mem::take(&mut self.current));
        }
        self.current.clear();
        self.started = false;
    }

    /// The result of an unquoted expansion: white space parts it.
    fn expansion(&mut self, text: &str) {
        let text = if self.current.len() + text.len() > MAX_TEXT { "…" } else { text };
        for character in text.chars() {
            if character.is_ascii_whitespace() {
                self.split();
            } else {
                self.started = true;
                self.current.push((character, false));
            }
        }
    }
}

impl Interpreter<'_> {
    /// All fields that a list of words gives.
    pub(super) fn fields<'w>(&mut self, words: impl IntoIterator<Item = &'w str>) -> Vec<String> {
        let mut all = Vec::new();
        for word in words {
            if !word.contains('{') {
                self.word_fields(word, &mut all);
                continue;
            }
            for word in braces(word) {
                self.word_fields(&word, &mut all);
            }
        }
        all
    }

    /// The fields that one word without braces gives.
    fn word_fields(&mut self, word: &str, all: &mut Vec<String>) {
        if is_plain(word) && !pattern::is_pattern(word) {
            if !word.is_empty() && all.len() < MAX_FIELDS {
                all.push(word.to_owned());
            }
            return;
        }
        for field in self.split_word(word) {
            self.match_field(field, all);
        }
    }

    /// One word as one text: no splitting, no patterns (assignments, redirects, `case`).
    pub(super) fn text(&mut self, word: &str) -> String {
        if is_plain(word) {
            return word.to_owned();
        }
        self.pieces_text(pieces(word))
    }

    /// A word as a pattern: what was quoted matches itself.
    pub(super) fn pattern(&mut self, word: &str) -> String {
        let mut fields = Fields::default();
        let Some(pieces) = pieces(word) else { return UNKNOWN.to_string() };
        for piece in pieces {
            let quoted = is_quote(&piece.piece);
            let mut text = String::new();
            self.piece_text(&piece.piece, &mut text);
            fields.literal(&text, quoted);
        }
        escaped(&fields.current)
    }

    /// The body of a heredoc.
    pub(super) fn heredoc(&mut self, body: &str) -> String {
        self.pieces_text(heredoc_pieces(body))
    }

    /// The text of pieces; unknown where the grammar could not part them.
    fn pieces_text(&mut self, pieces: Option<Vec<WordPieceWithSource>>) -> String {
        let Some(pieces) = pieces else { return UNKNOWN.to_string() };
        let mut text = String::new();
        for piece in pieces {
            self.piece_text(&piece.piece, &mut text);
        }
        text
    }

    fn match_field(&self, field: Vec<Char>, all: &mut Vec<String>) {
        let plain: String = field.iter().map(|(character, _)| *character).collect();
        let special = field.iter().any(|(character, quoted)| !quoted && matches!(character, '*' | '?' | '['));
        if special && all.len() < MAX_FIELDS {
            let names = self.machine.glob(&escaped(&field));
            if !names.is_empty() {
                all.extend(names.into_iter().map(|name| name.replace('\\', "")));
                return;
            }
        }
        if all.len() < MAX_FIELDS {
            all.push(plain);
        }
    }

    fn split_word(&mut self, word: &str) -> Vec<Vec<Char>> {
        let mut fields = Fields::default();
        match pieces(word) {
            Some(pieces) => pieces.iter().for_each(|piece| self.piece(&piece.piece, &mut fields)),
            None => fields.literal(&UNKNOWN.to_string(), true),
        }
        fields.split();
        fields.done
    }

    fn piece(&mut self, piece: &WordPiece, fields: &mut Fields) {
        match piece {
            WordPiece::Text(text) => fields.literal(text, false),
            WordPiece::ParameterExpansion(expression) => {
                for (at, value) in self.values(expression).into_iter().enumerate() {
                    if at > 0 {
                        fields.split();
                    }
                    fields.expansion(&value);
                }
            }
            WordPiece::CommandSubstitution(script) => fields.expansion(&self.substitute(script)),
            WordPiece::BackquotedCommandSubstitution(script) => {
                fields.expansion(&self.substitute(&unescape_backquoted(script)))
            }
            WordPiece::DoubleQuotedSequence(inner) | WordPiece::GettextDoubleQuotedSequence(inner) => {
                fields.started = true;
                for piece in inner {
                    match &piece.piece {
                        // "$@" and "${a[@]}" stay as many fields as they have values.
                        WordPiece::ParameterExpansion(expression) => {
                            for (at, value) in self.values(expression).into_iter().enumerate() {
                                if at > 0 {
                                    fields.split();
                                }
                                fields.literal(&value, true);
                            }
                        }
                        other => {
                            let mut text = String::new();
                            self.piece_text(other, &mut text);
                            fields.literal(&text, true);
                        }
                    }
                }
            }
            quoted => {
                let mut text = String::new();
                self.piece_text(quoted, &mut text);
                fields.literal(&text, true);
            }
        }
    }

    fn piece_text(&mut self, piece: &WordPiece, text: &mut String) {
        if text.len() > MAX_TEXT {
            return;
        }
        match piece {
            WordPiece::Text(part) | WordPiece::SingleQuotedText(part) => text.push_str(part),
            WordPiece::AnsiCQuotedText(part) => text.push_str(&super::command::unescape(part)),
            WordPiece::EscapeSequence(part) => {
                let escaped = part.strip_prefix('\\').unwrap_or(part);
                // A backslash before the end of a line takes the line's end away.
                if escaped != "\n" {
                    text.push_str(escaped);
                }
            }
            WordPiece::DoubleQuotedSequence(inner) | WordPiece::GettextDoubleQuotedSequence(inner) => {
                for piece in inner {
                    self.piece_text(&piece.piece, text);
                }
            }
            WordPiece::TildeExpansion(TildeExpr::Home) => {
                text.push_str(self.machine.variables.get("HOME").unwrap_or("/root"));
            }
            WordPiece::TildeExpansion(TildeExpr::WorkingDir) => text.push_str(&self.machine.directory.to_string()),
            WordPiece::TildeExpansion(TildeExpr::UserHome(user)) => {
                text.push_str(&self.machine.accounts.home(user));
            }
            WordPiece::ParameterExpansion(expression) => text.push_str(&self.values(expression).join(" ")),
            WordPiece::CommandSubstitution(script) => text.push_str(&self.substitute(script)),
            WordPiece::BackquotedCommandSubstitution(script) => {
                text.push_str(&self.substitute(&unescape_backquoted(script)))
            }
            WordPiece::ArithmeticExpression(expression) => match self.number(expression) {
                Some(number) => text.push_str(&number.to_string()),
                None => text.push(UNKNOWN),
            },
            WordPiece::TildeExpansion(_) => text.push(UNKNOWN),
        }
    }

    /// The values of a parameter expansion: one, but for `$@` and whole arrays.
    fn values(&mut self, expression: &ParameterExpr) -> Vec<String> {
        match expression {
            ParameterExpr::Parameter { parameter, indirect: false } => self.parameter(parameter),
            ParameterExpr::Parameter { parameter, indirect: true } => {
                let name = self.parameter(parameter).concat();
                vec![self.machine.variables.expand(&name)]
            }
            ParameterExpr::UseDefaultValues { parameter, test_type, default_value, .. } => {
                match self.is_set(parameter, test_type) {
                    true => self.parameter(parameter),
                    false => vec![self.text(default_value.as_deref().unwrap_or_default())],
                }
            }
            ParameterExpr::AssignDefaultValues { parameter, test_type, default_value, .. } => {
                if !self.is_set(parameter, test_type) {
                    let value = self.text(default_value.as_deref().unwrap_or_default());
                    if let Parameter::Named(name) = parameter {
                        self.machine.variables.set(name, value);
                    }
                }
                self.parameter(parameter)
            }
            ParameterExpr::UseAlternativeValue { parameter, test_type, alternative_value, .. } => {
                match self.is_set(parameter, test_type) {
                    true => vec![self.text(alternative_value.as_deref().unwrap_or_default())],
                    false => vec![String::new()],
                }
            }
            ParameterExpr::IndicateErrorIfNullOrUnset { parameter, .. } => self.parameter(parameter),
            ParameterExpr::RemoveSmallestSuffixPattern { parameter, pattern, .. } => {
                self.changed(parameter, pattern, |value, pattern| {
                    pattern::strip_suffix(value, pattern, false).to_owned()
                })
            }
            ParameterExpr::RemoveLargestSuffixPattern { parameter, pattern, .. } => {
                self.changed(parameter, pattern, |value, pattern| {
                    pattern::strip_suffix(value, pattern, true).to_owned()
                })
            }
            ParameterExpr::RemoveSmallestPrefixPattern { parameter, pattern, .. } => {
                self.changed(parameter, pattern, |value, pattern| {
                    pattern::strip_prefix(value, pattern, false).to_owned()
                })
            }
            ParameterExpr::RemoveLargestPrefixPattern { parameter, pattern, .. } => {
                self.changed(parameter, pattern, |value, pattern| {
                    pattern::strip_prefix(value, pattern, true).to_owned()
                })
            }
            ParameterExpr::ReplaceSubstring { parameter, pattern, replacement, match_kind, .. } => {
                let replacement = self.text(replacement.as_deref().unwrap_or_default());
                let all = matches!(match_kind, SubstringMatchKind::Anywhere);
                self.changed(parameter, &Some(pattern.clone()), |value, pattern| {
                    if pattern::is_pattern(pattern) {
                        return UNKNOWN.to_string();
                    }
                    if all { value.replace(pattern, &replacement) } else { value.replacen(pattern, &replacement, 1) }
                })
            }
            ParameterExpr::UppercasePattern { parameter, .. } => {
                self.changed(parameter, &None, |value, _| value.to_uppercase())
            }
            ParameterExpr::LowercasePattern { parameter, .. } => {
                self.changed(parameter, &None, |value, _| value.to_lowercase())
            }
            _ => vec![UNKNOWN.to_string()],
        }
    }

    fn changed(
        &mut self,
        parameter: &Parameter,
        pattern: &Option<String>,
        change: impl Fn(&str, &str) -> String,
    ) -> Vec<String> {
        let pattern = self.pattern(pattern.as_deref().unwrap_or_default());
        self.parameter(parameter)
            .iter()
            .map(|value| if is_unknown(value) { value.clone() } else { change(value, &pattern) })
            .collect()
    }

    fn is_set(&self, parameter: &Parameter, test: &ParameterTestType) -> bool {
        let variables = &self.machine.variables;
        let value = match parameter {
            Parameter::Named(name) | Parameter::NamedWithIndex { name, .. } => variables.get(name),
            Parameter::NamedWithAllIndices { name, .. } => variables.get(name),
            Parameter::Positional(at) => {
                (*at as usize).checked_sub(1).and_then(|at| variables.positional.get(at)).map(String::as_str)
            }
            Parameter::Special(_) => Some("…"),
        };
        match test {
            ParameterTestType::Unset => value.is_some(),
            ParameterTestType::UnsetOrNull => value.is_some_and(|value| !value.is_empty()),
        }
    }

    fn parameter(&mut self, parameter: &Parameter) -> Vec<String> {
        let variables = &self.machine.variables;
        match parameter {
            Parameter::Named(name) if name == "PWD" => vec![self.machine.directory.to_string()],
            Parameter::Named(name) => vec![variables.expand(name)],
            Parameter::NamedWithIndex { name, index } => {
                let value = index.parse().ok().and_then(|index: usize| variables.all(name).get(index));
                vec![value.cloned().unwrap_or(UNKNOWN.to_string())]
            }
            Parameter::NamedWithAllIndices { name, .. } => variables.all(name).to_vec(),
            Parameter::Positional(0) | Parameter::Special(SpecialParameter::ShellName) => {
                vec![variables.script.clone().unwrap_or_else(|| "sh".to_owned())]
            }
            Parameter::Positional(at) => {
                vec![variables.positional.get(*at as usize - 1).cloned().unwrap_or_default()]
            }
            Parameter::Special(SpecialParameter::AllPositionalParameters { .. }) => variables.positional.clone(),
            Parameter::Special(SpecialParameter::PositionalParameterCount) => {
                vec![variables.positional.len().to_string()]
            }
            Parameter::Special(_) => vec![UNKNOWN.to_string()],
        }
    }

    /// What a command substitution gives: its output without the line ends behind it.
    fn substitute(&mut self, script: &str) -> String {
        let output = self.nested(script);
        match output.exact().and_then(|bytes| String::from_utf8(bytes).ok()) {
            Some(text) => text.trim_end_matches('\n').to_owned(),
            None => UNKNOWN.to_string(),
        }
    }
}

fn is_quote(piece: &WordPiece) -> bool {
    matches!(
        piece,
        WordPiece::SingleQuotedText(_)
            | WordPiece::AnsiCQuotedText(_)
            | WordPiece::DoubleQuotedSequence(_)
            | WordPiece::EscapeSequence(_)
    )
}

/// A field as a pattern in which quoted characters match themselves.
fn escaped(field: &[Char]) -> String {
    let mut pattern = String::new();
    for (character, quoted) in field {
        if *quoted && matches!(character, '*' | '?' | '[' | '\\') {
            pattern.push('\\');
        }
        pattern.push(*character);
    }
    pattern
}

/// Inside backquotes a backslash only acts on `$`, a backquote and a backslash.
fn unescape_backquoted(script: &str) -> String {
    script.replace("\\`", "`").replace("\\$", "$").replace("\\\\", "\\")
}

/// `a{b,c}d` as `abd` and `acd`, `{1..3}` as `1`, `2`, `3`; braces in quotes and `${…}` are left alone.
fn braces(word: &str) -> Vec<String> {
    let mut done = Vec::new();
    let mut todo = vec![word.to_owned()];
    while let Some(word) = todo.pop() {
        match first_brace(&word) {
            Some((start, end, choices)) if done.len() + todo.len() + choices.len() <= MAX_FIELDS => {
                // Last in, first out: the first choice goes in last.
                todo.extend(choices.iter().rev().map(|choice| format!("{}{choice}{}", &word[..start], &word[end..])));
            }
            _ => done.push(word),
        }
    }
    done
}

/// The first brace expression of a word: where it starts and ends, and its choices.
fn first_brace(word: &str) -> Option<(usize, usize, Vec<String>)> {
    let bytes = word.as_bytes();
    let mut quote = None;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, quote) {
            (b'\\', None | Some(b'"')) => at += 1,
            (b'\'' | b'"', None) => quote = Some(*byte),
            (b'\'' | b'"', Some(open)) if open == *byte => quote = None,
            (b'$', None) if matches!(bytes.get(at + 1), Some(b'{' | b'(')) => return None,
            (b'`', None) => return None,
            (b'{', None) => {
                if let Some((end, choices)) = choices(word, at) {
                    return Some((at, end, choices));
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The choices of the brace at `start`, and where it ends.
fn choices(word: &str, start: usize) -> Option<(usize, Vec<String>)> {
    let mut depth = 0_usize;
    let mut choices = Vec::new();
    let mut from = start + 1;
    for (at, byte) in word.bytes().enumerate().skip(start) {
        match byte {
            b'{' => depth += 1,
            b',' if depth == 1 => {
                choices.push(word[from..at].to_owned());
                from = at + 1;
            }
            b'}' if depth == 1 => {
                let last = &word[from..at];
                if choices.is_empty() {
                    let (low, high) = last.split_once("..")?;
                    let (low, high): (u16, u16) = (low.parse().ok()?, high.parse().ok()?);
                    return Some((at + 1, (low..=high).map(|number| number.to_string()).collect()));
                }
                choices.push(last.to_owned());
                return Some((at + 1, choices));
            }
            b'}' => depth -= 1,
            b'\'' | b'"' | b'\\' | b'$' | b'`' | b' ' => return None,
            _ => {}
        }
    }
    None
}
