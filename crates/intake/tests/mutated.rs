//! Submissions and archives of them, mutated at random, are admitted or refused: never a panic, never
//! anything outside of the copy, and no control character reaches a message.
//!
//! `GRADE_FUZZ_SECONDS` and `GRADE_FUZZ_SEED` are explained in the crate `mutate`. Never runs a program,
//! uses the network, or writes outside of a temporary folder.

use std::{
    ffi::OsStr,
    fs,
    io::{Cursor, Write as _},
    os::unix::ffi::OsStrExt as _,
    path::Path,
};

use fs_scratch::remove_tree;
use test_support::mutate::{Dice, acts, fuzz};

/// How many tests share the time, here and in the program's own tests.
const TESTS: u32 = 6;

/// Names of files in a submission, and what is in them.
const FILES: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        "[package]\nname = \"a\"\nedition = \"2024\"\n",
    ),
    ("src/main.rs", "fn main() {}\n"),
    ("src/größe.rs", ""),
    (".cargo/config.toml", "[build]\nrustc = \"x\"\n"),
    ("target/x", "x"),
    ("a b~", "x"),
];

#[test]
fn any_submission_is_refused_or_copied_exactly() {
    let folder = tempfile::tempdir().expect("a folder");
    let limits = intake::Limits {
        entries: 50,
        bytes: 4096,
        depth: 4,
    };
    let mut number = 0u32;
    fuzz("submission", TESTS, |dice| {
        number += 1;
        let (source, dest) = (folder.path().join("in"), folder.path().join("out"));
        for folder in [&source, &dest] {
            if folder.exists() {
                remove_tree(folder).expect("it can be removed");
            }
            fs::create_dir(folder).expect("a folder");
        }
        for (name, text) in FILES {
            let mut name = name.as_bytes().to_vec();
            if dice.below(3) == 0 {
                name = dice.mutate(&name);
            }
            let path = source.join(OsStr::from_bytes(&name));
            // Never outside, and never what no file system takes.
            let inside = !name.starts_with(b"/") && !name.windows(2).any(|two| two == b"..");
            if inside && let Some(parent) = path.parent() {
                let _ = fs::create_dir_all(parent);
                let _ = fs::write(&path, dice.mutate(text.as_bytes()));
            }
        }
        match intake::admit_folder(&source, &dest, &limits).expect("no fault of ours") {
            intake::Admission::Admitted(snapshot) => {
                for file in snapshot.files() {
                    let copied = snapshot.read(&file.path).expect("the copy can be read");
                    let original = fs::read(source.join(&file.path)).ok();
                    assert_eq!(copied, original, "{}", file.path);
                    assert!(!file.path.chars().any(acts), "{:?}", file.path);
                }
                harmless(snapshot.left_out());
            }
            intake::Admission::Refused(refusals) => {
                assert!(!refusals.is_empty());
                for refusal in refusals {
                    let text = refusal.place + &refusal.problem;
                    assert!(!text.chars().any(acts), "{text:?}");
                }
            }
        }
    });
}

/// What is said of what was left out can be printed.
fn harmless(left_out: &intake::LeftOuts) {
    for left_out in left_out.listed() {
        let text = left_out.path.clone() + &left_out.why.predicate();
        assert!(!text.chars().any(acts), "{text:?}");
    }
}

/// The tar archive, compressed.
fn packed(kind: intake::ArchiveKind, tar: Vec<u8>) -> Vec<u8> {
    let full = "memory takes everything";
    match kind {
        intake::ArchiveKind::TarXz => {
            let options = lzma_rust2::XzOptions::with_preset(0);
            let mut xz = lzma_rust2::XzWriter::new(Vec::new(), options).expect(full);
            xz.write_all(&tar).expect(full);
            xz.finish().expect(full)
        }
        intake::ArchiveKind::TarZst => {
            let level = ruzstd::encoding::CompressionLevel::Fastest;
            ruzstd::encoding::compress_to_vec(tar.as_slice(), level)
        }
        intake::ArchiveKind::TarBz2 => {
            let fast = bzip2::Compression::fast();
            let mut bz2 = bzip2::write::BzEncoder::new(Vec::new(), fast);
            bz2.write_all(&tar).expect(full);
            bz2.finish().expect(full)
        }
        intake::ArchiveKind::TarGz => {
            let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gz.write_all(&tar).expect(full);
            gz.finish().expect(full)
        }
        intake::ArchiveKind::Tar | intake::ArchiveKind::Zip => tar,
    }
}

