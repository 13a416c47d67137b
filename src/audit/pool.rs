//! Work spread over threads, answers in the order of the work.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the threads that have work.
#[derive(Debug)]
pub struct Hands {
    jobs: usize,
    busy: AtomicUsize,
}

impl Hands {
    /// As many threads as there are jobs, of which `busy` have work.
    pub const fn new(jobs: usize, busy: usize) -> Self {
        Self { jobs, busy: AtomicUsize::new(busy) }
    }

    /// Whether there is a thread without work, whose part of the machine another may use.
    pub fn spare(&self) -> bool {
        self.busy.load(Ordering::Relaxed) < self.jobs
    }
}

/// Runs `work` over all items on `jobs` threads; the answers come in the order of the items.
pub fn map<T: Sync, R: Send>(items: &[T], jobs: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    map_with_hands(items, jobs, |item, _| work(item))
}

/// As [`map`], and tells the work whether there are threads that have run out of it.
pub fn map_with_hands<T: Sync, R: Send>(items: &[T], jobs: usize, work: impl Fn(&T, &Hands) -> R + Sync) -> Vec<R> {
    spread(items, jobs, || (), |item, hands, ()| work(item, hands))
}

/// As [`map`], where each thread has something of its own to work with, which `make` makes.
pub fn map_with<T: Sync, R: Send, O>(
    items: &[T],
    jobs: usize,
    make: impl Fn() -> O + Sync,
    work: impl Fn(&T, &O) -> R + Sync,
) -> Vec<R> {
    spread(items, jobs, make, |item, _, own| work(item, own))
}

fn spread<T: Sync, R: Send, O>(
    items: &[T],
    jobs: usize,
    make: impl Fn() -> O + Sync,
    work: impl Fn(&T, &Hands, &O) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let hands = Hands::new(jobs, jobs.min(items.len()));
    let worker = || {
        let (own, mut done) = (make(), Vec::new());
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { break };
            done.push((index, work(item, &hands, &own)));
        }
        hands.busy.fetch_sub(1, Ordering::Relaxed);
        done
    };
    let mut all = std::thread::scope(|scope| {
        let others: Vec<_> = (1..jobs.min(items.len())).map(|_| scope.spawn(worker)).collect();
        let mut all = worker();
        for other in others {
            // A worker that panicked took its answers along: the panic goes on here, it is not swallowed.
            all.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        all
    });
    all.sort_unstable_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_the_order_of_the_items() {
        let items: Vec<_> = (0..100).collect();
        for jobs in [1, 4, 200] {
            assert_eq!(map(&items, jobs, |item| item * 2), items.iter().map(|item| item * 2).collect::<Vec<_>>());
        }
        assert_eq!(map(&[], 4, |item: &i32| *item), [0; 0]);
    }

    #[test]
    fn each_thread_has_its_own() {
        let items: Vec<_> = (0..50).collect();
        let counts = map_with(&items, 3, || std::cell::Cell::new(0), |_, own| own.replace(own.get() + 1));
        // However the items are spread, every thread counts its own from zero.
        assert_eq!(
            counts.iter().filter(|count| **count == 0).count().clamp(1, 3),
            counts.iter().filter(|count| **count == 0).count()
        );
        assert_eq!(map_with(&items, 1, || std::cell::Cell::new(0), |_, own| own.replace(own.get() + 1)), items);
    }

    #[test]
    fn who_has_run_out_of_work_can_be_spared() {
        let spare = |items: &[i32], jobs| map_with_hands(items, jobs, |_, hands| hands.spare());
        assert_eq!(spare(&[0], 1), [false]);
        assert_eq!(spare(&[0], 2), [true]);
        assert_eq!(spare(&[0, 1], 1), [false, false]);
        let barrier = std::sync::Barrier::new(2);
        let both = map_with_hands(&[0, 1], 2, |_, hands| {
            let spare = hands.spare();
            barrier.wait();
            spare
        });
        assert_eq!(both, [false, false]);
    }
}
