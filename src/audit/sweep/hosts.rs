//! How often each host is asked: never more often than is allowed, and not at all while it wants to be left alone.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::oci::source::SourceError;

/// How long a thread sleeps at most before it looks whether it is still wanted.
pub const NAP: Duration = Duration::from_millis(50);

/// A bucket holds as many requests as one second brings, so that a short pause is made up for.
const BURST: Duration = Duration::from_secs(1);

/// How much longer than it is waited for a host is left alone that is given up.
const GIVEN_UP: Duration = Duration::from_secs(1);

/// What is known of the hosts that are asked.
#[derive(Debug, Default)]
pub struct Hosts {
    /// Requests to one host in a second; none for as many as there are threads for.
    rate: Option<f64>,
    /// For how long a host is waited for.
    longest: Duration,
    hosts: Mutex<HashMap<String, Host>>,
    requests: AtomicU64,
}

#[derive(Debug, Default)]
struct Host {
    /// When the next request has its turn.
    next: Option<Instant>,
    blocked_until: Option<Instant>,
    /// Refusals since the last answer, and when the first of them came.
    refusals: u32,
    refuses_since: Option<Instant>,
}

impl Hosts {
    /// Hosts that are each asked at most `rate` times in a second, and waited for as long as `longest`.
    pub fn new(rate: Option<f64>, longest: Duration) -> Self {
        Self { rate, longest, ..Self::default() }
    }

    /// Waits until a host may be asked once more, and counts the request.
    ///
    /// # Errors
    /// [`SourceError::Busy`] at once, where it wants to be left alone for longer than it is waited for, or nobody wants to wait any more.
    pub fn pass(&self, host: &str, interrupted: &AtomicBool) -> Result<(), SourceError> {
        let turn = self.turn(host);
        loop {
            let now = Instant::now();
            let blocked = self.blocked_until(host).map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
            let wait = blocked.max(turn.saturating_duration_since(now));
            if wait.is_zero() {
                self.requests.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
            if blocked > self.longest || interrupted.load(Ordering::Relaxed) {
                return Err(SourceError::Busy { message: format!("{host} wants to be left alone"), wait: Some(wait) });
            }
            std::thread::sleep(wait.min(NAP));
        }
    }

    /// Counts requests that followed one that had passed. Where there is a rate none may.
    pub fn followed(&self, requests: usize) {
        self.requests.fetch_add(requests as u64, Ordering::Relaxed);
    }

    fn turn(&self, host: &str) -> Instant {
        let now = Instant::now();
        let Some(rate) = self.rate else { return now };
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let host = hosts.entry(host.to_owned()).or_default();
        let full = now.checked_sub(BURST).unwrap_or(now);
        let turn = host.next.unwrap_or(now).max(full);
        host.next = Some(turn + Duration::from_secs_f64(1.0 / rate));
        turn
    }

    /// Whether a host is left alone now.
    pub fn is_blocked(&self, host: &str) -> bool {
        self.blocked_until(host).is_some_and(|until| until > Instant::now())
    }

    fn blocked_until(&self, host: &str) -> Option<Instant> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner).get(host)?.blocked_until
    }

    /// Notes that a host has refused, and says for how long it is left alone: as long as it says, or longer with every refusal. One that has
    /// done nothing but refuse for longer than a host is waited for is given up: it is left alone for longer than that.
    pub fn refused(&self, host: &str, asked_for: Option<Duration>, first: Duration, longest: Duration) -> Duration {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let host = hosts.entry(host.to_owned()).or_default();
        let now = Instant::now();
        let refuses_for = now.saturating_duration_since(*host.refuses_since.get_or_insert(now));
        // Requests that were under way when it began to refuse are refused too: that is one refusal, and not many.
        if asked_for.is_none() && host.blocked_until.is_none_or(|until| until <= now) {
            host.refusals = host.refusals.saturating_add(1);
        }
        let own = first.saturating_mul(1 << host.refusals.saturating_sub(1).min(16)).min(longest);
        let mut wait = asked_for.unwrap_or(own);
        if refuses_for > self.longest {
            wait = wait.max(self.longest + GIVEN_UP);
        }
        host.blocked_until = now.checked_add(wait).max(host.blocked_until);
        wait
    }

    /// Leaves a host alone for so long, as was found out earlier.
    pub fn block(&self, host: &str, wait: Duration) {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.entry(host.to_owned()).or_default().blocked_until = Instant::now().checked_add(wait);
    }

    /// Notes that a host has answered.
    pub fn answered(&self, host: &str) {
        if let Some(host) = self.hosts.lock().unwrap_or_else(PoisonError::into_inner).get_mut(host) {
            (host.refusals, host.refuses_since) = (0, None);
        }
    }

    /// Requests so far.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_host_is_asked_at_its_rate_and_others_are_not_held_up() {
        let hosts = Hosts::new(Some(100.0), LONG);
        let free = AtomicBool::new(false);
        let begin = Instant::now();
        (0..20).for_each(|_| hosts.pass("a", &free).unwrap());
        hosts.pass("b", &free).unwrap();
        let took = begin.elapsed();
        assert!(took >= Duration::from_millis(180) && took < Duration::from_secs(2), "{took:?}");
        assert_eq!(hosts.requests(), 21);
    }

    #[test]
    fn a_refusal_holds_up_its_host_and_grows_until_there_is_an_answer() {
        let hosts = Hosts::new(None, LONG);
        let (first, longest) = (Duration::from_millis(10), Duration::from_millis(25));
        let refused = || {
            // The second is one that was under way.
            let waits = [(); 2].map(|()| hosts.refused("a", None, first, longest).as_millis());
            std::thread::sleep(longest + first);
            waits
        };
        assert_eq!([refused(), refused(), refused()], [[10, 10], [20, 20], [25, 25]]);
        hosts.answered("a");
        assert_eq!(hosts.refused("a", None, first, longest), first);
        assert_eq!(hosts.refused("a", Some(Duration::from_millis(60)), first, longest), Duration::from_millis(60));
        let begin = Instant::now();
        hosts.pass("b", &AtomicBool::new(false)).unwrap();
        assert!(begin.elapsed() < Duration::from_millis(40));
        assert!(hosts.pass("a", &AtomicBool::new(true)).is_err(), "who is interrupted asks nobody any more");
        assert!(begin.elapsed() < Duration::from_millis(40), "and waits for nobody");
        hosts.pass("a", &AtomicBool::new(false)).unwrap();
        assert!(begin.elapsed() >= Duration::from_millis(50));
    }

    #[test]
    fn a_host_that_does_nothing_but_refuse_is_given_up() {
        let longest = Duration::from_millis(30);
        let hosts = Hosts::new(None, longest);
        let refused = || hosts.refused("a", Some(Duration::from_millis(1)), longest, longest);
        assert_eq!(refused(), Duration::from_millis(1));
        std::thread::sleep(2 * longest);
        assert!(refused() > longest);
        let begin = Instant::now();
        let Err(SourceError::Busy { wait: Some(wait), .. }) = hosts.pass("a", &AtomicBool::new(false)) else {
            panic!("it is not waited for that long")
        };
        assert!(wait > longest && begin.elapsed() < longest, "{wait:?}");
        hosts.answered("a");
        assert_eq!(refused(), Duration::from_millis(1), "one answer, and all is as at the beginning");
    }
}
