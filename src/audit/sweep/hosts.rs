//! How often each host is asked: never more often than is allowed, and not at all while it wants to be left alone.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a thread sleeps at most before it looks whether it is still wanted.
pub const NAP: Duration = Duration::from_millis(50);

/// A bucket holds as many requests as one second brings, so that a short pause is made up for.
const BURST: Duration = Duration::from_secs(1);

/// What is known of the hosts that are asked.
#[derive(Debug, Default)]
pub struct Hosts {
    /// Requests to one host in a second; none for as many as there are threads for.
    rate: Option<f64>,
    hosts: Mutex<HashMap<String, Host>>,
    requests: AtomicU64,
}

#[derive(Debug, Default)]
struct Host {
    /// When the next request has its turn.
    next: Option<Instant>,
    blocked_until: Option<Instant>,
    /// Refusals since the last answer.
    refusals: u32,
}

impl Hosts {
    /// Hosts that are each asked at most `rate` times in a second.
    pub fn new(rate: Option<f64>) -> Self {
        Self { rate, ..Self::default() }
    }

    /// Waits until a host may be asked once more, and counts the request. Comes back at once when `interrupted`.
    pub fn pass(&self, host: &str, interrupted: &AtomicBool) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let turn = self.turn(host);
        loop {
            let now = Instant::now();
            let wait = turn.max(self.blocked_until(host).unwrap_or(turn)).saturating_duration_since(now);
            if wait.is_zero() || interrupted.load(Ordering::Relaxed) {
                return;
            }
            std::thread::sleep(wait.min(NAP));
        }
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

    fn blocked_until(&self, host: &str) -> Option<Instant> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner).get(host)?.blocked_until
    }

    /// Notes that a host has refused, and says for how long it is left alone: as long as it says, or longer with every refusal.
    pub fn refused(&self, host: &str, asked_for: Option<Duration>, first: Duration, longest: Duration) -> Duration {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let host = hosts.entry(host.to_owned()).or_default();
        let now = Instant::now();
        // Requests that were under way when it began to refuse are refused too: that is one refusal, and not many.
        if asked_for.is_none() && host.blocked_until.is_none_or(|until| until <= now) {
            host.refusals = host.refusals.saturating_add(1);
        }
        let own = first.saturating_mul(1 << host.refusals.saturating_sub(1).min(16)).min(longest);
        let wait = asked_for.unwrap_or(own);
        host.blocked_until = now.checked_add(wait).max(host.blocked_until);
        wait
    }

    /// Notes that a host has answered.
    pub fn answered(&self, host: &str) {
        if let Some(host) = self.hosts.lock().unwrap_or_else(PoisonError::into_inner).get_mut(host) {
            host.refusals = 0;
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

    #[test]
    fn a_host_is_asked_at_its_rate_and_others_are_not_held_up() {
        let hosts = Hosts::new(Some(100.0));
        let free = AtomicBool::new(false);
        let begin = Instant::now();
        (0..20).for_each(|_| hosts.pass("a", &free));
        hosts.pass("b", &free);
        let took = begin.elapsed();
        assert!(took >= Duration::from_millis(180) && took < Duration::from_secs(2), "{took:?}");
        assert_eq!(hosts.requests(), 21);
    }

    #[test]
    fn a_refusal_holds_up_its_host_and_grows_until_there_is_an_answer() {
        let hosts = Hosts::new(None);
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
        hosts.pass("b", &AtomicBool::new(false));
        assert!(begin.elapsed() < Duration::from_millis(40));
        hosts.pass("a", &AtomicBool::new(true));
        assert!(begin.elapsed() < Duration::from_millis(40), "who is interrupted waits for nobody");
        hosts.pass("a", &AtomicBool::new(false));
        assert!(begin.elapsed() >= Duration::from_millis(50));
    }
}
