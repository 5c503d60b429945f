//! Limits.

use super::*;

#[test]
fn as_many_entries_as_allowed_are_admitted_and_one_more_is_refused() {
    let limits = Limits {
        entries: 10,
        ..LIMITS
    };
    let handed = Handed::good();
    // Cargo.toml, src, main.rs: seven are left.
    for n in 0..7 {
        handed.file(format!("src/f{n}"), "");
    }
    handed.admitted_within(limits);
    handed.file("src/f7", "");
    let refusal = one(handed.refused_within(limits));
    says(&refusal, "src", "10 files and folders", "source code only");
}

#[test]
fn the_walk_ends_where_there_are_too_many_entries() {
    let limits = Limits {
        entries: 100,
        ..LIMITS
    };
    let handed = Handed::good();
    for n in 0..200 {
        handed.file(format!("a/{n}"), "");
    }
    symlink("nowhere", handed.path("z")).unwrap();
    let (admission, dest) = handed.admit(limits);
    let Admission::Refused(refusals) = admission else {
        panic!("{admission:?}")
    };
    // The folder was not even sorted, let alone copied, and `z` was never reached.
    says(&one(refusals), "a", "100 files and folders", "");
    assert_eq!(tree(&dest.path().join("a")), []);
}

#[test]
fn things_that_are_left_out_cannot_be_listed_without_end() {
    let limits = Limits {
        entries: 100,
        ..LIMITS
    };
    let handed = Handed::good();
    for n in 0..200 {
        handed.file(format!("{n}~"), "");
    }
    says(&one(handed.refused_within(limits)), ".", "100 files", "");
}

#[test]
fn as_many_bytes_as_allowed_are_admitted_and_one_more_is_refused() {
    let limits = Limits {
        bytes: 100,
        ..LIMITS
    };
    let handed = Handed::good();
    // The two good files have 10 and 13 bytes.
    handed.file("src/z", &"x".repeat(77));
    handed.admitted_within(limits);
    handed.file("src/z", &"x".repeat(78));
    let refusal = one(handed.refused_within(limits));
    says(&refusal, "src/z", "more than 100 B", "source code only");
    handed.file("a/data", &"x".repeat(60));
    let refusal = one(handed.refused_within(limits));
    assert!(
        refusal.problem.contains("`a` is the largest, with 60 B"),
        "{refusal:?}"
    );
}

#[test]
fn a_hole_of_a_terabyte_is_refused_before_it_is_read() {
    let handed = Handed::good();
    let hole = File::create(handed.path("hole")).unwrap();
    hole.set_len(1 << 40).unwrap();
    symlink("nowhere", handed.path("z")).unwrap();
    let (admission, dest) = handed.admit(LIMITS);
    let Admission::Refused(refusals) = admission else {
        panic!("{admission:?}")
    };
    says(&one(refusals), "hole", "1.0 TiB", "source code only");
    assert!(!dest.path().join("hole").exists());
}

#[test]
fn folders_as_deep_as_allowed_are_admitted_and_one_deeper_is_refused() {
    let handed = Handed::good();
    handed.file(format!("{}x", "d/".repeat(16)), "");
    handed.admitted();
    handed.file(format!("{}x", "d/".repeat(17)), "");
    let place = format!("{}d", "d/".repeat(16));
    says(&handed.refused(), &place, "at depth 17, and 16", "fewer");
}

#[test]
fn a_chain_of_200_folders_is_refused_at_the_limit() {
    let handed = Handed::good();
    handed.file(format!("{}x", "d/".repeat(200)), "");
    symlink("nowhere", handed.path("z")).unwrap();
    let place = format!("{}d", "d/".repeat(16));
    says(&handed.refused(), &place, "at depth 17, and 16", "fewer");
}

#[test]
fn many_things_that_are_left_out_are_listed_in_order_and_counted() {
    let handed = Handed::good();
    for n in 0..30 {
        symlink("nowhere", handed.path(format!("l{n:02}"))).unwrap();
    }
    let (snapshot, _dest) = handed.admitted();
    let left_out = snapshot.left_out();
    assert_eq!((left_out.listed().len(), left_out.more()), (20, 10));
    assert_eq!(left_out.listed()[0].path, "l00");
    assert_eq!(left_out.listed()[19].path, "l19");
}
