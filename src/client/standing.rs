//! What a file is to the program that it lies with: part of it, or beside it.

/// Whether what a file says is run where it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Part of the program, as far as its name goes.
    Program,
    /// A test, or what tests need.
    Test,
    /// Documentation.
    Documentation,
    /// An example, a sample or a template to copy from.
    Example,
}

impl Standing {
    /// By the path alone.
    pub fn of(path: &str) -> Self {
        let path = path.to_ascii_lowercase();
        let mut parts = path.split(['/', '\\']).rev();
        let name = parts.next().unwrap_or_default();
        let by_name = Self::of_file(name);
        let folders = parts.map(Self::of_folder);
        std::iter::once(by_name).chain(folders).find(|standing| *standing != Self::Program).unwrap_or(Self::Program)
    }

    fn of_folder(name: &str) -> Self {
        match name {
            "test" | "tests" | "testing" | "testdata" | "__tests__" | "spec" | "specs" | "fixtures" | "e2e"
            | "mocks" => Self::Test,
            "doc" | "docs" | "documentation" => Self::Documentation,
            "example" | "examples" | "sample" | "samples" | "demo" | "demos" | "tutorial" | "tutorials" => {
                Self::Example
            }
            // `mycli_test`, and `pytest_postgresql`, which connects for tests alone.
            _ if name.ends_with("_test") || name.ends_with("_tests") || name.starts_with("pytest_") => Self::Test,
            _ => Self::Program,
        }
    }

    fn of_file(name: &str) -> Self {
        let stem = name.split('.').next().unwrap_or_default();
        let mut extensions = name.split('.').skip(1);
        let is_test = stem.starts_with("test_")
            || stem.ends_with("_test")
            || matches!(stem, "conftest" | "tests")
            || extensions.clone().any(|part| matches!(part, "test" | "spec"))
            || name == ".env.test";
        if is_test {
            return Self::Test;
        }
        if matches!(name.rsplit('.').next(), Some("md" | "mdx" | "rst" | "adoc")) {
            return Self::Documentation;
        }
        let aside = |part: &str| matches!(part, "example" | "sample" | "template" | "dist" | "tmpl");
        if extensions.any(aside) || is_example(stem) {
            return Self::Example;
        }
        Self::Program
    }

    /// As said in a message; none for what is part of the program.
    pub const fn noun(self) -> Option<&'static str> {
        match self {
            Standing::Program => None,
            Standing::Test => Some("a test"),
            Standing::Documentation => Some("documentation"),
            Standing::Example => Some("an example"),
        }
    }
}

/// Whether a file's name says that it is an example: `example`, `examples-1`, `example_settings`, `settings_example`.
fn is_example(stem: &str) -> bool {
    let words = || stem.split(['-', '_']);
    let says = |word: Option<&str>| matches!(word, Some("example" | "examples"));
    says(words().next()) || says(words().next_back())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_tells_what_a_file_is_to_the_program() {
        for (path, expected) in [
            ("app/db.py", Standing::Program),
            ("latest/attest.py", Standing::Program),
            ("tests/db.py", Standing::Test),
            ("app/test_db.py", Standing::Test),
            ("src/db.spec.ts", Standing::Test),
            ("docs/db.py", Standing::Documentation),
            ("README.md", Standing::Documentation),
            (".env.example", Standing::Example),
            ("data/dms/examples-1.json", Standing::Example),
            ("settings_example.py", Standing::Example),
            ("mycli_test/utils.py", Standing::Test),
            ("pytest_postgresql/janitor.py", Standing::Test),
            ("contest/db.py", Standing::Program),
            ("examples/a/main.go", Standing::Example),
            (".env", Standing::Program),
        ] {
            assert_eq!(Standing::of(path), expected, "{path}");
        }
    }
}
