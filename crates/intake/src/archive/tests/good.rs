//! Archives that are good.

use super::*;
use crate::{
    admit::{admit_folder, admit_named},
    snapshot::SnapshotFile,
};
use ids::Digest;

/// The digest of these files as a folder.
fn folder_digest(files: &[(&str, &str)]) -> Digest {
    let (source, dest) = (tempdir().unwrap(), tempdir().unwrap());
    for (name, data) in files {
        let path = source.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, data).unwrap();
    }
    match admit_folder(source.path(), dest.path(), &LIMITS).unwrap() {
        Admission::Admitted(snapshot) => snapshot.digest().clone(),
        Admission::Refused(refusals) => panic!("{refusals:#?}"),
    }
}

fn zip_of(prefix: &str, files: &[(&str, &str)]) -> Vec<u8> {
    let add = |zip: Zip, (name, data): &(&str, &str)| zip.file(format!("{prefix}{name}"), data);
    files.iter().fold(Zip::default(), add).bytes()
}

fn tar_of(prefix: &str, files: &[(&str, &str)]) -> Vec<u8> {
    let add = |tar: TarBall, (name, data): &(&str, &str)| tar.file(format!("{prefix}{name}"), data);
    files.iter().fold(TarBall::default(), add).bytes()
}

#[test]
fn a_folder_its_zip_and_its_tar_have_one_digest() {
    let files = [
        ("Cargo.lock", "left out"),
        ("Cargo.toml", "[package]\n"),
        (".cargo/config.toml", "left out"),
        (".git/HEAD", "left out"),
        ("src/main.rs", "fn main() {}\n"),
        ("src/a/b.rs", ""),
        ("src/target/mod.rs", "a module"),
        ("target/debug/x", "left out"),
        ("tools/target/CACHEDIR.TAG", "Signature: …"),
        ("tools/target/x", "left out"),
        ("target 2/CACHEDIR.TAG", "Signature: …"),
        ("target 2/debug/x", "left out"),
        ("env/pyvenv.cfg", "left out"),
        ("env/lib/x.py", "left out"),
        ("node_modules/a/b/c.js", "left out"),
        ("src/__pycache__/x.pyc", "left out"),
        ("rust-toolchain.toml", "left out"),
        ("a\u{202f}b.png", "left out"),
        ("notes /a.txt", "left out"),
        ("größe.md", "a name"),
        ("README.md", "one"),
        ("readme.md", "another"),
    ];
    let digest = folder_digest(&files);
    let told = [
        (".cargo/config.toml", "is configuration"),
        ("target 2", "what a tool has made"),
        ("env", "what a tool has made"),
        ("node_modules", "what a tool has made"),
        ("src/__pycache__", "what a tool has made"),
        ("rust-toolchain.toml", "is configuration"),
        (r"a\u{202f}b.png", "U+202F"),
        ("notes ", "ends in a space"),
    ];
    left_out("hw.zip", &zip_of("", &files), &told);
    left_out("hw.tgz", &tar_of("", &files), &told);
    for prefix in ["", "./", "project/", "Jane's hw (2)/\u{7f}odd/"] {
        let (zipped, _around) = admitted("hw.zip", &zip_of(prefix, &files));
        assert_eq!(*zipped.digest(), digest, "zip {prefix:?}");
        let (tarred, _around) = admitted("hw.tar.gz", &tar_of(prefix, &files));
        assert_eq!(*tarred.digest(), digest, "tar {prefix:?}");
    }
    let kept = [
        "Cargo.toml",
        "README.md",
        "größe.md",
        "readme.md",
        "src/a/b.rs",
        "src/main.rs",
        "src/target/mod.rs",
    ];
    let (zipped, _around) = admitted("hw.ZIP", &zip_of("", &files));
    assert_eq!(paths(&zipped), kept);
}

/// What a folder with these files gives: the digest, the files, and the workspace's manifest.
fn chosen_in_folder(files: &[(&str, &str)]) -> (Digest, Vec<SnapshotFile>, Option<Vec<u8>>) {
    let (source, dest) = (tempdir().unwrap(), tempdir().unwrap());
    for (name, data) in files {
        let path = source.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, data).unwrap();
    }
    match admit_named(source.path(), wanted(), dest.path(), &LIMITS, &[]).unwrap() {
        Admission::Admitted(snapshot) => chosen(&snapshot),
        Admission::Refused(refusals) => panic!("{refusals:#?}"),
    }
}

fn chosen(snapshot: &Snapshot) -> (Digest, Vec<SnapshotFile>, Option<Vec<u8>>) {
    let workspace = snapshot.workspace_manifest().map(<[u8]>::to_vec);
    (
        snapshot.digest().clone(),
        snapshot.files().to_vec(),
        workspace,
    )
}

