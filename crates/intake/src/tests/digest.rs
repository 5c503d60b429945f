//! The digest.

use super::*;

fn digest(files: &[(&str, &str)]) -> Digest {
    let handed = Handed::good();
    for (path, contents) in files {
        handed.file(path, contents);
    }
    handed.admitted().0.digest().clone()
}

#[test]
fn the_digest_is_of_paths_lengths_and_contents() {
    let (snapshot, _dest) = Handed::good().admitted();
    let mut bytes = b"Cargo.toml\0".to_vec();
    bytes.extend(10_u64.to_be_bytes());
    bytes.extend(b"[package]\n");
    bytes.extend(b"src/main.rs\0");
    bytes.extend(13_u64.to_be_bytes());
    bytes.extend(b"fn main() {}\n");
    assert_eq!(*snapshot.digest(), Digest::of(&bytes));
}

#[test]
fn the_digest_changes_with_a_byte_a_name_or_a_border_and_nothing_else() {
    let base = digest(&[("a", "xy"), ("b", "")]);
    assert_eq!(base, digest(&[("b", ""), ("a", "xy")]));
    assert_eq!(base, digest(&[("a", "xy"), ("b", ""), ("Cargo.lock", "1")]));
    assert_ne!(base, digest(&[("a", "xz"), ("b", "")]));
    assert_ne!(base, digest(&[("a", "xy"), ("c", "")]));
    assert_ne!(base, digest(&[("a", "x"), ("b", "y")]));
    assert_ne!(base, digest(&[("a", "xy")]));
}
