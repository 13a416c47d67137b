//! Unpacks a layer on another thread than the one that looks at what is in it, as soon as there is one to spare. Inflating takes more than half
//! of the time, so the other thread does all the rest: both digests, and looking.

use std::io::{self, Read};
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, RecvError, SendError, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, Builder, Scope, ScopedJoinHandle};
use std::vec;

use super::hashing::Pile;
use super::pool::Hands;
use crate::digest::{Block, Hasher};
use crate::image::{self, LayerFacts, Passwords};
use crate::oci::layer::{Expected, Hashers, LayerError, Place, Unpacked, Watch};
use crate::oci::tar::Blocks;

/// Blocks that go from thread to thread at once. Waking the other one takes as long as inflating some kilobytes: with one block at a time that
/// is a tenth of the whole, with four of them half as much, and with more it does not become less.
const HANDFUL: usize = 4;

/// Handfuls that wait to be looked at.
const WAITING: usize = 2;

/// Unpacks where it is asked for blocks while every thread has work, and elsewhere from the moment on when one has none.
struct Ahead<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    hands: &'scope Hands,
    stored: Pile,
}

impl<'scope, 'env> Ahead<'scope, 'env> {
    /// For one layer. The other thread ends with `scope`; `hands` tells when one is to spare.
    fn new(scope: &'scope Scope<'scope, 'env>, hands: &'scope Hands) -> Self {
        Self { scope, hands, stored: Pile::default() }
    }
}

/// Reads a layer, both digests included; see [`image::read_layer_at`]. `hands` tells when a thread is to spare for it.
///
/// # Errors
/// As there.
pub fn read_layer(
    reader: impl Read + Send,
    expected: Expected,
    watch: &Watch,
    passwords: &Passwords,
    hands: &Hands,
) -> Result<LayerFacts, LayerError> {
    thread::scope(|scope| {
        let ahead = Ahead::new(scope, hands);
        let hashers = Hashers { stored: ahead.stored.clone(), contents: Some(Hasher::default()) };
        image::read_layer_at(ahead, reader, expected, watch, passwords, hashers)
    })
}

impl<'scope, 'env> Place<'scope> for Ahead<'scope, 'env> {
    type Unpacked<R: Read + Send + 'scope> = Unpacking<'scope, 'env, R>;

    fn unpack<R: Read + Send + 'scope>(self, reader: R) -> Unpacking<'scope, 'env, R> {
        Unpacking { ahead: self, side: Some(Side::Here(reader)) }
    }
}

/// The blocks of a reader, wherever they are filled.
struct Unpacking<'scope, 'env, R> {
    ahead: Ahead<'scope, 'env>,
    /// None only while it goes from one to the other.
    side: Option<Side<'scope, R>>,
}

enum Side<'scope, R> {
    Here(R),
    There(Elsewhere<'scope, R>),
}

/// Another thread, and the blocks that come from it and go back.
struct Elsewhere<'scope, R> {
    full: Receiver<io::Result<Vec<Block>>>,
    /// What has come and was not asked for yet.
    ready: vec::IntoIter<Block>,
    used: Vec<Block>,
    empty: Sender<Vec<Block>>,
    ended: bool,
    thread: ScopedJoinHandle<'scope, Result<R, RecvError>>,
}

impl<'scope, R: Read + Send + 'scope> Side<'scope, R> {
    /// Goes on with a reader on a thread of its own, or here where there is none to be had.
    fn there(reader: R, ahead: &Ahead<'scope, '_>) -> Self {
        let (to, full) = sync_channel(WAITING);
        let (empty, back) = channel();
        // Only a thread that is there gets the reader: it must not be gone with one that could not be begun.
        let (hand_over, handed) = sync_channel(1);
        let work = move || handed.recv().map(|reader| fill(reader, &to, &back));
        let Ok(thread) = Builder::new().name("unpack".to_owned()).spawn_scoped(ahead.scope, work) else {
            return Side::Here(reader);
        };
        ahead.stored.help();
        match hand_over.send(reader) {
            Ok(()) => Side::There(Elsewhere {
                full,
                ready: Vec::new().into_iter(),
                used: Vec::new(),
                empty,
                ended: false,
                thread,
            }),
            Err(SendError(reader)) => Side::Here(reader),
        }
    }
}

/// Fills blocks until there is nothing more to read or nobody wants them, and gives the reader back.
fn fill<R: Read>(mut reader: R, to: &SyncSender<io::Result<Vec<Block>>>, back: &Receiver<Vec<Block>>) -> R {
    let mut empty = Vec::new();
    loop {
        empty.extend(back.try_iter().flatten());
        let mut full = Vec::with_capacity(HANDFUL);
        let (mut ended, mut failure) = (false, None);
        while !ended && full.len() < HANDFUL {
            let mut block: Block = empty.pop().unwrap_or_default();
            if let Err(error) = block.fill(&mut reader) {
                failure = Some(error);
                break;
            }
            // One that is empty is the end.
            ended = block.bytes().is_empty();
            full.push(block);
        }
        if to.send(Ok(full)).is_err() || ended {
            return reader;
        }
        if let Some(error) = failure {
            // Nobody waits for it who does not want it.
            let _ = to.send(Err(error));
            return reader;
        }
    }
}

