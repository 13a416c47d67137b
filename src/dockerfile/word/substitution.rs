//! What stands behind a `$`: a name, or a name in braces with an operator.

use std::collections::BTreeSet;

use super::lexer::{Lexer, Output};
use super::pattern::Pattern;

/// `${a:-${b:-…}}` deeper than this is an error and not a reason to overflow the stack.
const MAX_DEPTH: usize = 32;

impl Lexer<'_> {
    /// Behind a `$`: the value.
    pub(super) fn dollar(&mut self, depth: usize, unresolved: &mut BTreeSet<String>) -> Result<String, String> {
        if self.rest.next_if_eq(&'{').is_some() {
            return self.braces(depth, unresolved);
        }
        let name = self.name();
        if name.is_empty() {
            return Ok("$".to_owned());
        }
        Ok((self.lookup)(&name).unwrap_or_else(|| self.unset(format!("${name}"), name, unresolved)))
    }

    /// What a variable without a value becomes.
    fn unset(&self, written: String, name: String, unresolved: &mut BTreeSet<String>) -> String {
        if self.mode.keep_unset {
            return written;
        }
        unresolved.insert(name);
        String::new()
    }

    /// Behind a `${`: the value, as the operator wants it.
    fn braces(&mut self, depth: usize, unresolved: &mut BTreeSet<String>) -> Result<String, String> {
        if depth >= MAX_DEPTH {
            return Err(format!("substitutions are nested more than {MAX_DEPTH} deep"));
        }
        if matches!(self.rest.peek(), None | Some('{' | '}' | ':')) {
            return Err("bad substitution: ${ needs a name".to_owned());
        }
        let name = self.name();
        let value = (self.lookup)(&name);
        let colon = self.rest.next_if_eq(&':').is_some();
        let Some(operator) = self.rest.next() else {
            return Err(format!("bad substitution: ${{{name} is not closed"));
        };
        match operator {
            '}' if !colon => Ok(value.unwrap_or_else(|| self.unset(format!("${{{name}}}"), name, unresolved))),
            '/' if !colon => self.replaced(name, value, depth, unresolved),
            _ if colon || matches!(operator, '-' | '+' | '?' | '#' | '%') => {
                let (word, missing) = self.operand('}', matches!(operator, '#' | '%'), depth)?;
                if self.mode.keep_unset && value.is_none() {
                    return Ok(format!("${{{name}{}{operator}{word}}}", if colon { ":" } else { "" }));
                }
                let set = value.clone().filter(|value| !(colon && value.is_empty()));
                match (operator, set) {
                    ('-', None) | ('+', Some(_)) => {
                        unresolved.extend(missing);
                        Ok(word)
                    }
                    ('+', None) => Ok(String::new()),
                    ('-' | '?', Some(value)) => Ok(value),
                    ('?', None) if !word.is_empty() => Err(format!("{name}: {word}")),
                    ('?', None) if value.is_some() => Err(format!("{name} is not allowed to be empty")),
                    ('?', None) => Err(format!("{name} is not allowed to be unset")),
                    ('#' | '%', _) => {
                        unresolved.extend(missing);
                        let Some(value) = value else { return Ok(self.unset(String::new(), name, unresolved)) };
                        let shorter = word.strip_prefix(operator);
                        let pattern = Pattern::parse(shorter.unwrap_or(&word))?;
                        if operator == '#' {
                            pattern.without_beginning(&value, shorter.is_some())
                        } else {
                            pattern.without_end(&value, shorter.is_some())
                        }
                    }
                    _ => Err(format!("bad substitution: ${{{name}:{operator} is no operator")),
                }
            }
            _ => Err(format!("bad substitution: ${{{name} is followed by {operator:?}")),
        }
    }

    /// Behind `${name/`.
    fn replaced(
        &mut self,
        name: String,
        value: Option<String>,
        depth: usize,
        unresolved: &mut BTreeSet<String>,
    ) -> Result<String, String> {
        let every = self.rest.next_if_eq(&'/').is_some();
        let (pattern, missing) = self.operand('/', true, depth)?;
        unresolved.extend(missing);
        let (replacement, missing) = self.operand('}', true, depth)?;
        unresolved.extend(missing);
        let Some(value) = value else {
            return Ok(self.unset(format!("${{{name}/{pattern}/{replacement}}}"), name, unresolved));
        };
        Pattern::parse(&pattern)?.replace(&value, &replacement, every)
    }

    /// The text up to `stop`, expanded, and the variables that had no value in it.
    fn operand(&mut self, stop: char, keep_escapes: bool, depth: usize) -> Result<(String, BTreeSet<String>), String> {
        let mut out = Output::default();
        self.run(Some(stop), keep_escapes, depth + 1, &mut out)?;
        Ok((out.text, out.unresolved))
    }

    /// A variable's name: letters, digits and `_`; digits alone; or one special character.
    fn name(&mut self) -> String {
        let mut name = String::new();
        match self.rest.peek() {
            Some(digit) if digit.is_numeric() => {
                while let Some(digit) = self.rest.next_if(|next| next.is_numeric()) {
                    name.push(digit);
                }
            }
            Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => name.extend(self.rest.next()),
            _ => {
                while let Some(letter) = self.rest.next_if(|letter| letter.is_alphanumeric() || *letter == '_') {
                    name.push(letter);
                }
            }
        }
        name
    }
}
