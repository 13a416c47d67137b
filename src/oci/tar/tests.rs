//! Headers written by the `tar` crate and by hand.

use super::*;

/// What one entry was: name, link, kind, size and body.
type Seen = (String, String, Kind, u64, Vec<u8>);

fn read(archive: &[u8]) -> Result<Vec<Seen>, TarError> {
    let mut reader = Reader::new(archive);
    let mut seen = Vec::new();
    while let Some(mut entry) = reader.next()? {
        let mut body = Vec::new();
        entry.body.read_to_end(&mut body)?;
        let header = entry.header;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        seen.push((text(&header.path), text(&header.link), header.kind, header.size, body));
    }
    Ok(seen)
}

fn names(archive: &[u8]) -> Vec<String> {
    read(archive).unwrap().into_iter().map(|seen| seen.0).collect()
}

/// A ustar header and its padded body, with the size field as asked for.
fn entry(flag: u8, name: &str, size: &[u8], body: &[u8]) -> Vec<u8> {
    let mut block = [0u8; BLOCK];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..108].copy_from_slice(b"0000644\0");
    block[124..124 + size.len()].copy_from_slice(size);
    block[156] = flag;
    block[257..265].copy_from_slice(b"ustar\x0000");
    let mut whole = sealed(block).to_vec();
    whole.extend_from_slice(body);
    whole.resize(whole.len().next_multiple_of(BLOCK), 0);
    whole
}

/// The block with its checksum set.
fn sealed(mut block: [u8; BLOCK]) -> [u8; BLOCK] {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block
}

fn file(name: &str, body: &str) -> Vec<u8> {
    entry(b'0', name, format!("{:011o}", body.len()).as_bytes(), body.as_bytes())
}

fn pax(flag: u8, records: &[(&str, &str)]) -> Vec<u8> {
    let mut body = String::new();
    for (key, value) in records {
        let rest = format!(" {key}={value}\n");
        let length = (rest.len()..).find(|length| length.to_string().len() + rest.len() == *length).unwrap();
        body.push_str(&format!("{length}{rest}"));
    }
    entry(flag, "pax", format!("{:011o}", body.len()).as_bytes(), body.as_bytes())
}

const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

#[test]
fn what_the_tar_crate_writes_is_read() {
    let mut builder = ::tar::Builder::new(Vec::new());
    let long = format!("{}/file", "d".repeat(150));
    for (name, body) in [("a", &b"abc"[..]), (long.as_str(), b""), ("z", &[7; 1000])] {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(body.len() as u64);
        header.set_mode(0o640);
        builder.append_data(&mut header, name, body).unwrap();
    }
    let mut header = ::tar::Header::new_gnu();
    header.set_entry_type(::tar::EntryType::Symlink);
    header.set_size(0);
    builder.append_link(&mut header, "l", "t".repeat(120)).unwrap();
    let seen = read(&builder.into_inner().unwrap()).unwrap();
    assert_eq!(seen[0], ("a".into(), String::new(), Kind::File, 3, b"abc".to_vec()));
    assert_eq!(seen[1].0, long);
    assert_eq!(seen[2].4, [7; 1000]);
    assert_eq!((seen[3].1.as_str(), seen[3].2), ("t".repeat(120).as_str(), Kind::Symlink));
}

#[test]
fn the_end_is_two_zero_blocks_or_the_end_of_the_stream() {
    let one = file("a", "x");
    assert_eq!(names(&one), ["a"]);
    assert_eq!(names(&[&one[..], &END[..BLOCK]].concat()), ["a"]);
    assert_eq!(names(&[&one[..], &END, b"garbage"].concat()), ["a"]);
    assert_eq!(names(&one[..BLOCK + 1]), ["a"], "padding may be missing");
    assert_eq!(names(b""), [""; 0]);
    assert!(matches!(read(&[&END[..BLOCK], &one].concat()), Err(TarError::Header { at: 0, .. })));
    assert!(matches!(read(&one[..BLOCK]), Err(TarError::Truncated { at: 512 })));
    assert!(matches!(read(&[&one[..], b"more"].concat()), Err(TarError::Truncated { at: 1028 })));
    let mut reader = Reader::new(&one[..BLOCK]);
    assert!(reader.next().unwrap().is_some());
    assert!(matches!(reader.next(), Err(TarError::Truncated { at: 512 })), "skipped bodies must be there too");
}

