//! `.dockerignore`: which files of a folder a build does not see (Dockerfile reference, ".dockerignore file").

use globset::{GlobBuilder, GlobMatcher};

/// The patterns of one file.
#[derive(Debug, Default)]
pub struct DockerIgnore {
    /// In the order of the file; the last that matches decides.
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    matcher: GlobMatcher,
    exception: bool,
}

impl DockerIgnore {
    /// Reads the file's text. A pattern that is none is passed over, as it can match nothing.
    pub fn parse(text: &str) -> Self {
        let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
        let patterns = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).filter_map(pattern).collect();
        Self { patterns }
    }

    /// Whether there are patterns that take files back in (`!keep.pem`), so that an excluded directory may hold some.
    pub fn has_exceptions(&self) -> bool {
        self.patterns.iter().any(|pattern| pattern.exception)
    }

    /// Whether a path (relative, with `/`) is kept out. What lies in a directory that is kept out is kept out with it.
    pub fn excludes(&self, path: &str) -> bool {
        let mut excluded = false;
        for pattern in &self.patterns {
            if pattern.exception == excluded && pattern.matches(path) {
                excluded = !pattern.exception;
            }
        }
        excluded
    }
}

impl Pattern {
    /// Whether the path or a directory above it matches.
    fn matches(&self, path: &str) -> bool {
        let above = path.match_indices('/').map(|(at, _)| &path[..at]);
        above.chain([path]).any(|path| self.matcher.is_match(path))
    }
}

fn pattern(line: &str) -> Option<Pattern> {
    let (exception, pattern) = match line.strip_prefix('!') {
        Some(pattern) => (true, pattern.trim()),
        None => (false, line),
    };
    // As Go's `filepath.Clean` leaves it.
    let parts: Vec<_> = pattern.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let matcher = GlobBuilder::new(&parts.join("/")).literal_separator(true).build().ok()?.compile_matcher();
    Some(Pattern { matcher, exception })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_pattern_that_matches_decides() {
        let ignore = DockerIgnore::parse("# all\n*\n!certs\ncerts/*.key\n!certs/public.key\n/a/./b/\n**/*.tmp\n");
        for (path, excluded) in [
            ("x", true),
            ("certs", false),
            ("certs/rds.pem", false),
            ("certs/private.key", true),
            ("certs/public.key", false),
            ("certs/deep/x.tmp", true),
            ("src/main.rs", true),
        ] {
            assert_eq!(ignore.excludes(path), excluded, "{path}");
        }
        assert!(ignore.has_exceptions());
        assert!(DockerIgnore::parse("a/b/").excludes("a/b/c"));
        assert!(!DockerIgnore::parse("*.pem").excludes("certs/x.pem"));
        assert!(!DockerIgnore::parse("").excludes("x"));
    }
}
