//! Unified diffs that `git apply` and `patch` take (POSIX `diff -u`).

use similar::TextDiff;

/// The change of a file as a diff; empty where nothing changes. Names are relative to where the diff is applied.
pub fn diff(name: &str, before: &str, after: &str) -> String {
    if before == after {
        return String::new();
    }
    hunks(&header("a", name), &header("b", name), before, after)
}

/// A file that is not there yet, as a diff.
pub fn new_file(name: &str, text: &str) -> String {
    hunks("/dev/null", &header("b", name), "", text)
}

fn hunks(before_name: &str, after_name: &str, before: &str, after: &str) -> String {
    // A lone carriage return ends no line for git, though it does for some.
    let (before, after): (Vec<&str>, Vec<&str>) =
        (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
    let diff = TextDiff::configure().newline_terminated(true).diff_slices(&before, &after);
    diff.unified_diff().header(before_name, after_name).to_string()
}

/// A name with the tab that ends it where a space in it would.
fn header(side: &str, name: &str) -> String {
    let tab = if name.contains(' ') { "\t" } else { "" };
    format!("{side}/{name}{tab}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carriage_returns_and_missing_line_ends_stay() {
        let shown = diff("d/Dockerfile", "FROM a\r\nUSER b", "FROM a\r\nADD c d\r\nUSER b");
        assert_eq!(
            shown,
            "--- a/d/Dockerfile\n+++ b/d/Dockerfile\n@@ -1,2 +1,3 @@\n FROM a\r\n+ADD c d\r\n USER b\n\\ No newline at end of file\n"
        );
        assert_eq!(diff("x", "a\n", "a\n"), "");
        assert!(new_file("a b", "x\n").starts_with("--- /dev/null\n+++ b/a b\t\n@@ -0,0 +1 @@\n+x\n"));
    }
}