#[test]
fn the_last_pax_record_counts_and_gnu_names_go_over_it() {
    let path = |records: &[(&str, &str)]| [pax(b'x', records), file("h", "x")].concat();
    assert_eq!(names(&path(&[("path", "a"), ("path", "b")])), ["b"]);
    assert_eq!(names(&path(&[("path", "a"), ("path", "")])), ["h"]);
    let long = entry(b'L', "././@LongLink", b"00000000004", b"gnu\0");
    for order in [[pax(b'x', &[("path", "p")]), long.clone()], [long.clone(), pax(b'x', &[("path", "p")])]] {
        assert_eq!(names(&[order.concat(), file("h", "x")].concat()), ["gnu"]);
    }
    let global = [pax(b'g', &[("path", "p")]), file("h", "x")].concat();
    assert_eq!(names(&global), ["pax", "h"]);
    let again = [pax(b'x', &[("path", "a"), ("uid", "7")]), pax(b'x', &[("gid", "8")]), file("h", "x")].concat();
    let mut reader = Reader::new(&again[..]);
    let header = reader.next().unwrap().unwrap().header.clone();
    assert_eq!((header.path.as_slice(), header.uid, header.gid), (&b"h"[..], 0, 8));
}

#[test]
fn malformed_pax_records_are_refused() {
    for body in [
        "5 a=",
        "3 =\n",
        "99 path=a\n",
        "path=a\n",
        "-1 a=b\n",
        "6 ab\n\n",
        "10 path=\0\n",
        "10 uid=xx\n",
        "11 mtime=x\n",
    ] {
        let bad = entry(b'x', "pax", format!("{:011o}", body.len()).as_bytes(), body.as_bytes());
        assert!(read(&[bad, file("h", "x")].concat()).is_err(), "{body:?}");
    }
}

#[test]
fn sizes_come_from_where_go_takes_them() {
    let grown = [pax(b'x', &[("size", "3")]), entry(b'0', "a", b"00000000000", b"abc"), file("b", "y")].concat();
    assert_eq!(names(&grown), ["a", "b"]);
    let binary = [entry(b'0', "a", &[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3], b"abc"), file("b", "")].concat();
    assert_eq!(read(&binary).unwrap()[0].4, b"abc");
    assert!(read(&entry(b'0', "a", &[0xff; 12], b"")).is_err());
    let lying = [entry(b'1', "l", b"00000000011", b""), file("b", "y")].concat();
    assert_eq!(names(&lying), ["l", "b"], "a hard link has no body, whatever its size says");
    assert!(read(&entry(b'L', "l", b"00004000001", b"")).is_err(), "1 MiB and one byte");
    assert!(read(&entry(b'0', "a", b"99999999999", b"")).is_err());
}

#[test]
fn v7_directories_end_in_a_slash() {
    let kinds: Vec<_> = ["d/", "f"].map(|name| entry(0, name, b"", b"")).concat();
    let kinds: Vec<_> = read(&kinds).unwrap().into_iter().map(|seen| seen.2).collect();
    assert_eq!(kinds, [Kind::Directory, Kind::File]);
}

