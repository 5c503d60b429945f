//! Tar archives in every compression, zip archives of other systems, and files with another kind's name.

use super::{
    make::{Item, bzip2, xz, zstd, zstd_zeros},
    *,
};

/// The names under which a tar archive comes, and how it is packed.
type Packer = fn(&[u8]) -> Vec<u8>;
const PACKERS: [(&str, Packer); 5] = [
    ("hw.tar", <[u8]>::to_vec),
    ("hw.tar.gz", gzip),
    ("hw.tar.xz", xz),
    ("hw.tar.zst", zstd),
    ("hw.tbz2", bzip2),
];

#[test]
fn a_tar_archive_gives_one_digest_in_every_compression_and_under_every_name() {
    let (good, _around) = admitted("hw.zip", &good_zip().bytes());
    for (name, pack) in PACKERS {
        let bytes = pack(&good_tar().tar());
        for name in [name, "hw.zip"] {
            let (snapshot, _around) = admitted(name, &bytes);
            assert_eq!(snapshot.digest(), good.digest(), "{name}");
        }
    }
    let (zip, _around) = admitted("hw.tgz", &good_zip().bytes());
    assert_eq!(zip.digest(), good.digest());
}

#[test]
fn streams_in_several_parts_are_one_archive() {
    let tar = good_tar().tar();
    let (first, second) = tar.split_at(700);
    for (name, pack) in &PACKERS[1..] {
        let (snapshot, _around) = admitted(name, &[pack(first), pack(second)].concat());
        assert_eq!(paths(&snapshot), ["Cargo.toml", "src/main.rs"], "{name}");
    }
    let skipped = [b"\x51\x2a\x4d\x18\x03\0\0\0abc", zstd(&tar).as_slice()].concat();
    admitted("hw.tar.zst", &skipped);
}

#[test]
fn attacks_are_refused_in_every_compression() {
    let escape = good_tar().file("../../outer-file", "x").tar();
    let through = good_tar()
        .entry(b'2', b"out", b"../..", b"")
        .file("out/outer-file", "x")
        .tar();
    for (name, pack) in PACKERS {
        refused(name, &pack(&escape), "../../outer-file", "leads outside");
        refused(name, &pack(&through), "out", "twice");
    }
}

#[test]
fn a_cut_or_single_file_is_refused_in_every_compression() {
    for (name, pack) in &PACKERS[1..] {
        let tar = pack(&good_tar().tar());
        for length in [7, 20, tar.len() / 2, tar.len() - 1] {
            refused(name, &tar[..length], name, "damaged");
        }
        refused(name, &pack(b"fn main() {}"), name, "is not a tar archive");
    }
    let tar = good_tar().tar();
    refused("hw.tar", &tar[..1500], "hw.tar", "damaged");
}

#[test]
fn a_bomb_is_stopped_in_every_compression() {
    let zeros = vec![0; 40 << 20];
    let tar = good_tar().file("target/zeros", &zeros).tar();
    for (name, pack) in [
        ("hw.tgz", gzip as Packer),
        ("hw.tbz2", bzip2),
        ("hw.txz", xz),
    ] {
        let packed = pack(&tar);
        if packed.len() < 1 << 20 {
            let refusals = refused_within(name, &packed, LIMITS);
            let problem = &refusals[0].problem;
            assert!(problem.contains("far more comes out"), "{refusals:?}");
        }
    }
    let start = zstd(&good_tar().0);
    let bomb = [start, zstd_zeros(1 << 30)].concat();
    let refusals = refused_within("hw.tar.zst", &bomb, LIMITS);
    let problem = &refusals[0].problem;
    assert!(problem.contains("far more comes out"), "{refusals:?}");
}

#[test]
fn a_window_that_is_too_large_is_refused() {
    // A frame whose header asks for 3.75 TiB, the most that the format can say.
    let frame = b"\x28\xb5\x2f\xfd\x00\xff\x01\x00\x00";
    refused("hw.tar.zst", frame, "hw.tar.zst", "damaged");
    let mut tar = xz(&good_tar().tar());
    // The size of the dictionary in the block's header: 4 GiB.
    let at = 16;
    assert_eq!(tar[14..16], [0x21, 1], "the filter is LZMA2");
    tar[at] = 40;
    let mut crc = flate2::Crc::new();
    let length = usize::from(tar[12] + 1) * 4;
    crc.update(&tar[12..12 + length - 4]);
    tar[12 + length - 4..12 + length].copy_from_slice(&crc.sum().to_le_bytes());
    refused("hw.tar.xz", &tar, "hw.tar.xz", "damaged");
}

