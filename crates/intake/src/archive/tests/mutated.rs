//! Archives that were changed at random never panic, never lead outside, never pass a limit. `admit_within`
//! checks all of this after every case.

use proptest::{prelude::*, sample::Index};

use super::*;

/// One thing that happens to bytes.
#[derive(Debug, Clone)]
enum Change {
    Set(Index, u8),
    Cut(Index),
    /// Copy some bytes over others, so that names, sizes and signatures end up elsewhere.
    Copy(Index, Index, usize),
    Insert(Index, Vec<u8>),
    Word(Index, u32),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        6 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        1 => any::<Index>().prop_map(Change::Cut),
        2 => (any::<Index>(), any::<Index>(), 1..200_usize)
            .prop_map(|(from, to, length)| Change::Copy(from, to, length)),
        1 => (any::<Index>(), prop::collection::vec(any::<u8>(), 1..40))
            .prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        2 => (any::<Index>(), prop::sample::select(vec![0, 1, 0xffff, u32::MAX, 1 << 31]))
            .prop_map(|(at, word)| Change::Word(at, word)),
    ]
}

fn apply(bytes: &mut Vec<u8>, changes: &[Change]) {
    for change in changes {
        if bytes.is_empty() {
            return;
        }
        let length = bytes.len();
        match change {
            Change::Set(at, byte) => bytes[at.index(length)] = *byte,
            Change::Cut(at) => bytes.truncate(at.index(length)),
            Change::Copy(from, to, count) => {
                let (from, to) = (from.index(length), to.index(length));
                let count = (*count).min(length - from.max(to));
                bytes.copy_within(from..from + count, to);
            }
            Change::Insert(at, inserted) => {
                let at = at.index(length);
                bytes.splice(at..at, inserted.iter().copied());
            }
            Change::Word(at, word) => {
                let at = at.index(length);
                let count = (length - at).min(4);
                bytes[at..at + count].copy_from_slice(&word.to_le_bytes()[..count]);
            }
        }
    }
}

const SMALL: Limits = Limits {
    entries: 12,
    bytes: 300,
    depth: 3,
};

fn some_zip() -> Zip {
    let big = make::Item::new(b"p/big", &[7; 150]).with(|item| item.is_zip64 = true);
    Zip::default()
        .folder("p/")
        .file("p/Cargo.toml", "[package]\n")
        .file("p/src/main.rs", "fn main() {}\n")
        .file("p/target/x", "x")
        .item(big)
}

fn some_tar() -> TarBall {
    TarBall::default()
        .entry(b'5', b"p/", b"", b"")
        .pax(b'g', &[("comment", "x")])
        .file("p/Cargo.toml", "[package]\n")
        .pax(b'x', &[("path", "p/src/main.rs"), ("size", "3")])
        .file("x", "abc")
        .entry(b'L', b"././@LongLink", b"", b"p/a/long/name\0")
        .file("x", "d")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_zip_does_no_harm(changes in prop::collection::vec(change(), 1..6)) {
        let mut bytes = some_zip().bytes();
        apply(&mut bytes, &changes);
        admit_within("hw.zip", &bytes, SMALL);
    }

    #[test]
    fn a_changed_tar_does_no_harm(changes in prop::collection::vec(change(), 1..6)) {
        let mut bytes = some_tar().tar();
        apply(&mut bytes, &changes);
        admit_within("hw.tgz", &gzip(&bytes), SMALL);
    }

    #[test]
    fn a_changed_stream_of_any_compression_does_no_harm(
        changes in prop::collection::vec(change(), 1..6),
    ) {
        let tar = some_tar().tar();
        let packed = [gzip(&tar), make::xz(&tar), make::zstd(&tar), make::bzip2(&tar), tar];
        for mut bytes in packed {
            apply(&mut bytes, &changes);
            admit_within("hw.tgz", &bytes, SMALL);
        }
    }

    #[test]
    fn a_changed_archive_in_an_archive_does_no_harm(
        changes in prop::collection::vec(change(), 1..6),
    ) {
        let mut bytes = some_zip().bytes();
        apply(&mut bytes, &changes);
        admit_within("hw.zip", &Zip::default().file("hw.zip", &bytes).bytes(), SMALL);
        let mut bytes = Zip::default().file("hw.tgz", some_tar().bytes()).bytes();
        apply(&mut bytes, &changes);
        admit_within("hw.zip", &bytes, SMALL);
    }

    #[test]
    fn any_names_in_any_order_do_no_harm(
        names in prop::collection::vec("(\\.\\.|[a-cA-C.]|Cargo.toml|CACHEDIR.TAG|target|/|\\\\){1,8}", 0..20),
    ) {
        let zip = names.iter().fold(Zip::default(), |zip, name| zip.file(name, "x"));
        admit_within("hw.zip", &zip.bytes(), SMALL);
        let items = zip.items.into_iter().map(|item| item.with(|item| item.system = 0));
        admit_within("hw.zip", &items.fold(Zip::default(), Zip::item).bytes(), SMALL);
        let tar = names.iter().fold(TarBall::default(), |tar, name| tar.file(name, "x"));
        admit_within("hw.tgz", &tar.bytes(), SMALL);
    }

    #[test]
    fn any_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        admit_within("hw.zip", &[b"PK\x03\x04", bytes.as_slice()].concat(), SMALL);
        let starts: [&[u8]; 4] = [b"\x1f\x8b\x08", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"BZh9"];
        for start in starts {
            admit_within("hw.tgz", &[start, bytes.as_slice()].concat(), SMALL);
        }
    }
}