/// A zip archive with this one in it.
fn wrapped(inner: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("in.zip", options).expect("a name");
    zip.write_all(inner).expect("memory takes everything");
    zip.finish().expect("memory takes everything").into_inner()
}

/// An archive of files, some of them mutated before they were packed.
fn archive(dice: &mut Dice, kind: intake::ArchiveKind) -> Vec<u8> {
    let files: Vec<(String, Vec<u8>)> = FILES
        .iter()
        .map(|(name, text)| {
            let mut name = name.as_bytes().to_vec();
            if dice.below(4) == 0 {
                name = dice.mutate(&name);
            }
            let name = String::from_utf8_lossy(&name).into_owned();
            (name, dice.mutate(text.as_bytes()))
        })
        .collect();
    match kind {
        intake::ArchiveKind::Zip => {
            let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
            let options = zip::write::SimpleFileOptions::default();
            for (name, text) in files {
                if zip.start_file(name, options).is_ok() {
                    zip.write_all(&text).expect("memory takes everything");
                }
            }
            let bytes = zip.finish().expect("memory takes everything").into_inner();
            dice.mutate(&bytes)
        }
        kind => {
            let mut tar = tar::Builder::new(Vec::new());
            for (name, text) in files {
                let mut header = tar::Header::new_gnu();
                header.set_size(text.len() as u64);
                header.set_mode(0o644);
                // What the library does not want to write is left out.
                let _ = tar.append_data(&mut header, name, text.as_slice());
            }
            let tar = tar.into_inner().expect("memory takes everything");
            let tar = dice.mutate(&tar);
            let bytes = packed(kind, tar);
            if dice.below(3) == 0 {
                dice.mutate(&bytes)
            } else {
                bytes
            }
        }
    }
}

#[test]
fn any_archive_is_refused_or_unpacked_inside() {
    let folder = tempfile::tempdir().expect("a folder");
    let limits = intake::Limits {
        entries: 50,
        bytes: 4096,
        depth: 4,
    };
    let (mut admitted, mut refused) = (0_u32, 0_u32);
    fuzz("archive", TESTS, |dice| {
        let (kind, name) = match dice.below(8) {
            0 => (intake::ArchiveKind::Tar, "in.tar"),
            1 => (intake::ArchiveKind::TarXz, "in.tar.xz"),
            2 => (intake::ArchiveKind::TarZst, "in.tar.zst"),
            3 => (intake::ArchiveKind::TarBz2, "in.tar.bz2"),
            4 | 5 => (intake::ArchiveKind::TarGz, "in.tar.gz"),
            _ => (intake::ArchiveKind::Zip, "in.zip"),
        };
        let (source, dest) = (folder.path().join(name), folder.path().join("out"));
        if dest.exists() {
            remove_tree(&dest).expect("it can be removed");
        }
        fs::create_dir(&dest).expect("a folder");
        let mut bytes = archive(dice, kind);
        if dice.below(4) == 0 {
            bytes = wrapped(&bytes);
        }
        fs::write(&source, bytes).expect("a file");
        let location = intake::Location::new(folder.path(), name);
        let source = intake::Source::Archive(location, kind);
        let wanted = intake::Wanted {
            exercise: "any",
            checkout: Path::new("any"),
            among: &[],
        };
        match intake::admit_source(&source, wanted, &dest, &limits).expect("no fault of ours") {
            intake::Admission::Admitted(snapshot) => {
                admitted += 1;
                harmless(snapshot.left_out());
                for file in snapshot.files() {
                    assert!(!file.path.chars().any(acts), "{:?}", file.path);
                    let copied = snapshot.read(&file.path).expect("the copy can be read");
                    assert!(
                        copied.is_some_and(|bytes| bytes.len() <= 4096),
                        "{}",
                        file.path
                    );
                }
            }
            intake::Admission::Refused(refusals) => {
                refused += 1;
                assert!(!refusals.is_empty());
                for refusal in refusals {
                    let text = refusal.place + &refusal.problem;
                    assert!(!text.chars().any(acts), "{text:?}");
                }
            }
        }
        let beside = fs::read_dir(folder.path()).expect("a folder").flatten();
        for entry in beside {
            let file_name = entry.file_name();
            assert!(file_name == name || file_name == "out", "{file_name:?}");
        }
        fs::remove_file(folder.path().join(name)).expect("it can be removed");
    });
    assert!(admitted > 0 && refused > 0, "{admitted} {refused}");
}