#[test]
fn a_folder_and_its_archives_give_the_same_crate_of_several() {
    const WORKSPACE: &str = "[workspace]\nmembers = [\"*\"]\n";
    const MEMBER: &str = "[package]\nname = \"sum\"\nedition.workspace = true\n";
    const OTHER: &str = "[package]\nname = \"other\"\n";
    let classes: [(&str, &[(&str, &str)]); 4] = [
        (
            "of a workspace",
            &[
                ("Cargo.toml", WORKSPACE),
                ("a/Cargo.toml", OTHER),
                ("b/Cargo.toml", MEMBER),
                ("b/src/main.rs", "fn main() {}"),
            ],
        ),
        (
            "beside others",
            &[
                ("a/Cargo.toml", OTHER),
                ("Sum/Cargo.toml", OTHER),
                ("Sum/x", ""),
            ],
        ),
        (
            "deep down",
            &[("a/b/c/d/Cargo.toml", OTHER), ("a/README.md", "")],
        ),
        (
            "of a root package",
            &[
                (
                    "w/Cargo.toml",
                    "[package]\nname = \"x\"\n[workspace]\nmembers = [\"sum\"]",
                ),
                ("w/sum/Cargo.toml", OTHER),
                ("w/sum/vendor/sum/Cargo.toml", MEMBER),
            ],
        ),
    ];
    for (what, files) in classes {
        let expected = chosen_in_folder(files);
        let (zipped, _around) = admitted("hw.zip", &zip_of("", files));
        assert_eq!(chosen(&zipped), expected, "{what}");
        let reversed: Vec<_> = files.iter().rev().copied().collect();
        let (tarred, _around) = admitted("hw.tar.gz", &tar_of("", &reversed));
        assert_eq!(chosen(&tarred), expected, "{what}");
    }
    let (digest, files, workspace) = chosen_in_folder(classes[0].1);
    assert_eq!(workspace.as_deref(), Some(WORKSPACE.as_bytes()));
    assert_eq!(files.len(), 2);
    // The workspace's manifest counts.
    let mut changed = classes[0].1.to_vec();
    changed[0].1 = "[workspace]\nmembers = [\"b\"]\n";
    assert_ne!(chosen_in_folder(&changed).0, digest);
}

#[test]
fn folders_may_be_told_or_not_and_in_any_order() {
    let zip = Zip::default()
        .file("p/src/main.rs", "fn main() {}\n")
        .folder("p/src/")
        .folder("p/")
        .file("p/Cargo.toml", "[package]\n");
    let (snapshot, _around) = admitted("hw.zip", &zip.bytes());
    assert_eq!(*snapshot.digest(), folder_digest(&GOOD));
    let tar = TarBall::default()
        .entry(b'5', b"./", b"", b"")
        .entry(b'0', b"./src/main.rs", b"", b"fn main() {}\n")
        // A folder as it was written before POSIX.
        .entry(b'\0', b"./src/", b"", b"")
        .entry(b'7', b"./Cargo.toml", b"", b"[package]\n");
    let (snapshot, _around) = admitted("hw.tgz", &tar.bytes());
    assert_eq!(*snapshot.digest(), folder_digest(&GOOD));
}

#[test]
fn what_lies_beside_the_crate_is_not_copied() {
    let zip = good_zip();
    let zip = zip.items.into_iter().fold(Zip::default(), |zip, item| {
        let name = [b"a/b/".as_slice(), &item.name].concat();
        zip.item(item.with(|item| (item.name, item.local_name) = (name.clone(), name)))
    });
    let zip = zip
        .file("__MACOSX/a/b/._Cargo.toml", "x")
        .file("a/report.pdf", "x".repeat(900_000))
        .file(b"a/caf\xe9.txt", "odd, but not the crate's");
    let (snapshot, _around) = admitted("hw.zip", &zip.bytes());
    assert_eq!(paths(&snapshot), ["Cargo.toml", "src/main.rs"]);
}

#[test]
fn modes_and_times_of_an_archive_stay_behind() {
    use std::os::unix::fs::PermissionsExt as _;
    let zip = Zip::default()
        .file("Cargo.toml", "")
        .item(make::Item::new(b"x", b"").with(|item| item.mode = 0o106_777));
    let (snapshot, _around) = admitted("hw.zip", &zip.bytes());
    let mode = snapshot.root().join("x").metadata().unwrap().permissions();
    assert_eq!(mode.mode() & 0o7777, 0o644);
}

#[test]
fn an_archive_in_an_archive_is_a_file() {
    let inner = good_zip().bytes();
    let (snapshot, _around) = admitted("hw.zip", &good_zip().file("inner.zip", &inner).bytes());
    assert_eq!(snapshot.read("inner.zip").unwrap().unwrap(), inner);
    let (snapshot, _around) = admitted("hw.tgz", &good_tar().file("inner.zip", &inner).bytes());
    assert_eq!(snapshot.read("inner.zip").unwrap().unwrap(), inner);
}

#[test]
fn zip64_headers_are_read() {
    let item = make::Item::new(b"Cargo.toml", b"[package]\n").with(|item| item.is_zip64 = true);
    let zip = Zip::default()
        .item(item)
        .file("src/main.rs", "fn main() {}\n");
    let (snapshot, _around) = admitted("hw.zip", &zip.bytes());
    assert_eq!(*snapshot.digest(), folder_digest(&GOOD));
}