impl<R> Elsewhere<'_, R> {
    fn next(&mut self, before: Block) -> io::Result<Block> {
        if self.ended {
            return Ok(before);
        }
        self.used.push(before);
        loop {
            if let Some(block) = self.ready.next() {
                self.ended = block.bytes().is_empty();
                return Ok(block);
            }
            // It only fails where the other thread has ended, as has what comes from it then.
            let _ = self.empty.send(std::mem::take(&mut self.used));
            let gone = |RecvError| io::Error::other("what a layer is read from has failed before");
            self.ready = self.full.recv().map_err(gone)??.into_iter();
        }
    }

    fn into_inner(self) -> R {
        // Nobody wants more.
        drop((self.full, self.empty));
        match self.thread.join() {
            Ok(Ok(reader)) => reader,
            // It was handed over when the thread was begun.
            Ok(Err(gone)) => resume_unwind(Box::new(gone)),
            Err(panic) => resume_unwind(panic),
        }
    }
}

impl<'scope, R: Read + Send + 'scope> Blocks for Unpacking<'scope, '_, R> {
    fn next(&mut self, before: Block) -> io::Result<Block> {
        // A layer that ends in its first block is unpacked before another thread has begun.
        if before.is_full() && self.ahead.hands.spare() {
            self.side = match self.side.take() {
                Some(Side::Here(reader)) => Some(Side::there(reader, &self.ahead)),
                there => there,
            };
        }
        match &mut self.side {
            Some(Side::Here(reader)) => reader.next(before),
            Some(Side::There(elsewhere)) => {
                self.ahead.stored.work_off();
                elsewhere.next(before)
            }
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

impl<'scope, R: Read + Send + 'scope> Unpacked<R> for Unpacking<'scope, '_, R> {
    fn into_inner(self) -> R {
        match self.side {
            Some(Side::Here(reader)) => reader,
            Some(Side::There(elsewhere)) => elsewhere.into_inner(),
            None => resume_unwind(Box::new("what a layer is read from is gone")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads to the end, or so many blocks; gives what came, and what is left to be read.
    fn read(bytes: &[u8], jobs: usize, most: usize) -> (Vec<u8>, usize, bool) {
        let hands = Hands::new(jobs, 1);
        thread::scope(|scope| {
            let mut unpacking = Ahead::new(scope, &hands).unpack(bytes);
            let (mut read, mut block) = (Vec::new(), Block::default());
            for _ in 0..most {
                block = unpacking.next(block).unwrap();
                read.extend_from_slice(block.bytes());
            }
            let elsewhere = matches!(unpacking.side, Some(Side::There(_)));
            (read, unpacking.into_inner().len(), elsewhere)
        })
    }

    #[test]
    fn the_blocks_are_the_same_wherever_they_are_filled() {
        let bytes: Vec<u8> = (0..20 * Block::SIZE + 7).map(|index| (index * 31 % 251) as u8).collect();
        for length in [0, 1, Block::SIZE, Block::SIZE + 1, 5 * Block::SIZE, bytes.len()] {
            for jobs in [1, 2] {
                // Once more than there are blocks: the end stays the end.
                let (read, left, elsewhere) = read(&bytes[..length], jobs, 24);
                assert!(read == bytes[..length] && left == 0, "{length} bytes, {jobs} jobs");
                assert_eq!(elsewhere, jobs == 2 && length >= Block::SIZE, "{length} bytes, {jobs} jobs");
            }
        }
    }

    #[test]
    fn who_stops_early_gets_the_reader_back() {
        let bytes = vec![7; 100 * Block::SIZE];
        assert_eq!(read(&bytes, 1, 3).1, 97 * Block::SIZE);
        let (read, left, _) = read(&bytes, 2, 3);
        assert!(read.len() == 3 * Block::SIZE && left > 0, "{left}");
    }

    /// Fails behind so many blocks.
    struct Broken(usize);

    impl Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(1).ok_or(io::ErrorKind::ConnectionReset)?;
            Ok(buffer.len())
        }
    }

    #[test]
    fn a_failure_comes_behind_what_was_read_before_it_and_is_no_end() {
        let hands = Hands::new(2, 1);
        for good in 0..10 {
            thread::scope(|scope| {
                let mut unpacking = Ahead::new(scope, &hands).unpack(Broken(good));
                for _ in 0..good {
                    let mut full = Block::default();
                    full.fill(&mut io::repeat(0)).unwrap();
                    assert!(unpacking.next(full).unwrap().is_full());
                }
                let mut full = Block::default();
                full.fill(&mut io::repeat(0)).unwrap();
                assert_eq!(unpacking.next(full).unwrap_err().kind(), io::ErrorKind::ConnectionReset);
                assert!(unpacking.next(Block::default()).is_err());
                assert_eq!(unpacking.into_inner().0, 0);
            });
        }
    }
}
