//! Zip archives that are made to do harm, or are broken.

use super::{
    make::{self, Item},
    *,
};

fn with(change: impl FnOnce(&mut Item)) -> Vec<u8> {
    good_zip()
        .item(Item::new(b"x", b"12345").with(change))
        .bytes()
}

fn named(name: &[u8]) -> Vec<u8> {
    good_zip().file(name, "x").bytes()
}

#[test]
fn a_name_that_leads_outside_is_refused() {
    for name in [
        "../../outer-file",
        "/etc/passwd",
        "src/../../x",
        "C:/x",
        "..\\x",
        "\\\\host\\share\\x",
        "//host/share/x",
        // What is left out is not left alone.
        ".git/../../x",
    ] {
        refused("hw.zip", &named(name.as_bytes()), name, "leads outside");
    }
}

#[test]
fn odd_names_are_left_out_in_the_words_for_folders() {
    for (name, place, why) in [
        (&b"caf\xe9.rs"[..], "caf\\xe9.rs", "not valid UTF-8"),
        (b"a\0b", "a\\u{0}b", "cannot be seen"),
        (b"a\x1b[2J", "a\\u{1b}[2J", "cannot be seen"),
        (b"x. ", "x. ", "space or a dot"),
        (b"src\\x.rs", "src\\x.rs", "backslash"),
    ] {
        left_out("hw.zip", &named(name), &[(place, why)]);
    }
    // A folder that is left out is told once, however much is in it.
    let zip = good_zip().file("a\x01/b", "").file("a\x01/c", "");
    left_out("hw.zip", &zip.bytes(), &[("a\\u{1}", "cannot be seen")]);
}

#[test]
fn links_and_devices_are_left_out_whatever_system_they_come_from() {
    for system in [0, 3, 19] {
        let kinds = [
            (0o120_777, "is a link"),
            (0o010_644, "named pipe"),
            (0o140_644, "a socket"),
            (0o020_644, "a device"),
            (0o060_644, "a device"),
        ];
        for (mode, problem) in kinds {
            let zip = with(|item| (item.mode, item.system) = (mode, system));
            left_out("hw.zip", &zip, &[("x", problem)]);
        }
    }
}

#[test]
fn a_manifest_that_is_a_link_is_refused() {
    let link = Item::new(b"Cargo.toml", b"x").with(|item| item.mode = 0o120_777);
    let zip = Zip::default().item(link).file("src/main.rs", "");
    refused("hw.zip", &zip.bytes(), "Cargo.toml", "symbolic link");
}

#[test]
fn nothing_is_written_through_a_link() {
    let link = Item::new(b"out", b"../..").with(|item| item.mode = 0o120_777);
    let zip = good_zip()
        .item(link)
        .file("out/outer-file", "changed")
        .bytes();
    refused("hw.zip", &zip, "out", "twice");
    // The crate's own folder as a link.
    let link = Item::new(b"p", b"..").with(|item| item.mode = 0o120_777);
    let zip = Zip::default().item(link).file("p/Cargo.toml", "").bytes();
    refused("hw.zip", &zip, "p", "symbolic link");
}

#[test]
fn a_link_beside_the_crate_is_passed_over() {
    let link = |name: &str| Item::new(name.as_bytes(), b"/").with(|item| item.mode = 0o120_777);
    let zip = |name| {
        Zip::default()
            .file("p/Cargo.toml", "")
            .item(link(name))
            .bytes()
    };
    admitted("hw.zip", &zip("other"));
    admitted("hw.zip", &zip(".git/x"));
    admitted("hw.zip", &zip("p/.git"));
    admitted("hw.zip", &zip("p/target"));
}

