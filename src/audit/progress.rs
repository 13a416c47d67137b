//! Progress on stderr, for what takes longer than a second, on a terminal only.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What is over sooner needs no bar.
const DELAY: Duration = Duration::from_secs(1);

/// A bar that counts bytes. Clones count into the same bar.
#[derive(Clone)]
pub struct Progress {
    bar: ProgressBar,
    shown_at: Option<Instant>,
}

impl Progress {
    /// A bar that appears after a second if stderr is a terminal; or none at all.
    pub fn new(wanted: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        let template = "{msg:.dim} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar, shown_at: wanted.then(|| Instant::now() + DELAY) }
    }

    /// Says what is read now.
    pub fn begin(&self, what: &str) {
        self.bar.set_message(crate::text::escape(what).into_owned());
    }

    /// Says that so many more bytes are to be read.
    pub fn expect(&self, bytes: u64) {
        self.bar.inc_length(bytes);
    }

    fn advance(&self, bytes: usize) {
        if self.bar.is_hidden() && self.shown_at.is_some_and(|at| Instant::now() >= at) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(bytes as u64);
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Counts what is read from `inner`.
    pub fn count<R: Read>(&self, inner: R) -> impl Read + use<R> {
        Counted { inner, progress: self.clone() }
    }
}

struct Counted<R> {
    inner: R,
    progress: Progress,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.progress.advance(read);
        Ok(read)
    }
}
