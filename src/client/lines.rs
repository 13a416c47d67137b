//! Lines of a text, by offset.

/// Where the lines of a text end.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    /// Those of that text.
    pub fn new(text: &str) -> Self {
        Self(memchr::memchr_iter(b'\n', text.as_bytes()).collect())
    }

    /// The line of a byte offset, from 1.
    pub fn of(&self, offset: usize) -> usize {
        self.0.partition_point(|end| *end < offset) + 1
    }
}