#[test]
fn one_name_twice_is_refused() {
    let zip = good_zip().file("src/main.rs", "fn main() { other() }");
    refused("hw.zip", &zip.bytes(), "hw.zip", "twice");
    // One name for a reader, two for the library.
    refused("hw.zip", &named(b"./src//main.rs"), "src/main.rs", "twice");
    // Capitals make another name.
    for name in ["src/MAIN.rs", "SRC/x.rs", "cargo.toml"] {
        let (snapshot, _around) = admitted("hw.zip", &named(name.as_bytes()));
        assert!(snapshot.contains(name), "{name}");
    }
    refused("hw.zip", &named(b"src"), "src", "twice");
    refused("hw.zip", &named(b"Cargo.toml/x"), "Cargo.toml", "twice");
}

#[test]
fn a_password_is_refused() {
    refused("hw.zip", &with(|item| item.flags |= 1), "x", "password");
}

#[test]
fn a_way_of_packing_that_is_not_read_is_refused() {
    for method in [1, 6, 9, 12, 14, 93, 95, 98, 99, 1000] {
        refused(
            "hw.zip",
            &with(|item| item.method = method),
            "x",
            "not read here",
        );
    }
}

#[test]
fn sizes_that_lie_are_refused() {
    for size in [0, 4, 6, 1000] {
        refused("hw.zip", &with(|item| item.size = size), "x", "damaged");
    }
    // One that claims too much is refused before anything is read.
    refused(
        "hw.zip",
        &with(|item| item.size = 1 << 30),
        "x",
        "whole submission",
    );
    let zip = with(|item| (item.size, item.is_zip64) = (u64::MAX, true));
    refused("hw.zip", &zip, "x", "whole submission");
    refused("hw.zip", &with(|item| item.crc ^= 1), "x", "damaged");
}

#[test]
fn headers_that_disagree_are_refused() {
    let zip = with(|item| item.local_name = b"src/main.rs".to_vec());
    refused("hw.zip", &zip, "x", "damaged");
}

#[test]
fn headers_that_disagree_in_any_field_are_refused() {
    let zip = Zip::default().item(Item::new(b"x", b"12345")).bytes();
    // Flags (the password's alone), method, time, checksum, sizes, in the local header.
    for at in [6, 8, 10, 12, 14, 18, 22] {
        let mut changed = zip.clone();
        changed[at] ^= 1;
        let refusals = refused_within("hw.zip", &changed, LIMITS);
        assert!(
            refusals[0].problem.contains("damaged"),
            "{at}: {refusals:?}"
        );
    }
}

#[test]
fn a_second_name_that_means_another_file_is_refused() {
    let other = |unicode: &[u8]| {
        let field = make::unicode_path(b"x", unicode);
        with(|item| (item.flags, item.extras) = (0, [field.clone(), field]))
    };
    for unicode in [b"y".as_slice(), b"a/x", b"../x", b"x/", b"\xc3\xb6"] {
        refused("hw.zip", &other(unicode), "x", "damaged");
    }
    let field = make::unicode_path(b"x", b"x");
    admitted("hw.zip", &other(b"x"));
    // In one header alone, twice, of another name, or with the bit that says that the first is UTF-8.
    let twice = [field.clone(), field.clone()].concat();
    let of_another = make::unicode_path(b"y", b"x");
    for extras in [
        [field.clone(), Vec::new()],
        [Vec::new(), field],
        [twice.clone(), twice],
        [of_another.clone(), of_another],
    ] {
        refused("hw.zip", &with(|item| item.extras = extras), "x", "damaged");
    }
    let name = b"\x94.rs";
    let field = make::unicode_path(name, "ö.rs".as_bytes());
    let item = Item::new(name, b"").with(|item| item.extras = [field.clone(), field]);
    refused(
        "hw.zip",
        &good_zip().item(item).bytes(),
        "\\x94.rs",
        "damaged",
    );
}

#[test]
fn an_archive_behind_another_is_refused() {
    // Some readers would find the first, some the second.
    let two = [good_zip().bytes(), good_zip().file("x", "").bytes()].concat();
    refused("hw.zip", &two, "hw.zip", "damaged");
}