#[test]
fn long_names_of_both_kinds_are_read() {
    let long = format!("{}/{}.rs", "d".repeat(90), "f".repeat(90));
    let with_nul = format!("{long}\0");
    let gnu = good_tar()
        .entry(b'L', b"././@LongLink", b"", with_nul.as_bytes())
        .file("cut", "long");
    let pax = good_tar()
        .pax(b'g', &[("comment", "0123456789abcdef")])
        .pax(b'x', &[("mtime", "1.5"), ("path", &long), ("size", "4")])
        .file("cut", "long");
    for tar in [gnu, pax] {
        let (snapshot, _around) = admitted("hw.tar.gz", &tar.bytes());
        assert_eq!(snapshot.read(&long).unwrap().unwrap(), b"long");
        assert!(!snapshot.contains("cut"));
    }
}

#[test]
fn a_gzip_stream_in_two_parts_is_one_archive() {
    let tar = good_tar().tar();
    let (first, second) = tar.split_at(700);
    let (snapshot, _around) = admitted("hw.tgz", &[gzip(first), gzip(second)].concat());
    assert_eq!(*snapshot.digest(), folder_digest(&GOOD));
}

#[test]
fn what_an_archive_may_hold_is_held_to_the_byte_and_the_entry() {
    let limits = |entries, bytes| Limits {
        entries,
        bytes,
        depth: 1,
    };
    // `Cargo.toml`, `src`, `src/main.rs`; 10 and 13 bytes.
    for bytes in [good_zip().bytes(), good_tar().bytes()] {
        let name = if bytes.starts_with(b"PK") {
            "hw.zip"
        } else {
            "hw.tgz"
        };
        let outcome = admit_within(name, &bytes, limits(3, 23));
        assert!(matches!(outcome.admission, Admission::Admitted(_)));
        let refusals = refused_within(name, &bytes, limits(2, 23));
        assert!(
            refusals[0].problem.contains("passes 2 files"),
            "{refusals:?}"
        );
        let refusals = refused_within(name, &bytes, limits(3, 22));
        assert!(
            refusals[0].problem.contains("more than 22 B"),
            "{refusals:?}"
        );
        let depth = Limits { depth: 0, ..LIMITS };
        let refusals = refused_within(name, &bytes, depth);
        assert!(refusals[0].problem.contains("depth 1"), "{refusals:?}");
    }
}

#[test]
fn a_crate_that_is_missing_or_not_alone_is_told() {
    let missing = Zip::default().file("src/main.rs", "");
    refused(
        "hw.zip",
        &missing.bytes(),
        "Cargo.toml",
        "there is no `Cargo.toml`",
    );
    let capitals = Zip::default().file("cargo.toml", "");
    refused(
        "hw.zip",
        &capitals.bytes(),
        "Cargo.toml",
        "only `cargo.toml`",
    );
    let hidden_end = Zip::default().file("hw/Cargo.toml.txt", "");
    refused(
        "hw.zip",
        &hidden_end.bytes(),
        "Cargo.toml",
        "only `hw/Cargo.toml.txt`",
    );
    let two = Zip::default()
        .file("a/Cargo.toml", "")
        .file("b/Cargo.toml", "");
    refused(
        "hw.zip",
        &two.bytes(),
        "Cargo.toml",
        "there are 2 crates, in `a`, `b`",
    );
    let deep = TarBall::default().file("a/b/c/d/e/Cargo.toml", "");
    refused(
        "hw.tgz",
        &deep.bytes(),
        "Cargo.toml",
        "there is no `Cargo.toml`",
    );
}

#[test]
fn a_stream_with_its_sizes_behind_the_data_is_read() {
    let items = GOOD.map(|(name, data)| {
        let item = make::Item::new(name.as_bytes(), data.as_bytes());
        item.with(|item| item.has_descriptor = true)
    });
    let zip = items.into_iter().fold(Zip::default(), Zip::item);
    let (snapshot, _around) = admitted("hw.zip", &zip.bytes());
    assert_eq!(*snapshot.digest(), folder_digest(&GOOD));
}

#[test]
fn what_a_transfer_puts_behind_an_archive_is_passed_over() {
    let zip = [good_zip().bytes(), b"\n".to_vec()].concat();
    let (snapshot, _around) = admitted("hw.zip", &zip);
    assert_eq!(*snapshot.digest(), folder_digest(&GOOD));
}

#[test]
fn a_second_name_in_utf8_is_the_name() {
    // As Info-ZIP writes it where the first name is in an encoding of old.
    let field = make::unicode_path(b"gr\x94\xe1e.md", "größe.md".as_bytes());
    let item = make::Item::new(b"gr\x94\xe1e.md", b"x").with(|item| {
        (item.flags, item.extras) = (0, [field.clone(), field]);
    });
    let (snapshot, _around) = admitted("hw.zip", &good_zip().item(item).bytes());
    assert!(snapshot.contains("größe.md"), "{:?}", snapshot.files());
}
