//! How long a registry is waited for, and how often it is asked again.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Bounds on waiting. The defaults are those of the command; tests shorten them.
#[derive(Clone, Debug)]
pub struct Pace {
    /// Time within which a connection must stand.
    pub connect: Duration,
    /// Time within which the head of a response must come.
    pub answer: Duration,
    /// The stretch of waiting over which the speed of a body is judged.
    pub window: Duration,
    /// Bytes that must come within one window.
    pub least_in_window: u64,
    /// How often one request is made, the first time included.
    pub attempts: u32,
    /// The pause before the second attempt; each further one is twice as long.
    pub first_pause: Duration,
    /// The longest pause that is made, also when the registry asks for a longer one.
    pub longest_pause: Duration,
    /// How often one blob is taken up again after its connection was cut.
    pub resumes: u32,
    /// Whether a request that a busy registry refuses (429, 503) is made again here. Whoever knows better what to do in the
    /// meantime has it refused at once, as [`SourceError::Busy`](crate::oci::source::SourceError::Busy).
    pub waits_for_busy: bool,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            answer: Duration::from_secs(60),
            window: Duration::from_secs(60),
            // 16 KiB/s: slower than any line that a 100 MB layer is pulled over, faster than a server that only keeps us busy.
            least_in_window: 60 * (16 << 10),
            attempts: 5,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(120),
            resumes: 8,
            waits_for_busy: true,
        }
    }
}

impl Pace {
    /// The pause after the given number of attempts (from 1); `None` when no more are made, or when the registry asks for a
    /// longer pause than is made.
    pub(super) fn pause(&self, attempts: u32, asked_for: Option<Duration>) -> Option<Duration> {
        if attempts >= self.attempts {
            return None;
        }
        let own = self.first_pause.saturating_mul(1 << (attempts - 1).min(16));
        let pause = asked_for.unwrap_or(own.min(self.longest_pause));
        (pause <= self.longest_pause).then_some(pause)
    }
}

/// The pause that a response asks for (RFC 9110, section 10.2.3: seconds or a date).
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    Some(Duration::try_from(date.duration_since(Timestamp::now())).unwrap_or_default())
}

/// Judges the speed of one body by the time that was spent waiting for it; time spent on what came does not count.
pub(super) struct Speed {
    waited: Duration,
    received: u64,
}

impl Speed {
    pub(super) const fn new() -> Self {
        Self { waited: Duration::ZERO, received: 0 }
    }

    /// How much longer the next bytes may take.
    pub(super) fn patience(&self, pace: &Pace) -> Duration {
        pace.window.saturating_sub(self.waited)
    }

    /// Notes bytes that came; false when that was too slow.
    pub(super) fn note(&mut self, pace: &Pace, waited: Duration, bytes: u64) -> bool {
        self.waited += waited;
        self.received += bytes;
        if self.waited < pace.window {
            return true;
        }
        let enough = self.received >= pace.least_in_window;
        *self = Self::new();
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: &str) -> Option<Duration> {
        retry_after(&HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]))
    }

    #[test]
    fn a_pause_is_asked_for_in_seconds_or_by_date() {
        assert_eq!(asked("7"), Some(Duration::from_secs(7)));
        assert_eq!(asked("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert!(asked("Fri, 31 Dec 2100 23:59:59 GMT").unwrap() > Duration::from_secs(3600));
        assert_eq!(asked("soon"), None);
    }

    #[test]
    fn pauses_grow_and_end() {
        let pace = Pace::default();
        assert_eq!(pace.pause(1, None), Some(Duration::from_millis(500)));
        assert_eq!(pace.pause(3, None), Some(Duration::from_secs(2)));
        assert_eq!(pace.pause(1, Some(Duration::from_secs(9))), Some(Duration::from_secs(9)));
        assert_eq!(pace.pause(1, Some(Duration::from_secs(3600))), None);
        assert_eq!(pace.pause(5, None), None);
    }

    #[test]
    fn nobody_is_waited_for_without_end() {
        let Pace { connect, answer, window, least_in_window, attempts, first_pause, longest_pause, resumes, .. } =
            Pace::default();
        let seconds = [connect, answer, window, first_pause * 2, longest_pause].map(|time| time.as_secs());
        assert_eq!(seconds, [30, 60, 60, 1, 120]);
        assert_eq!((least_in_window / window.as_secs(), attempts, resumes), (16 << 10, 5, 8));
    }

    #[test]
    fn pauses_of_our_own_are_no_longer_than_the_longest() {
        let pace = Pace { attempts: 20, ..Pace::default() };
        assert_eq!(pace.pause(19, None), Some(pace.longest_pause));
    }

    #[test]
    fn a_drip_is_too_slow_and_a_pause_is_not() {
        let pace = Pace::default();
        let mut speed = Speed::new();
        let drips: Vec<_> = (0..60).map(|_| speed.note(&pace, Duration::from_secs(1), 1)).collect();
        assert!(drips[..59].iter().all(|fine| *fine));
        assert!(!drips[59]);
        let mut speed = Speed::new();
        assert!(speed.note(&pace, Duration::from_secs(59), 1 << 20));
        assert!(speed.note(&pace, Duration::from_secs(2), 1));
    }
}
