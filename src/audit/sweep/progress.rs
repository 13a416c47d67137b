//! How far a sweep is: a bar on a terminal, and elsewhere a line now and then.

use std::fmt;
use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What is over sooner needs no bar.
const DELAY: Duration = Duration::from_secs(1);

/// Between two lines where there is no terminal.
const LINE: Duration = Duration::from_secs(30);

/// Between two looks at what to show on a terminal.
const FRAME: Duration = Duration::from_millis(100);

/// Counts what is done, and shows it on stderr.
pub struct SweepProgress {
    shows: Shows,
    begin: Instant,
    shown: Mutex<Instant>,
    repositories: Counter,
    images: Counter,
    bytes: Counter,
    retries: AtomicU64,
    /// When the first layer was begun with.
    layers_since: Mutex<Option<Instant>>,
}

enum Shows {
    Nothing,
    Bar(ProgressBar),
    Lines,
}

#[derive(Default)]
struct Counter {
    done: AtomicU64,
    total: AtomicU64,
}

impl SweepProgress {
    /// On a terminal a bar, elsewhere lines; or nothing at all.
    pub fn new(wanted: bool) -> Self {
        let shows = match (wanted, std::io::stderr().is_terminal()) {
            (false, _) => Shows::Nothing,
            (true, false) => Shows::Lines,
            (true, true) => {
                let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
                if let Ok(style) = ProgressStyle::with_template("{bar:20} {msg}") {
                    bar.set_style(style);
                }
                Shows::Bar(bar)
            }
        };
        Self {
            shows,
            begin: Instant::now(),
            shown: Mutex::new(Instant::now()),
            repositories: Counter::default(),
            images: Counter::default(),
            bytes: Counter::default(),
            retries: AtomicU64::new(0),
            layers_since: Mutex::default(),
        }
    }

    /// Says how many repositories there are.
    pub(super) fn repositories(&self, total: u64) {
        self.repositories.total.store(total, Ordering::Relaxed);
    }

    /// The tags of one more repository are known.
    pub(super) fn listed(&self) {
        self.repositories.done.fetch_add(1, Ordering::Relaxed);
    }

    /// Says how many tags there are, and how many of them are to be looked up.
    pub(super) fn images(&self, total: u64, left: u64) {
        self.repositories.done.store(self.repositories.total.load(Ordering::Relaxed), Ordering::Relaxed);
        self.images.total.store(total, Ordering::Relaxed);
        self.images.done.store(total.saturating_sub(left), Ordering::Relaxed);
    }

    /// What one more tag points at is known.
    pub(super) fn looked_up(&self) {
        self.images.done.fetch_add(1, Ordering::Relaxed);
    }

    /// Says how many bytes of layers are to be read.
    pub(super) fn layers(&self, bytes: u64) {
        self.bytes.total.store(self.bytes.done.load(Ordering::Relaxed) + bytes, Ordering::Relaxed);
        self.layers_since.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Instant::now);
    }

    /// So many more bytes of layers were read.
    pub(super) fn moved(&self, bytes: u64) {
        self.bytes.done.fetch_add(bytes, Ordering::Relaxed);
        self.tick();
    }

    /// Something has to be asked for again.
    pub(super) fn retried(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    /// Shows how far it is, where it is time to.
    pub(super) fn tick(&self) {
        let pause = match self.shows {
            Shows::Nothing => return,
            Shows::Bar(_) => FRAME,
            Shows::Lines => LINE,
        };
        {
            let Ok(mut shown) = self.shown.try_lock() else { return };
            if shown.elapsed() < pause {
                return;
            }
            *shown = Instant::now();
        }
        match &self.shows {
            Shows::Nothing => {}
            Shows::Lines => anstream::eprintln!("rdsca: {self}"),
            Shows::Bar(bar) => {
                if bar.is_hidden() && self.begin.elapsed() >= DELAY {
                    bar.set_draw_target(ProgressDrawTarget::stderr());
                }
                let counter = if self.bytes.total() > 0 { &self.bytes } else { &self.images };
                bar.set_length(counter.total());
                bar.set_position(counter.done());
                bar.set_message(self.to_string());
            }
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Shows::Bar(bar) = &self.shows {
            bar.finish_and_clear();
        }
    }

    /// How long the layers that are left will take, going by those that were read.
    fn left(&self) -> Option<Duration> {
        let since = (*self.layers_since.lock().unwrap_or_else(PoisonError::into_inner))?.elapsed();
        let (done, left) = (self.bytes.done(), self.bytes.total().saturating_sub(self.bytes.done()));
        if done == 0 || left == 0 || since < DELAY {
            return None;
        }
        Duration::try_from_secs_f64(since.as_secs_f64() * left as f64 / done as f64).ok()
    }
}

impl Counter {
    fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }
}

impl fmt::Display for SweepProgress {
    /// `12 of 40 repositories, 300 of 1000 images, 1.2 GiB of 3.4 GiB, 3 retries, 5 minutes left`
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} of {} repositories", self.repositories.done(), self.repositories.total())?;
        if self.images.total() > 0 {
            write!(out, ", {} of {} images", self.images.done(), self.images.total())?;
        }
        if self.bytes.total() > 0 {
            write!(out, ", {} of {}", HumanBytes(self.bytes.done()), HumanBytes(self.bytes.total()))?;
        }
        match self.retries.load(Ordering::Relaxed) {
            0 => {}
            1 => write!(out, ", 1 retry")?,
            retries => write!(out, ", {retries} retries")?,
        }
        match self.left() {
            Some(left) => write!(out, ", {:#} left", HumanDuration(left)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_what_is_known_so_far() {
        let progress = SweepProgress::new(false);
        progress.repositories(2);
        progress.listed();
        assert_eq!(progress.to_string(), "1 of 2 repositories");
        progress.images(10, 8);
        progress.looked_up();
        progress.layers(4096);
        progress.moved(1024);
        progress.retried();
        assert_eq!(progress.to_string(), "2 of 2 repositories, 3 of 10 images, 1.00 KiB of 4.00 KiB, 1 retry");
        // What is to be read a second time comes on top.
        progress.layers(100);
        assert!(progress.to_string().contains("1.00 KiB of 1.10 KiB"));
    }
}
