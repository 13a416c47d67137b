//! Hashes what is stored of a layer in whichever thread has time for it: the one that inflates it, or the one that looks at what is in it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::digest::{Block, Digest, Hasher, Hashing};

/// Blocks that may lie on the pile. Whoever would add one more hashes them first: so both threads have as much to do.
const MOST: usize = 16;

/// Blocks that wait to be hashed, in order.
#[derive(Clone, Default)]
pub struct Pile(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// Whether another thread works the pile off; else nothing is put on it.
    helped: AtomicBool,
    /// Held by whoever takes from the pile, so that what lies on it is hashed in order.
    hasher: Mutex<Hasher>,
    blocks: Mutex<Blocks>,
}

#[derive(Default)]
struct Blocks {
    full: VecDeque<Block>,
    filling: Block,
    empty: Vec<Block>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pile {
    /// From now on another thread works it off, too.
    pub fn help(&self) {
        self.0.helped.store(true, Ordering::Relaxed);
    }

    /// Hashes what lies on the pile.
    pub fn work_off(&self) {
        let mut hasher = lock(&self.0.hasher);
        loop {
            let Some(mut block) = lock(&self.0.blocks).full.pop_front() else { return };
            hasher.update(block.bytes());
            block.clear();
            lock(&self.0.blocks).empty.push(block);
        }
    }

    /// Puts bytes on the pile; false where it has grown too high.
    fn add(&self, mut bytes: &[u8]) -> bool {
        let mut blocks = lock(&self.0.blocks);
        while !bytes.is_empty() {
            let added = blocks.filling.add(bytes);
            bytes = bytes.get(added..).unwrap_or_default();
            if blocks.filling.is_full() {
                let empty = blocks.empty.pop().unwrap_or_default();
                let full = std::mem::replace(&mut blocks.filling, empty);
                blocks.full.push_back(full);
            }
        }
        blocks.full.len() <= MOST
    }
}

impl Hashing for Pile {
    type Output = Digest;

    fn update(&mut self, bytes: &[u8]) {
        if !self.0.helped.load(Ordering::Relaxed) {
            lock(&self.0.hasher).update(bytes);
        } else if !self.add(bytes) {
            self.work_off();
        }
    }

    fn finish(self) -> Digest {
        self.work_off();
        let mut hasher = std::mem::take(&mut *lock(&self.0.hasher));
        hasher.update(lock(&self.0.blocks).filling.bytes());
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn the_digest_is_the_same_whoever_makes_it() {
        let bytes: Vec<u8> = (0..40 * Block::SIZE + 7).map(|index| (index * 31 % 251) as u8).collect();
        for step in [1 << 10, Block::SIZE - 1, Block::SIZE, Block::SIZE + 1, bytes.len()] {
            let alone = Pile::default();
            let mut hasher = alone.clone();
            bytes.chunks(step).for_each(|chunk| hasher.update(chunk));
            assert_eq!(lock(&alone.0.blocks).empty.len(), 0, "nothing is copied where nobody helps");
            assert_eq!(hasher.finish(), Digest::of(&bytes), "{step} bytes at once");

            // Nobody comes to help: whoever adds has to do it.
            let forsaken = Pile::default();
            forsaken.help();
            let mut hasher = forsaken.clone();
            for chunk in bytes.chunks(step) {
                hasher.update(chunk);
                assert!(lock(&forsaken.0.blocks).full.len() <= MOST);
            }
            assert_eq!(hasher.finish(), Digest::of(&bytes), "{step} bytes at once");

            let helped = Pile::default();
            let mut hasher = helped.clone();
            let ended = AtomicBool::new(false);
            let digest = thread::scope(|scope| {
                scope.spawn(|| {
                    while !ended.load(Ordering::Relaxed) {
                        helped.work_off()
                    }
                });
                for (index, chunk) in bytes.chunks(step).enumerate() {
                    // It may come while the hashing is under way.
                    if index == 1 {
                        helped.help();
                    }
                    hasher.update(chunk);
                }
                ended.store(true, Ordering::Relaxed);
                hasher.finish()
            });
            assert_eq!(digest, Digest::of(&bytes), "{step} bytes at once");
        }
    }

    #[test]
    fn nothing_has_a_digest_too() {
        assert_eq!(Pile::default().finish(), Digest::of([]));
    }
}