#[test]
fn a_place_past_all_numbers_is_the_archives_mistake() {
    for at in [u64::MAX, u64::MAX - 30, 1 << 63, 1 << 40] {
        let mut field = vec![1, 0, 8, 0];
        field.extend(at.to_le_bytes());
        let zip = with(|item| {
            (item.at, item.extras[1]) = (Some(u32::MAX), field);
        });
        refused("hw.zip", &zip, "x", "damaged");
    }
}

#[test]
fn a_number_of_entries_that_lies_is_refused() {
    let zip = good_zip().bytes();
    for count in [0, 1, 3, 255] {
        let mut zip = zip.clone();
        let end = zip.len() - 22;
        (zip[end + 8], zip[end + 10]) = (count, count);
        refused("hw.zip", &zip, "hw.zip", "damaged");
    }
}

#[test]
fn patched_masked_or_strongly_encrypted_entries_are_refused() {
    for bit in [5, 6, 13] {
        refused(
            "hw.zip",
            &with(|item| item.flags |= 1 << bit),
            "x",
            "not read here",
        );
    }
}

#[test]
fn entries_that_share_bytes_are_refused() {
    // One local header cannot serve two names.
    let zip = Zip::default().file("Cargo.toml", "").file("x", "12345");
    let start = Zip::default().file("Cargo.toml", "").items[0].packed.len() + 30 + 10;
    let item = Item::new(b"x", b"12345").with(|item| {
        item.name = b"./x".to_vec();
        item.at = Some(u32::try_from(start).unwrap());
    });
    let refusals = refused_within("hw.zip", &zip.item(item).bytes(), LIMITS);
    assert!(refusals[0].problem.contains("damaged"), "{refusals:?}");
    // The same header as a stored file's contents: an archive that holds itself, as a quine does.
    let inner = Zip::default().file("y", "1").bytes();
    let outer = Item::new(b"x", &inner).with(|item| {
        item.packed = inner.clone();
        item.method = 0;
    });
    let zip = Zip::default().file("Cargo.toml", "").item(outer);
    let inside = u32::try_from(start + 30 + 1).unwrap();
    let zip = zip.item(Item::new(b"y", b"1").with(|item| item.at = Some(inside)));
    refused("hw.zip", &zip.bytes(), "hw.zip", "share the same bytes");
}

#[test]
fn a_cut_or_empty_or_foreign_file_is_refused() {
    let zip = good_zip().bytes();
    for length in [4, 30, zip.len() / 2, zip.len() - 1] {
        let refusals = refused_within("hw.zip", &zip[..length], LIMITS);
        assert!(refusals[0].problem.contains("damaged"), "{refusals:?}");
    }
    refused("hw.zip", &Zip::default().bytes(), "hw.zip", "is empty");
    refused("hw.zip", b"", "hw.zip", "an empty file");
    refused("hw.zip", b"x", "hw.zip", "no archive that is read");
    refused("hw.zip", b"Rar!\x1a\x07\x00", "hw.zip", "a rar archive");
    // A program with an archive behind it.
    let behind = [b"MZ".as_slice(), &zip].concat();
    refused("hw.zip", &behind, "hw.zip", "a program for Windows");
}

#[test]
fn an_end_record_in_the_comment_does_not_hide_the_directory() {
    let mut zip = good_zip().bytes();
    let end = zip.len() - 2;
    let fake = Zip::default().bytes();
    zip[end..].copy_from_slice(&u16::try_from(fake.len()).unwrap().to_le_bytes());
    zip.extend(fake);
    // Either of the two directories may be used, but not both.
    match admit_within("hw.zip", &zip, LIMITS).admission {
        Admission::Admitted(snapshot) => assert_eq!(paths(&snapshot).len(), 2),
        Admission::Refused(refusals) => assert_eq!(refusals.len(), 1, "{refusals:?}"),
    }
}
