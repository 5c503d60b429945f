//! Archives that are small, and large inside.

use super::{make::Item, *};

const GIB: u64 = 1 << 30;

/// A gibibyte of zeros, deflated to a mebibyte: one block, as often as it takes.
fn zeros() -> Vec<u8> {
    use std::io::Write as _;
    let mut gzip = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    let chunk = vec![0; 1 << 20];
    for _ in 0..64 {
        gzip.write_all(&chunk).unwrap();
    }
    gzip.finish().unwrap()
}

#[test]
fn a_zip_bomb_is_stopped_at_the_limit_whatever_it_declares() {
    let packed = zeros();
    for size in [0, 1000, 1 << 20, 64 << 20, GIB] {
        let item = Item::new(b"zeros", b"").with(|item| {
            (item.packed, item.size) = (packed.clone(), size);
        });
        let refusals = refused_within("hw.zip", &good_zip().item(item).bytes(), LIMITS);
        assert_eq!(refusals[0].place, "zeros", "{refusals:?}");
    }
}

#[test]
fn a_zip_bomb_within_the_limit_is_stopped_by_its_proportion() {
    let packed = zeros();
    let item = Item::new(b"zeros", b"").with(|item| {
        (item.packed, item.size) = (packed, 64 << 20);
    });
    let limits = Limits {
        bytes: 100 << 20,
        ..LIMITS
    };
    let refusals = refused_within("hw.zip", &good_zip().item(item).bytes(), limits);
    assert!(
        refusals[0].problem.contains("far more comes out"),
        "{refusals:?}"
    );
}

#[test]
fn a_tar_bomb_is_stopped_wherever_it_lies() {
    let zeros = vec![0; 40 << 20];
    // In the crate, in what is left out, and in a header that the library would keep in memory.
    for tar in [
        good_tar().file("zeros", &zeros),
        good_tar().file("target/zeros", &zeros),
        good_tar().entry(b'x', b"PaxHeaders/x", b"", &zeros),
        good_tar().entry(b'L', b"././@LongLink", b"", &zeros),
        good_tar().entry(b'K', b"././@LongLink", b"", &zeros),
    ] {
        let refusals = refused_within("hw.tgz", &tar.bytes(), LIMITS);
        assert_eq!(refusals.len(), 1, "{refusals:?}");
    }
    // Behind the end of the archive.
    let behind = gzip(&[good_tar().tar(), zeros].concat());
    let refusals = refused_within("hw.tgz", &behind, LIMITS);
    assert!(
        refusals[0].problem.contains("far more comes out"),
        "{refusals:?}"
    );
}

#[test]
fn data_that_does_not_pack_is_held_to_what_an_archive_may_hold() {
    // Every byte follows from the one before, and deflate does not see how.
    let mut state = 1_u64;
    let noise = (0..26 << 20)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            state.to_be_bytes()[0]
        })
        .collect::<Vec<_>>();
    let tar = good_tar().file("target/noise", &noise).bytes();
    let limits = |bytes| Limits { bytes, ..LIMITS };
    let outcome = admit_within("hw.tgz", &tar, limits(2 << 20));
    assert!(matches!(outcome.admission, Admission::Admitted(_)));
    let refusals = refused_within("hw.tgz", &tar, limits(1 << 20));
    assert!(
        refusals[0].problem.contains("are the most that is read"),
        "{refusals:?}"
    );
}

#[test]
fn a_hundred_thousand_entries_are_refused() {
    let tar = (0..100_000).fold(good_tar(), |tar, n| tar.file(format!("target/{n}"), ""));
    refused("hw.tgz", &tar.bytes(), "hw.tgz", "more than 8000 entries");
    let many = (0..60_000).fold(good_zip(), |zip, n| zip.file(format!("target/{n}"), ""));
    let refusals = refused_within("hw.zip", &many.bytes(), LIMITS);
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    // Few enough to be read, and too many for a submission.
    let zip = (0..2000).fold(good_zip(), |zip, n| zip.file(format!("x/{n}"), ""));
    refused("hw.zip", &zip.bytes(), "x", "passes 1000 files");
    let zip = (0..2000).fold(good_zip(), |zip, n| zip.file(format!("target/{n}"), ""));
    admitted("hw.zip", &zip.bytes());
}

#[test]
fn long_names_are_paid_for() {
    // Numbers, so that they pack badly.
    let name = |n: usize| -> String {
        let parts = (1..10_000).map(|i| format!("/{}", i * (n + 1) * 7919 % 99_991));
        std::iter::once("target".to_owned()).chain(parts).collect()
    };
    let zip = (0..40).fold(good_zip(), |zip, n| zip.file(name(n), ""));
    let refusals = refused_within("hw.zip", &zip.bytes(), LIMITS);
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    let tar = (0..160).fold(good_tar(), |tar, n| {
        tar.pax(b'x', &[("path", &name(n))]).file("x", "")
    });
    refused("hw.tgz", &tar.bytes(), "hw.tgz", "names too long");
    let tar = good_tar()
        .pax(b'x', &[("comment", &"x".repeat(70_000))])
        .file("x", "");
    refused("hw.tgz", &tar.bytes(), "hw.tgz", "damaged");
    // A name is not cut to what is read of it.
    let tar = good_tar()
        .entry(b'L', b"././@LongLink", b"", &vec![b'/'; 70_000])
        .file("x", "");
    refused("hw.tgz", &tar.bytes(), "hw.tgz", "damaged");
}

#[test]
fn what_packs_well_but_is_no_bomb_is_held_to_what_an_archive_may_hold() {
    // One byte of noise in sixty-four.
    let data: Vec<u8> = (0..18_u32 << 20)
        .map(|n| match n % 64 {
            0 => n.wrapping_mul(2_654_435_761).to_be_bytes()[0],
            _ => 0,
        })
        .collect();
    let tar = good_tar().file("target/data", &data).bytes();
    assert!(tar.len() < 4 << 20 && tar.len() > 100_000, "{}", tar.len());
    let limits = |bytes| Limits { bytes, ..LIMITS };
    let outcome = admit_within("hw.tgz", &tar, limits(1 << 20));
    assert!(matches!(outcome.admission, Admission::Admitted(_)));
    let refusals = refused_within("hw.tgz", &tar, limits(1 << 16));
    assert!(
        refusals[0].problem.contains("than it may hold"),
        "{refusals:?}"
    );
}

#[test]
fn an_end_record_that_declares_anything_is_not_believed() {
    let zip = good_zip().bytes();
    let end = zip.len() - 22;
    for at in 4..20 {
        let mut zip = zip.clone();
        zip[end + at] = 0xff;
        admit_within("hw.zip", &zip, LIMITS);
        zip[end + at..end + 20].fill(0xff);
        admit_within("hw.zip", &zip, LIMITS);
    }
}
