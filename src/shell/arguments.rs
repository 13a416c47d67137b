//! A command's arguments, read as `getopt_long` reads them.

/// Flags and operands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// Without dashes, with the value where they take one.
    pub flags: Vec<(String, Option<String>)>,
    /// What is no flag.
    pub operands: Vec<String>,
}

impl Arguments {
    /// Reads arguments of a command of which `short` flags (one character each) and `long` flags take a value.
    pub fn read(arguments: &[String], short: &str, long: &[&str]) -> Self {
        let mut read = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            if argument == "--" {
                read.operands.extend(rest.cloned());
                break;
            }
            if let Some(name) = argument.strip_prefix("--") {
                let (name, value) = match name.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_owned())),
                    None if long.contains(&name) => (name, rest.next().cloned()),
                    None => (name, None),
                };
                read.flags.push((name.to_owned(), value));
                continue;
            }
            match argument.strip_prefix('-').filter(|letters| !letters.is_empty()) {
                None => read.operands.push(argument.clone()),
                Some(letters) => {
                    for (at, letter) in letters.char_indices() {
                        if !short.contains(letter) {
                            read.flags.push((letter.to_string(), None));
                            continue;
                        }
                        let behind = &letters[at + letter.len_utf8()..];
                        let value = if behind.is_empty() { rest.next().cloned() } else { Some(behind.to_owned()) };
                        read.flags.push((letter.to_string(), value));
                        break;
                    }
                }
            }
        }
        read
    }

    /// Whether one of these flags is given.
    pub fn has(&self, names: &[&str]) -> bool {
        self.flags.iter().any(|(name, _)| names.contains(&name.as_str()))
    }

    /// The value of the last of these flags.
    pub fn value(&self, names: &[&str]) -> Option<&str> {
        self.values(names).pop()
    }

    /// All values of these flags.
    pub fn values(&self, names: &[&str]) -> Vec<&str> {
        self.flags
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()))
            .filter_map(|(_, value)| value.as_deref())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_flags_combine_and_take_values() {
        let words = ["-fsSLo", "out", "--retry=3", "--output-dir", "/d", "-kofile", "url", "-", "--", "-x"];
        let read = Arguments::read(&words.map(String::from), "o", &["output-dir"]);
        assert!(read.has(&["f"]) && read.has(&["L"]) && read.has(&["k"]));
        assert_eq!(read.values(&["o"]), ["out", "file"]);
        assert_eq!(read.value(&["output-dir"]), Some("/d"));
        assert_eq!(read.operands, ["url", "-", "-x"]);
    }
}
