//! PAX extended headers: `LENGTH KEY=VALUE\n` records (POSIX.1-2001, "pax Extended Header").

use super::numeric::decimal;
use super::sparse::Fragment;

/// The records that matter here. The last of several records with one key counts, and an empty value means: as in the header.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Records {
    pub path: Option<Vec<u8>>,
    pub link: Option<Vec<u8>>,
    pub uid: Option<i64>,
    pub gid: Option<i64>,
    pub size: Option<i64>,
    pub overlay_opaque: bool,
    pub overlay_other: bool,
    pub sparse: Option<Map>,
}

/// What the records say of a sparse file (GNU tar manual, "Storing Sparse Files").
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Map {
    /// The name; the entry's own is a made-up one.
    pub name: Option<Vec<u8>>,
    /// The size with its holes.
    pub size: Option<i64>,
    /// Where the stored bytes belong; none where the map stands at the beginning of the body (format 1.0).
    pub fragments: Option<Vec<Fragment>>,
}

/// The values of `GNU.sparse.*`, each the last one given.
#[derive(Default)]
struct SparseRecords<'a> {
    major: &'a [u8],
    minor: &'a [u8],
    name: &'a [u8],
    size: &'a [u8],
    real_size: &'a [u8],
    blocks: &'a [u8],
    map: &'a [u8],
    /// Offsets and lengths by turns, one record each (format 0.0).
    pairs: Vec<&'a [u8]>,
}

impl Records {
    /// Reads the body of a PAX header.
    pub fn parse(mut text: &[u8]) -> Result<Self, &'static str> {
        let mut records = Records::default();
        let mut sparse = SparseRecords::default();
        let mut numbers: [&[u8]; 3] = [&[]; 3];
        let mut times: [&[u8]; 3] = [&[]; 3];
        let mut opaque = [false; 2];
        while !text.is_empty() {
            let (key, value, rest) = record(text)?;
            text = rest;
            match key {
                b"path" => records.path = some(value),
                b"linkpath" => records.link = some(value),
                b"uid" => numbers[0] = value,
                b"gid" => numbers[1] = value,
                b"size" => numbers[2] = value,
                b"atime" => times[0] = value,
                b"mtime" => times[1] = value,
                b"ctime" => times[2] = value,
                b"GNU.sparse.major" => sparse.major = value,
                b"GNU.sparse.minor" => sparse.minor = value,
                b"GNU.sparse.name" => sparse.name = value,
                b"GNU.sparse.size" => sparse.size = value,
                b"GNU.sparse.realsize" => sparse.real_size = value,
                b"GNU.sparse.numblocks" => sparse.blocks = value,
                b"GNU.sparse.map" => sparse.map = value,
                b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => {
                    let is_offset = key == b"GNU.sparse.offset";
                    if is_offset != sparse.pairs.len().is_multiple_of(2) || value.contains(&b',') {
                        return Err("its sparse records are out of order");
                    }
                    sparse.pairs.push(value);
                }
                _ => match overlay(key) {
                    Some((by, b"opaque")) => opaque[usize::from(by == Mounter::User)] = value == b"y",
                    Some(_) => records.overlay_other = true,
                    None => {}
                },
            }
        }
        records.overlay_opaque = opaque.contains(&true);
        let [uid, gid, size] = numbers.map(|value| some(value).map(|value| decimal(&value)).transpose());
        (records.uid, records.gid, records.size) = (uid?, gid?, size?);
        times.iter().filter(|time| !time.is_empty()).try_for_each(|time| check_time(time))?;
        records.sparse = sparse.map()?;
        Ok(records)
    }
}

