//! The tar reader: it ends, it never reads behind its archive, and it says the same however the bytes come.
#![no_main]

mod checksum;

use std::io::{self, Read};

use libfuzzer_sys::fuzz_target;
use rdsca::oci::tar::{Header, Reader};

/// Gives a few bytes at a time, as a network does.
struct Slow<'a>(&'a [u8]);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(7);
        self.0.read(&mut buffer[..count])
    }
}

/// Every header with the length of what was read of its body, and how it ended.
fn entries(archive: impl Read, length: u64) -> (Vec<(Header, u64)>, Option<String>) {
    let mut reader = Reader::new(archive);
    let mut found = Vec::new();
    loop {
        match reader.next() {
            Ok(Some(mut entry)) => {
                let header = entry.header.clone();
                // Holes of sparse files cost nothing in the archive; a few are enough.
                let read = io::copy(&mut (&mut entry.body).take(1 << 20), &mut io::sink());
                let Ok(read) = read else { return (found, Some("body".to_owned())) };
                assert!(read <= header.size);
                found.push((header, read));
            }
            Ok(None) => return (found, None),
            Err(error) => return (found, Some(error.to_string())),
        }
        assert!(reader.position() <= length);
    }
}

fuzz_target!(|bytes: &[u8]| {
    let archive = checksum::mend(bytes);
    let length = archive.len() as u64;
    assert_eq!(entries(&archive[..], length), entries(Slow(&archive), length));
    let _ = entries(bytes, bytes.len() as u64);
});
