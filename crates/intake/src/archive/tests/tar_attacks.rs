//! Tar archives that are made to do harm, or are broken.

use super::{make::header, *};

fn with(kind: u8, name: &str, link: &str) -> Vec<u8> {
    good_tar()
        .entry(kind, name.as_bytes(), link.as_bytes(), b"")
        .bytes()
}

#[test]
fn a_name_that_leads_outside_is_refused() {
    for name in [
        "../../outer-file",
        "/etc/passwd",
        "src/../../x",
        "C:/x",
        "..\\x",
        "//h/s/x",
    ] {
        let plain = good_tar().file(name, "x");
        refused("hw.tgz", &plain.bytes(), name, "leads outside");
        let pax = good_tar().pax(b'x', &[("path", name)]).file("x", "x");
        refused("hw.tgz", &pax.bytes(), name, "leads outside");
        let gnu = good_tar()
            .entry(b'L', b"././@LongLink", b"", name.as_bytes())
            .file("x", "x");
        refused("hw.tgz", &gnu.bytes(), name, "leads outside");
    }
}

#[test]
fn links_and_devices_are_left_out() {
    for (kind, link, why) in [
        (b'2', "/etc/passwd", "is a link"),
        (b'1', "Cargo.toml", "is a link"),
        (b'3', "", "a device"),
        (b'4', "", "a device"),
        (b'6', "", "named pipe"),
        (b'M', "", "something unknown"),
        (b'V', "", "something unknown"),
    ] {
        left_out("hw.tgz", &with(kind, "x", link), &[("x", why)]);
    }
    let long = good_tar()
        .entry(b'K', b"././@LongLink", b"", "/".repeat(300).as_bytes())
        .entry(b'2', b"x", b"/", b"");
    left_out("hw.tgz", &long.bytes(), &[("x", "is a link")]);
    let manifest = TarBall::default()
        .entry(b'1', b"Cargo.toml", b"/etc/passwd", b"")
        .file("src/main.rs", "");
    refused("hw.tgz", &manifest.bytes(), "Cargo.toml", "hard link");
}

#[test]
fn nothing_is_written_through_a_link() {
    let tar = good_tar()
        .entry(b'2', b"out", b"../..", b"")
        .file("out/outer-file", "changed");
    refused("hw.tgz", &tar.bytes(), "out", "twice");
    let tar = good_tar()
        .entry(b'1', b"x", b"../../outer-file", b"")
        .file("x", "changed");
    refused("hw.tgz", &tar.bytes(), "x", "twice");
    // The link behind the folder.
    let tar = good_tar().entry(b'2', b"src", b"../..", b"");
    refused("hw.tgz", &tar.bytes(), "src", "twice");
}

#[test]
fn one_name_twice_is_refused() {
    let twice = |name: &str| good_tar().file(name, "x").bytes();
    refused("hw.tgz", &twice("src/main.rs"), "src/main.rs", "twice");
    admitted("hw.tgz", &twice("Cargo.TOML"));
    refused("hw.tgz", &twice("src"), "src", "twice");
}

#[test]
fn files_with_holes_are_refused() {
    refused("hw.tgz", &with(b'S', "x", ""), "x", "a file with holes");
    let pax = good_tar()
        .pax(
            b'x',
            &[("GNU.sparse.major", "1"), ("GNU.sparse.realsize", "1")],
        )
        .file("x", "x");
    let refusals = refused_within("hw.tgz", &pax.bytes(), LIMITS);
    assert!(refusals[0].problem.contains("holes"), "{refusals:?}");
}

#[test]
fn headers_that_disagree_are_refused() {
    // A size that hides the entries behind it from some readers and not from others.
    let pax = good_tar().pax(b'x', &[("size", "1024")]).file("x", "");
    refused("hw.tgz", &pax.bytes(), "x", "damaged");
    let pax = good_tar().pax(b'x', &[("size", "-1")]).file("x", "");
    refused("hw.tgz", &pax.bytes(), "hw.tgz", "damaged");
    let two = good_tar()
        .entry(b'L', b"././@LongLink", b"", b"a\0")
        .pax(b'x', &[("path", "b")])
        .file("c", "");
    refused("hw.tgz", &two.bytes(), "b", "damaged");
    let global = good_tar().pax(b'g', &[("path", "b")]).file("c", "");
    refused("hw.tgz", &global.bytes(), "hw.tgz", "damaged");
}

#[test]
fn a_size_beyond_the_end_is_refused() {
    for size in [513, 100_000, 0o77_777_777_777] {
        let tar = [good_tar().0, header(b'0', b"x", b"", size, *b"ustar\x0000")].concat();
        let refusals = refused_within("hw.tgz", &gzip(&tar), LIMITS);
        assert_eq!(refusals.len(), 1, "{refusals:?}");
    }
    let mut huge = header(b'0', b"x", b"", 0, *b"ustar  \0");
    // Base 256, as GNU tar writes what octal cannot hold.
    huge[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0x7f, 255, 255, 255, 255, 255, 255, 255]);
    huge[148..156].copy_from_slice(b"        ");
    let sum: u32 = huge.iter().map(|&byte| u32::from(byte)).sum();
    huge[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let refusals = refused_within("hw.tgz", &gzip(&[good_tar().0, huge].concat()), LIMITS);
    assert_eq!(refusals.len(), 1, "{refusals:?}");
}

#[test]
fn a_cut_or_empty_or_foreign_file_is_refused() {
    let tar = good_tar().bytes();
    for length in [3, 20, tar.len() / 2, tar.len() - 1] {
        refused("hw.tgz", &tar[..length], "hw.tgz", "damaged");
    }
    let mut wrong = tar.clone();
    // The checksum at the end of the stream.
    let at = wrong.len() - 6;
    wrong[at] ^= 1;
    refused("hw.tgz", &wrong, "hw.tgz", "damaged");
    refused("hw.tgz", &TarBall::default().bytes(), "hw.tgz", "is empty");
    refused("hw.tgz", &gzip(b""), "hw.tgz", "is empty");
    for single in [b"fn main() {}".as_slice(), &[b'x'; 5000]] {
        let single = gzip(single);
        refused("hw.tgz", &single, "hw.tgz", "is not a tar archive");
    }
    let dangling = good_tar().entry(b'L', b"././@LongLink", b"", b"x\0");
    refused("hw.tgz", &dangling.bytes(), "hw.tgz", "damaged");
}
