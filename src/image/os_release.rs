//! os-release(5): `NAME=value` lines, quoted as in a shell.

use super::facts::OperatingSystem;

/// Where it is looked for, in this order.
pub const PATHS: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];

/// Reads `ID` and `VERSION_ID`; of a name that is set twice, the last, as a shell does.
pub fn read(text: &[u8]) -> OperatingSystem {
    let text = String::from_utf8_lossy(text);
    let value = |name: &str| {
        text.lines()
            .filter_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='))
            .next_back()
            .map(unquote)
            .filter(|value| !value.is_empty())
    };
    OperatingSystem { id: value("ID").unwrap_or_else(|| "linux".to_owned()), version: value("VERSION_ID") }
}

fn unquote(value: &str) -> String {
    let value = value.trim();
    let inner = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    let mut characters = inner.unwrap_or(value).chars();
    let mut plain = String::new();
    while let Some(character) = characters.next() {
        // A backslash at the end stands for nothing.
        plain.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_absences_are_read() {
        for (text, id, version) in [
            (
                "NAME=\"Amazon Linux\"\nVERSION=\"2023\"\nID=\"amzn\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"2023\"\n",
                "amzn",
                Some("2023"),
            ),
            ("ID=debian\nVERSION_ID='12'\r\n", "debian", Some("12")),
            ("# ID=x\nID=arch\n", "arch", None),
            ("", "linux", None),
            ("ID=a\nID=b", "b", None),
        ] {
            let os = read(text.as_bytes());
            assert_eq!((os.id.as_str(), os.version.as_deref()), (id, version), "{text}");
        }
    }
}
