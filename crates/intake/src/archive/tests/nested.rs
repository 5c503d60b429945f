//! An archive in an archive.

use super::*;

/// An archive that holds these bytes as `hw.zip`.
fn around(inner: &[u8]) -> Zip {
    Zip::default().file("a/hw.zip", inner)
}

#[test]
fn the_only_archive_in_an_archive_without_a_crate_is_read() {
    let folder = admitted("hw.zip", &good_zip().bytes()).0.digest().clone();
    let inner = [good_zip().bytes(), good_tar().bytes(), good_tar().tar()];
    for inner in inner {
        let zip = around(&inner)
            .file("__MACOSX/a/._hw.zip", "x")
            .file("a/report.pdf", "x");
        let (snapshot, _around) = admitted("hw.zip", &zip.bytes());
        assert_eq!(*snapshot.digest(), folder);
        let tar = TarBall::default().file("hw.tar.gz", &inner);
        let (snapshot, _around) = admitted("hw.tgz", &tar.bytes());
        assert_eq!(*snapshot.digest(), folder);
    }
}

#[test]
fn several_archives_in_an_archive_are_named() {
    let zip = around(&good_zip().bytes()).file("b.7z", "");
    refused(
        "hw.zip",
        &zip.bytes(),
        "hw.zip",
        "in it, `a/hw.zip`, `b.7z`, and one",
    );
}

#[test]
fn one_level_of_archives_in_archives_is_read() {
    let inner = around(&good_zip().bytes()).bytes();
    let zip = around(&inner).bytes();
    refused("hw.zip", &zip, "a/hw.zip", "packed into two others");
}

#[test]
fn an_inner_archive_that_cannot_be_read_is_refused_by_its_name() {
    for (inner, problem) in [
        (&b"7z\xbc\xaf\x27\x1c\x00\x04"[..], "a 7z archive"),
        (b"", "an empty file"),
        (b"x", "no archive that is read"),
        (b"PK\x03\x04", "damaged"),
        (&Zip::default().bytes(), "is empty"),
    ] {
        refused("hw.zip", &around(inner).bytes(), "a/hw.zip", problem);
    }
    let escape = good_zip().file("../../outer-file", "x").bytes();
    let zip = around(&escape).bytes();
    refused("hw.zip", &zip, "../../outer-file", "leads outside");
}

#[test]
fn a_bomb_gets_no_further_in_another_archive() {
    let zeros = vec![0; 40 << 20];
    let bomb = good_tar().file("zeros", &zeros).bytes();
    let refusals = refused_within("hw.zip", &around(&bomb).bytes(), LIMITS);
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    // Neither layer alone is a bomb by its proportion: the two together are.
    let noise: Vec<u8> = (0..20_u32 << 20)
        .map(|n| match n % 256 {
            0 => n.wrapping_mul(2_654_435_761).to_be_bytes()[0],
            _ => 0,
        })
        .collect();
    let once = good_tar().file("target/noise", noise).bytes();
    let limits = Limits {
        bytes: 4 << 20,
        ..LIMITS
    };
    let outcome = admit_within("hw.tgz", &once, limits);
    assert!(matches!(outcome.admission, Admission::Admitted(_)));
    let zeros = vec![0; 3 << 20];
    let padded = good_tar().file("target/zeros", zeros).tar();
    let twice = around(&gzip(&[padded, vec![0; 19 << 20]].concat())).bytes();
    let refusals = refused_within("hw.zip", &twice, limits);
    let problem = &refusals[0].problem;
    assert!(problem.contains("far more comes out"), "{refusals:?}");
}

#[test]
fn whether_a_crate_for_one_of_several_exercises_is_in_it_is_known_before_it_is_copied() {
    let among = ["sum", "other"].map(|id| id.parse().unwrap());
    let has_crate = |name: &str, bytes: &[u8], exercise: &str| {
        let around = tempdir().unwrap();
        fs::write(around.path().join(name), bytes).unwrap();
        let kind = ArchiveKind::of_name(name.as_bytes()).unwrap();
        let source = Source::Archive(Location::new(around.path(), name), kind);
        let wanted = Wanted {
            exercise,
            checkout: Path::new(""),
            among: &among,
        };
        let scratch = tempdir().unwrap();
        let found = crate::has_crate(&source, wanted, &LIMITS, scratch.path());
        assert_eq!(all_below(scratch.path()), [] as [PathBuf; 0]);
        found
    };
    let sum = Zip::default()
        .file("work/sum/Cargo.toml", "[package]\n")
        .bytes();
    let packed = around(&sum).bytes();
    for bytes in [&sum, &packed] {
        assert!(has_crate("hw.zip", bytes, "sum"));
        assert!(!has_crate("hw.zip", bytes, "other"));
    }
    // What cannot be read is admitted, so that its student is told why.
    assert!(has_crate("hw.zip", b"PK\x03\x04", "other"));
    let two = around(&sum).file("b.zip", &sum).bytes();
    assert!(has_crate("hw.zip", &two, "other"));
}