#[test]
fn checksums_may_be_signed_and_must_be_right() {
    let mut block: [u8; BLOCK] = entry(b'0', "a", b"", b"")[..BLOCK].try_into().unwrap();
    block[0] = 0xe4;
    assert!(read(&block).is_err());
    block[148..156].fill(b' ');
    let sum: i32 = block.iter().map(|byte| i32::from(*byte as i8)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    assert!(read(&block).is_ok());
}

#[test]
fn sparse_files_are_expanded() {
    let with = |records: &[(&str, &str)], body: &str| {
        let records = [records, &[("GNU.sparse.name", "s")]].concat();
        [pax(b'x', &records), file("GNUSparseFile.0/s", body), file("after", "z")].concat()
    };
    let expected = b"\0\0ab\0c\0".to_vec();
    let formats = [
        with(
            &[
                ("GNU.sparse.size", "7"),
                ("GNU.sparse.numblocks", "2"),
                ("GNU.sparse.offset", "2"),
                ("GNU.sparse.numbytes", "2"),
                ("GNU.sparse.offset", "5"),
                ("GNU.sparse.numbytes", "1"),
            ],
            "abc",
        ),
        with(&[("GNU.sparse.size", "7"), ("GNU.sparse.numblocks", "2"), ("GNU.sparse.map", "2,2,5,1")], "abc"),
        with(
            &[("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "7")],
            &format!("{:\0<512}abc", "2\n2\n2\n5\n1\n"),
        ),
    ];
    for archive in formats {
        let seen = read(&archive).unwrap();
        assert_eq!((seen[0].0.as_str(), &seen[0].4), ("s", &expected));
        assert_eq!(seen[1].0, "after");
        assert_eq!(names_skipping(&archive), ["s", "after"]);
    }
    for map in ["2,2,1,1", "2,9", "0,-1", "9223372036854775807,1", "1"] {
        let blocks = map.split(',').count().div_ceil(2).to_string();
        let bad = with(&[("GNU.sparse.size", "7"), ("GNU.sparse.numblocks", &blocks), ("GNU.sparse.map", map)], "abc");
        assert!(read(&bad).is_err(), "{map}");
    }
    let lacking = with(&[("GNU.sparse.size", "7"), ("GNU.sparse.numblocks", "1"), ("GNU.sparse.map", "0,7")], "abc");
    assert!(read(&lacking).is_err());
}

#[test]
fn a_body_is_the_same_piece_by_piece_and_to_its_end() {
    let whole: String = (0..70_000).map(|number| format!("{number}\n")).collect();
    let archive = [file("a", "first"), file("b", &whole), file("c", "last")].concat();
    assert_eq!(read(&archive).unwrap()[1].4, whole.as_bytes());
    for (step, steps) in [(1, 3), (511, 700), (200_000, 2), (whole.len(), 1)] {
        let mut reader = Reader::new(archive.as_slice());
        reader.next().unwrap();
        let mut entry = reader.next().unwrap().unwrap();
        let mut body = vec![0; step * steps];
        body.chunks_mut(step).for_each(|piece| entry.body.read_exact(piece).unwrap());
        assert_eq!(entry.body.read_to_end(&mut body).unwrap(), whole.len() - step * steps);
        assert!(body == whole.as_bytes(), "{steps} pieces of {step} bytes");
        assert_eq!(entry.body.read_to_end(&mut body).unwrap(), 0);
        assert_eq!(reader.next().unwrap().unwrap().header.path, b"c");
    }
    let mut reader = Reader::new(&archive[..BLOCK * 200]);
    reader.next().unwrap();
    let error = reader.next().unwrap().unwrap().body.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);

    // What is stored beyond the map of a sparse file is not in it.
    let records = [("GNU.sparse.size", "7"), ("GNU.sparse.numblocks", "1"), ("GNU.sparse.map", "1,2")];
    let sparse = [pax(b'x', &records), file("s", "abcdef"), file("t", "")].concat();
    let seen = read(&sparse).unwrap();
    assert_eq!((seen[0].4.as_slice(), seen[1].0.as_str()), (b"\0ab\0\0\0\0".as_slice(), "t"));
}

fn names_skipping(archive: &[u8]) -> Vec<String> {
    let mut reader = Reader::new(archive);
    let mut names = Vec::new();
    while let Some(entry) = reader.next().unwrap() {
        names.push(String::from_utf8_lossy(&entry.header.path).into_owned());
    }
    names
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(changes in proptest::collection::vec((0usize..4096, proptest::num::u8::ANY), 0..8)) {
        let mut archive = [pax(b'x', &[("path", "a"), ("size", "3"), ("GNU.sparse.map", "0,1,2,2"), ("GNU.sparse.numblocks", "2")]),
            file("h", "abc"), entry(b'K', "k", b"00000000004", b"link"), file("b", "x")].concat();
        for (at, byte) in changes {
            let length = archive.len();
            archive[at % length] = byte;
        }
        // Mutations break checksums, which hides what lies behind: mend those of the blocks that still look like headers.
        let mended: Vec<u8> = archive
            .chunks(BLOCK)
            .flat_map(|block| match <[u8; BLOCK]>::try_from(block) {
                Ok(block) if block[257..262] == *b"ustar" => sealed(block).to_vec(),
                _ => block.to_vec(),
            })
            .collect();
        let _ = read(&archive);
        let _ = read(&mended);
    }
}
