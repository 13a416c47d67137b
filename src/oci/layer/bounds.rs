//! How much is kept of one layer, and how long its names may be.

/// Bounds of a walk. The defaults are those of the command; tests take smaller ones.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Entries; the largest real images have some 500,000.
    pub entries: u64,
    /// Bytes of names, links and texts that are recorded.
    pub recorded: usize,
    /// Bytes of files with certificates that nobody asked for; a hundred copies of what browsers trust.
    pub strays: u64,
    /// Bytes of notes; a program of a million lines connects to less.
    pub noted: usize,
    /// The largest sparse file whose holes are hashed, in bytes.
    pub sparse: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { entries: 10_000_000, recorded: 32 << 20, strays: 32 << 20, noted: 8 << 20, sparse: 4 << 30 }
    }
}

/// The most bytes of a name or a link (`PATH_MAX` of Linux): no runtime can make longer ones.
pub const LONGEST_NAME: usize = 4096;

/// The largest file that is searched for certificates, and the largest text that is kept.
pub const LARGEST_TEXT: u64 = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::layer::walk::Walk;
    use crate::oci::layer::{Inspect, Interest, LayerError, LayerFacts, Watch};
    use crate::oci::tar;
    use crate::tree::TreePath;

    fn header(name: &str, kind: ::tar::EntryType, size: u64) -> Vec<u8> {
        let mut header = ::tar::Header::new_gnu();
        header.set_path(name).unwrap();
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_mode(0o644);
        header.set_cksum();
        header.as_bytes().to_vec()
    }

    fn walk(archive: &[u8], bounds: Bounds) -> Result<LayerFacts<usize>, LayerError> {
        walk_with(archive, bounds, &|_, _| None)
    }

    fn walk_with(
        archive: &[u8],
        bounds: Bounds,
        note: &dyn Fn(&TreePath, &[u8]) -> Option<String>,
    ) -> Result<LayerFacts<usize>, LayerError> {
        let watch = Watch::new([TreePath::new("/opt/rds.pem")]);
        let inspect = |body: &[u8], _: Interest| body.windows(4).any(|window| window == b"CERT").then_some(body.len());
        let mut walk = Walk::within(&watch, Inspect { contents: &inspect, note }, bounds);
        let mut reader = tar::Reader::new(archive);
        while let Some(entry) = reader.next().unwrap() {
            walk.entry(entry)?;
        }
        Ok(walk.finish())
    }

    /// So many bytes, padded to whole blocks.
    fn body(size: usize) -> Vec<u8> {
        let mut body = vec![b'x'; size.div_ceil(512) * 512];
        body[..4].copy_from_slice(b"CERT");
        body
    }

    #[test]
    fn the_bounds_of_the_command_are_those_that_are_written_down() {
        let Bounds { entries, recorded, strays, noted, sparse } = Bounds::default();
        let document = include_str!("../../../docs/bounds.md");
        for (what, bound) in [
            ("| entries of a layer |", format!("{} million", entries / 1_000_000)),
            ("| names, links and texts kept of a layer |", format!("{} MiB", recorded >> 20)),
            ("| certificates kept of a layer that nobody asked for |", format!("{} MiB of files", strays >> 20)),
            ("| what is noted of the programs of a layer |", format!("{} MiB", noted >> 20)),
            ("| holes of a sparse file that are hashed |", format!("{} GiB", sparse >> 30)),
        ] {
            assert!(document.contains(&format!("{what} {bound} |")), "{what} {bound}");
        }
    }

    #[test]
    fn entries_are_counted_whatever_they_are() {
        use ::tar::EntryType::{Directory, Regular, Symlink};
        let archive: Vec<u8> =
            [("a", Directory), ("a/.wh.b", Regular), ("opt/rds.pem", Regular), ("c", Symlink), ("d", Regular)]
                .into_iter()
                .flat_map(|(name, kind)| header(name, kind, 0))
                .collect();
        let bounds = |entries| Bounds { entries, ..Bounds::default() };
        assert!(walk(&archive, bounds(5)).is_ok());
        assert_eq!(walk(&archive, bounds(4)).unwrap_err().to_string(), "has more than 4 entries");
    }

    #[test]
    fn what_is_recorded_is_counted() {
        let archive: Vec<u8> =
            (0..100).flat_map(|number| header(&format!("etc/ssl/{number}"), ::tar::EntryType::Regular, 0)).collect();
        let bounds = |recorded| Bounds { recorded, ..Bounds::default() };
        assert_eq!(walk(&archive, bounds(1 << 20)).unwrap().entries.len(), 100);
        let refused = walk(&archive, bounds(4 << 10)).unwrap_err().to_string();
        assert!(refused.contains("to record where certificates are kept"), "{refused}");
    }

    #[test]
    fn strays_beyond_the_bound_are_left_out_and_told() {
        let file = |name: &str| [header(name, ::tar::EntryType::Regular, 600), body(600)].concat();
        let archive = [file("srv/a"), file("srv/b"), file("srv/c")].concat();
        let bounds = |strays| Bounds { strays, ..Bounds::default() };
        let all = walk(&archive, bounds(1 << 20)).unwrap();
        assert_eq!((all.strays.len(), all.strays_complete), (3, true));
        let some = walk(&archive, bounds(2000)).unwrap();
        assert!(some.strays.len() < 3 && !some.strays_complete, "{:?}", some.strays);
    }

    #[test]
    fn notes_beyond_the_bound_are_left_out_and_told() {
        let archive: Vec<u8> = ["srv/a", "srv/b", "srv/c"]
            .into_iter()
            .flat_map(|name| [header(name, ::tar::EntryType::Regular, 600), body(600)].concat())
            .collect();
        let note = |path: &TreePath, _: &[u8]| Some(format!("{path} {}", "x".repeat(1000)));
        let within = |noted| walk_with(&archive, Bounds { noted, ..Bounds::default() }, &note).unwrap();
        let all = within(1 << 20);
        assert_eq!((all.notes.len(), all.notes_complete), (3, true));
        let some = within(2500);
        assert_eq!((some.notes.len(), some.notes_complete), (2, false));
    }

    #[test]
    fn a_large_file_is_hashed_and_neither_kept_nor_searched() {
        let size = usize::try_from(LARGEST_TEXT).unwrap();
        for (size, kept) in [(size, true), (size + 1, false)] {
            let archive = |name: &str| [header(name, ::tar::EntryType::Regular, size as u64), body(size)].concat();
            let facts = walk(&archive("etc/passwd"), Bounds::default()).unwrap();
            let [entry] = facts.entries.as_slice() else { panic!("{:?}", facts.entries) };
            let crate::oci::layer::Kind::File(file) = &entry.kind else { panic!("{entry:?}") };
            assert_eq!((file.text.is_some(), file.contents.is_some()), (kept, kept), "{size} bytes");
            assert_eq!(walk(&archive("srv/stray"), Bounds::default()).unwrap().strays.len(), usize::from(kept));
        }
    }

    #[test]
    fn a_sparse_file_is_not_an_excuse_for_hashing_for_hours() {
        // A PAX sparse file of 8 GiB without one byte of data (`GNU.sparse` 1.0).
        let record = |key: &str, value: &str| {
            let rest = format!(" {key}={value}\n");
            let length = (1..).find(|length| format!("{length}{rest}").len() == *length).unwrap();
            format!("{length}{rest}")
        };
        let size = (8_u64 << 30).to_string();
        let records = [("major", "1"), ("minor", "0"), ("name", "opt/rds.pem"), ("realsize", &size)];
        let records: String = records.iter().map(|(key, value)| record(&format!("GNU.sparse.{key}"), value)).collect();
        let mut pax = records.clone().into_bytes();
        pax.resize(pax.len().div_ceil(512) * 512, 0);
        let map = {
            let mut map = b"0\n".to_vec();
            map.resize(512, 0);
            map
        };
        let archive = [
            header("x", ::tar::EntryType::XHeader, records.len() as u64),
            pax,
            header("opt/rds.pem", ::tar::EntryType::Regular, 512),
            map,
        ]
        .concat();
        let refused = walk(&archive, Bounds::default()).unwrap_err().to_string();
        assert!(refused.contains("in a sparse file"), "{refused}");
        let bounds = Bounds { sparse: 1 << 20, ..Bounds::default() };
        assert!(walk(&archive, bounds).is_err());
    }
}
