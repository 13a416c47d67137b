//! Lists of path patterns as Docker reads them (`moby/patternmatcher`): `.dockerignore`, `COPY --exclude`, `COPY --parents`.

use globset::{GlobBuilder, GlobMatcher};

/// Patterns, of which the last that matches decides.
#[derive(Clone, Debug, Default)]
pub struct Patterns(Vec<Pattern>);

#[derive(Clone, Debug)]
struct Pattern {
    matcher: GlobMatcher,
    exception: bool,
}

impl Patterns {
    /// Takes the patterns of a list. One that is none is passed over, as it can match nothing.
    pub fn new<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Self {
        Self(patterns.into_iter().filter_map(pattern).collect())
    }

    /// Reads a `.dockerignore` (Dockerfile reference, ".dockerignore file").
    pub fn of_ignore_file(text: &str) -> Self {
        let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
        Self::new(lines.filter(|line| !line.is_empty() && !line.starts_with('#')))
    }

    /// Whether there are patterns that take files back out (`!keep.pem`), so that a directory that matches may hold some that do not.
    pub fn has_exceptions(&self) -> bool {
        self.0.iter().any(|pattern| pattern.exception)
    }

    /// Whether a path (relative, with `/`) matches. What lies in a directory that matches does so with it.
    pub fn matches(&self, path: &str) -> bool {
        let mut matched = false;
        for pattern in &self.0 {
            if pattern.exception == matched && pattern.matches(path) {
                matched = !pattern.exception;
            }
        }
        matched
    }
}

impl Pattern {
    /// Whether the path or a directory above it matches.
    fn matches(&self, path: &str) -> bool {
        let above = path.match_indices('/').map(|(at, _)| &path[..at]);
        above.chain([path]).any(|path| self.matcher.is_match(path))
    }
}

fn pattern(text: &str) -> Option<Pattern> {
    let (exception, pattern) = match text.strip_prefix('!') {
        Some(pattern) => (true, pattern.trim()),
        None => (false, text),
    };
    // As Go's `filepath.Clean` leaves it. Braces are letters there, and behind `**` a `/` goes without saying.
    let parts: Vec<_> = pattern.split('/').filter(|part| !part.is_empty() && *part != ".").map(component).collect();
    let matcher = GlobBuilder::new(&parts.join("/")).literal_separator(true).build().ok()?.compile_matcher();
    Some(Pattern { matcher, exception })
}

fn component(part: &str) -> String {
    let part = part.replace('{', "\\{").replace('}', "\\}");
    match part.strip_prefix("**") {
        Some(rest) if !rest.is_empty() => format!("**/{rest}"),
        _ => part,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_pattern_that_matches_decides() {
        let ignore = Patterns::of_ignore_file("# all\n*\n!certs\ncerts/*.key\n!certs/public.key\n/a/./b/\n**/*.tmp\n");
        for (path, matches) in [
            ("x", true),
            ("certs", false),
            ("certs/rds.pem", false),
            ("certs/private.key", true),
            ("certs/public.key", false),
            ("certs/deep/x.tmp", true),
            ("src/main.rs", true),
        ] {
            assert_eq!(ignore.matches(path), matches, "{path}");
        }
        assert!(ignore.has_exceptions());
        assert!(Patterns::of_ignore_file("a/b/").matches("a/b/c"));
        assert!(!Patterns::of_ignore_file("*.pem").matches("certs/x.pem"));
        assert!(!Patterns::of_ignore_file("").matches("x"));
    }

    #[test]
    fn stars_and_braces_are_those_of_docker() {
        for (pattern, path, matches) in [
            ("**/x.pem", "x.pem", true),
            ("**/x.pem", "a/b/x.pem", true),
            ("a/**", "a/b/c", true),
            ("a/**/c", "a/c", true),
            ("a/**/c", "b/a/c", false),
            ("**x.pem", "a/x.pem", true),
            ("{a,b}.pem", "a.pem", false),
            ("{a,b}.pem", "{a,b}.pem", true),
            ("[^a].pem", "b.pem", true),
            ("a?", "a/", false),
        ] {
            assert_eq!(Patterns::new([pattern]).matches(path), matches, "{pattern} {path}");
        }
    }
}