fn dos(name: &[u8], data: &str) -> Item {
    Item::new(name, data.as_bytes()).with(|item| (item.system, item.mode, item.flags) = (0, 0, 0))
}

#[test]
fn backslashes_part_the_names_of_a_zip_of_windows() {
    let (good, _around) = admitted("hw.zip", &good_zip().bytes());
    let files = |zip: Zip| {
        zip.item(dos(br"hw\src\main.rs", "fn main() {}\n"))
            .item(dos(br"hw\Cargo.toml", "[package]\n"))
    };
    let folders = Zip::default()
        .item(dos(br"hw\src\", ""))
        .item(dos(br"hw\", ""));
    for zip in [files(Zip::default()), files(folders)] {
        let (snapshot, _around) = admitted("hw.zip", &zip.bytes());
        assert_eq!(snapshot.digest(), good.digest());
        // A program that names the wrong system.
        let items = { zip.items.iter().cloned() }.map(|item| item.with(|item| item.system = 3));
        let zip = items.fold(Zip::default(), Zip::item);
        let (snapshot, _around) = admitted("hw.zip", &zip.bytes());
        assert_eq!(snapshot.digest(), good.digest());
    }
    for name in [r"..\x", r"hw\..\..\x", r"C:\x", r"\x"] {
        for system in [0, 3, 10] {
            let item = dos(name.as_bytes(), "").with(|item| item.system = system);
            let refusals = refused_within("hw.zip", &good_zip().item(item).bytes(), LIMITS);
            let problem = &refusals[0].problem;
            assert!(problem.contains("leads outside"), "{name}: {refusals:?}");
        }
    }
    // On Unix, beside names that are parted by `/`, it is a character of a name; so in a tar.
    let item = dos(br"a\b", "").with(|item| item.system = 3);
    left_out(
        "hw.zip",
        &good_zip().item(item).bytes(),
        &[(r"a\b", "backslash")],
    );
    left_out(
        "hw.tgz",
        &good_tar().file(r"a\b", "").bytes(),
        &[(r"a\b", "backslash")],
    );
    // One name in two spellings.
    let two = good_zip().item(dos(br"src\main.rs", ""));
    refused("hw.zip", &two.bytes(), "hw.zip", "twice");
}

#[test]
fn names_without_the_bit_for_utf8_are_in_code_page_437() {
    let zip = good_zip().item(dos(b"Gr\x94\xe1e.txt", "x"));
    let (snapshot, _around) = admitted("hw.zip", &zip.bytes());
    assert!(snapshot.contains("Größe.txt"), "{:?}", snapshot.files());
    let top = Zip::default()
        .item(dos(b"\x9abung1/Cargo.toml", "[package]\n"))
        .item(dos(b"\x9abung1/src/main.rs", "fn main() {}\n"));
    admitted("hw.zip", &top.bytes());
    // UTF-8 without the bit.
    let zip = good_zip().item(dos("Größe.txt".as_bytes(), "x"));
    assert!(admitted("hw.zip", &zip.bytes()).0.contains("Größe.txt"));
    let zip = good_zip().item(dos(b"a\xffb", "x"));
    left_out("hw.zip", &zip.bytes(), &[(r"a\u{a0}b", "U+00A0")]);
}

#[test]
fn stored_entries_with_their_sizes_behind_are_read() {
    let items = GOOD.map(|(name, data)| {
        Item::new(name.as_bytes(), data.as_bytes()).with(|item| {
            (item.has_descriptor, item.method) = (true, 0);
            item.packed = data.as_bytes().to_vec();
        })
    });
    let zip = items.into_iter().fold(Zip::default(), Zip::item);
    admitted("hw.zip", &zip.bytes());
}

#[test]
fn a_document_is_named() {
    let docx = Zip::default()
        .file("[Content_Types].xml", "")
        .file("word/document.xml", "");
    refused(
        "hw.zip",
        &docx.bytes(),
        "hw.zip",
        "a document or spreadsheet",
    );
    refused("hw.zip", b"%PDF-1.7", "hw.zip", "a PDF document");
}