impl SparseRecords<'_> {
    fn map(&self) -> Result<Option<Map>, &'static str> {
        let has_map = !self.map.is_empty() || !self.pairs.is_empty();
        let in_body = match (self.major, self.minor) {
            (b"0", b"0" | b"1") => false,
            (b"1", b"0") => true,
            // Formats 0.0 and 0.1 did not always say their version; other versions are ordinary files to Go.
            (b"", b"") if has_map => false,
            _ => return Ok(None),
        };
        let size = if self.size.is_empty() { self.real_size } else { self.size };
        Ok(Some(Map {
            name: some(self.name),
            size: some(size).map(|size| decimal(&size)).transpose()?,
            fragments: if in_body { None } else { Some(self.fragments()?) },
        }))
    }

    /// The map of formats 0.0 and 0.1.
    fn fragments(&self) -> Result<Vec<Fragment>, &'static str> {
        let wrong = "its sparse map does not have as many parts as it says";
        let count = usize::try_from(decimal(self.blocks)?).map_err(|_| wrong)?;
        let numbers: Vec<&[u8]> = if !self.pairs.is_empty() {
            self.pairs.clone()
        } else if self.map.is_empty() {
            Vec::new()
        } else {
            self.map.split(|byte| *byte == b',').collect()
        };
        if count.checked_mul(2) != Some(numbers.len()) {
            return Err(wrong);
        }
        numbers
            .chunks_exact(2)
            .map(|pair| match pair {
                [offset, length] => Ok(Fragment { offset: decimal(offset)?, length: decimal(length)? }),
                _ => Err(wrong),
            })
            .collect()
    }
}

/// Who mounts an overlay decides which attributes the kernel looks for in it.
#[derive(PartialEq, Eq)]
enum Mounter {
    /// Root: `trusted.overlay.*`.
    Root,
    /// Anybody, without privileges: `user.overlay.*`.
    User,
}

/// The attribute of overlayfs that a record gives an entry, without its prefix (Linux, `Documentation/filesystems/overlayfs.rst`).
fn overlay(key: &[u8]) -> Option<(Mounter, &[u8])> {
    let key = key.strip_prefix(b"SCHILY.xattr.")?;
    match key.strip_prefix(b"trusted.overlay.") {
        Some(name) => Some((Mounter::Root, name)),
        None => Some((Mounter::User, key.strip_prefix(b"user.overlay.")?)),
    }
}

/// A record, and the bytes behind it.
type Record<'a> = (&'a [u8], &'a [u8], &'a [u8]);

/// Key, value and what follows the first record of `text`.
fn record(text: &[u8]) -> Result<Record<'_>, &'static str> {
    const WRONG: &str = "a PAX record is malformed";
    let blank = text.iter().position(|byte| *byte == b' ').ok_or(WRONG)?;
    let (digits, _) = text.split_at(blank);
    let length = usize::try_from(decimal(digits).map_err(|_| WRONG)?).map_err(|_| WRONG)?;
    if length < 5 || length > text.len() || length <= blank + 1 {
        return Err(WRONG);
    }
    let (whole, rest) = text.split_at(length);
    let pair = whole.get(blank + 1..).and_then(|pair| pair.strip_suffix(b"\n")).ok_or(WRONG)?;
    let equals = pair.iter().position(|byte| *byte == b'=').ok_or(WRONG)?;
    let (key, value) = (pair.get(..equals).unwrap_or_default(), pair.get(equals + 1..).unwrap_or_default());
    let zeros_matter_in = if matches!(key, b"path" | b"linkpath" | b"uname" | b"gname") { value } else { key };
    if zeros_matter_in.contains(&0) {
        return Err("a PAX record has a zero byte in it");
    }
    Ok((key, value, rest))
}

/// Seconds with an optional fraction. Nobody here needs a time, but a header with a bad one is refused.
fn check_time(time: &[u8]) -> Result<(), &'static str> {
    let mut parts = time.splitn(2, |byte| *byte == b'.');
    decimal(parts.next().unwrap_or_default())?;
    match parts.next() {
        Some(fraction) if !fraction.iter().all(u8::is_ascii_digit) => Err("a PAX time is malformed"),
        _ => Ok(()),
    }
}

/// A value, unless it is empty.
fn some(value: &[u8]) -> Option<Vec<u8>> {
    (!value.is_empty()).then(|| value.to_vec())
}
