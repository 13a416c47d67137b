//! Hashes a layer on another thread than the one that inflates it, as soon as there is one to spare.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use super::pool::Hands;
use crate::digest::{Block, Digest, Hasher, Hashing};
use crate::oci::layer::Hashers;

/// Blocks that wait to be hashed. With more of them whoever inflates waits no less.
const WAITING: usize = 4;

/// Hashes here while every thread has work, and elsewhere from the moment on when one has none.
pub struct Aside<'a> {
    hands: &'a Hands,
    place: Place,
}

enum Place {
    Here(Hasher),
    Elsewhere(Elsewhere),
}

/// Another thread, and the blocks that go to it and come back.
struct Elsewhere {
    filling: Block,
    full: SyncSender<Block>,
    empty: Receiver<Block>,
    thread: JoinHandle<Hasher>,
}

impl<'a> Aside<'a> {
    /// Hashes from the beginning; `hands` tells when a thread is to spare.
    pub fn new(hands: &'a Hands) -> Self {
        Self { hands, place: Place::Here(Hasher::default()) }
    }

    /// One for the bytes of a layer as stored and one for what is in it.
    pub fn both(hands: &'a Hands) -> Hashers<Self> {
        Hashers { stored: Self::new(hands), contents: Some(Self::new(hands)) }
    }
}

impl Elsewhere {
    /// Goes on with a hash on a thread of its own, or gives it back where there is none to be had.
    fn begin(hasher: Hasher) -> Place {
        let (full, blocks) = sync_channel::<Block>(WAITING);
        let (done, empty) = sync_channel(WAITING + 2);
        let mut hash = hasher.clone();
        let work = move || {
            for block in blocks {
                hash.update(block.bytes());
                // Nobody waits for it who does not want it.
                let _ = done.try_send(block);
            }
            hash
        };
        match thread::Builder::new().name("hash".to_owned()).spawn(work) {
            Ok(thread) => Place::Elsewhere(Self { filling: Block::default(), full, empty, thread }),
            Err(_) => Place::Here(hasher),
        }
    }

    fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let added = self.filling.add(bytes);
            bytes = bytes.get(added..).unwrap_or_default();
            if self.filling.is_full() {
                let full = std::mem::take(&mut self.filling);
                self.filling = self.hand_over(full);
            }
        }
    }

    /// Hands over what was added, then this block, and gives one that was hashed, or a new one.
    fn pass(&mut self, block: Block) -> Block {
        if !self.filling.bytes().is_empty() {
            let added = std::mem::take(&mut self.filling);
            self.filling = self.hand_over(added);
        }
        self.hand_over(block)
    }

    fn hand_over(&mut self, block: Block) -> Block {
        // It only fails where the other thread has panicked, which `finish` passes on.
        let _ = self.full.send(block);
        let mut empty = self.empty.try_recv().unwrap_or_default();
        empty.clear();
        empty
    }

    fn finish(mut self) -> Digest {
        self.pass(Block::default());
        drop(self.full);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)).finish()
    }
}

impl Aside<'_> {
    /// The other thread, begun where one is to spare.
    fn elsewhere(&mut self) -> Option<&mut Elsewhere> {
        if let Place::Here(hasher) = &mut self.place
            && self.hands.spare()
        {
            self.place = Elsewhere::begin(std::mem::take(hasher));
        }
        match &mut self.place {
            Place::Here(_) => None,
            Place::Elsewhere(elsewhere) => Some(elsewhere),
        }
    }
}

impl Hashing for Aside<'_> {
    type Output = Digest;

    fn update(&mut self, bytes: &[u8]) {
        match self.elsewhere() {
            Some(elsewhere) => elsewhere.update(bytes),
            None => {
                if let Place::Here(hasher) = &mut self.place {
                    hasher.update(bytes);
                }
            }
        }
    }

    fn pass(&mut self, block: Block) -> Block {
        match self.elsewhere() {
            Some(elsewhere) => elsewhere.pass(block),
            None => {
                self.update(block.bytes());
                block
            }
        }
    }

    fn finish(self) -> Digest {
        match self.place {
            Place::Here(hasher) => hasher.finish(),
            Place::Elsewhere(elsewhere) => elsewhere.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_the_same_wherever_it_is_made() {
        let bytes: Vec<u8> = (0..3 * Block::SIZE + 7).map(|index| (index * 31 % 251) as u8).collect();
        for step in [1 << 10, Block::SIZE - 1, Block::SIZE, Block::SIZE + 1, bytes.len()] {
            for jobs in [1, 2] {
                let hands = Hands::new(jobs, 1);
                let mut aside = Aside::new(&hands);
                bytes.chunks(step).for_each(|chunk| aside.update(chunk));
                assert_eq!(matches!(aside.place, Place::Elsewhere(_)), jobs == 2);
                assert_eq!(aside.finish(), Digest::of(&bytes), "{step} bytes at once, {jobs} jobs");
            }
        }
    }

    #[test]
    fn nothing_has_a_digest_too() {
        let hands = Hands::new(2, 1);
        assert_eq!(Aside::new(&hands).finish(), Digest::of([]));
        let mut aside = Aside::new(&hands);
        aside.update(&[]);
        assert_eq!(aside.finish(), Digest::of([]));
    }
}
