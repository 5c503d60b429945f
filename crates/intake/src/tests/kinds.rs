//! What is left out or refused for what it is.

use super::*;

#[test]
fn a_link_is_left_out_wherever_it_leads() {
    for target in ["/etc/passwd", "main.rs", "/", "..", "nowhere", "/dev/zero"] {
        let handed = Handed::good();
        symlink(target, handed.path("src/link.rs")).unwrap();
        let (snapshot, _dest) = handed.admitted();
        assert_eq!(paths(&snapshot), ["Cargo.toml", "src/main.rs"]);
        assert_eq!(
            told(&snapshot),
            ["src/link.rs is a link, and links are not followed"]
        );
    }
}

#[test]
fn a_linked_manifest_is_refused_once() {
    let handed = Handed::good();
    fs::rename(handed.path("Cargo.toml"), handed.path("real.toml")).unwrap();
    symlink("real.toml", handed.path("Cargo.toml")).unwrap();
    says(&handed.refused(), "Cargo.toml", "symbolic link", "itself");
}

#[test]
fn a_manifest_that_is_no_file_or_cannot_be_read_is_refused() {
    let handed = Handed::good();
    fs::remove_file(handed.path("Cargo.toml")).unwrap();
    mkfifoat(CWD, handed.path("Cargo.toml"), Mode::RUSR | Mode::WUSR).unwrap();
    says(&handed.refused(), "Cargo.toml", "a named pipe", "remove it");
    fs::remove_file(handed.path("Cargo.toml")).unwrap();
    handed.file("Cargo.toml", "[package]\n");
    fs::set_permissions(handed.path("Cargo.toml"), Permissions::from_mode(0o000)).unwrap();
    if File::open(handed.path("Cargo.toml")).is_err() {
        says(
            &handed.refused(),
            "Cargo.toml",
            "permission denied",
            "chmod",
        );
    }
}

#[test]
fn a_linked_source_folder_is_left_out_as_one() {
    let handed = Handed::good();
    fs::rename(handed.path("src"), handed.path("real")).unwrap();
    symlink("real", handed.path("src")).unwrap();
    let (snapshot, _dest) = handed.admitted();
    assert_eq!(
        told(&snapshot),
        ["src is a link, and links are not followed"]
    );
    assert_eq!(paths(&snapshot), ["Cargo.toml", "real/main.rs"]);
}

#[test]
fn a_fifo_is_left_out_and_does_not_block() {
    let handed = Handed::good();
    mkfifoat(CWD, handed.path("src/pipe"), Mode::RUSR | Mode::WUSR).unwrap();
    assert_eq!(
        told(&handed.admitted().0),
        ["src/pipe is a named pipe, not a file"]
    );
}

#[test]
fn a_socket_is_left_out() {
    let handed = Handed::good();
    let _listener = UnixListener::bind(handed.path("src/s")).unwrap();
    assert_eq!(
        told(&handed.admitted().0),
        ["src/s is a socket, not a file"]
    );
}

/// Root reads what has no permission at all, so what the machine allows here is tried first.
fn unreadable(path: &str) {
    let handed = Handed::good();
    handed.file("src/a/x.rs", "secret");
    let path_there = handed.path(path);
    fs::set_permissions(&path_there, Permissions::from_mode(0o000)).unwrap();
    if File::open(&path_there).is_ok() {
        let (snapshot, _dest) = handed.admitted();
        let bytes = snapshot.read("src/a/x.rs").unwrap();
        assert_eq!(bytes.as_deref(), Some(&b"secret"[..]));
    } else {
        let why = format!("{path} cannot be read: permission denied");
        assert_eq!(told(&handed.admitted().0), [why]);
    }
    fs::set_permissions(&path_there, Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_file_that_cannot_be_read_is_left_out() {
    unreadable("src/a/x.rs");
}

#[test]
fn a_folder_that_cannot_be_read_is_left_out() {
    unreadable("src/a");
}
