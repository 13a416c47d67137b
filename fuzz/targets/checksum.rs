//! Makes the headers of a spoilt archive count: a wrong checksum would hide all that lies behind it.

/// Bytes of a block, and where in it the checksum is (POSIX.1-1988, "ustar").
const BLOCK: usize = 512;
const FIELD: std::ops::Range<usize> = 148..156;

/// Gives each block that may be a header the checksum that it should have. Blocks of zeros stay what they are.
pub fn mend(archive: &[u8]) -> Vec<u8> {
    let mut archive = archive.to_vec();
    for block in archive.chunks_exact_mut(BLOCK) {
        if block.iter().all(|byte| *byte == 0) || block[FIELD] == [b'?'; 8] {
            continue;
        }
        block[FIELD].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[FIELD].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    archive
}
