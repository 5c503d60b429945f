//! What is refused for what it is.

use super::*;

#[test]
fn a_link_is_refused_wherever_it_leads() {
    for target in ["/etc/passwd", "main.rs", "/", "..", "nowhere", "/dev/zero"] {
        let handed = Handed::good();
        symlink(target, handed.path("src/link.rs")).unwrap();
        let refusal = handed.refused();
        says(&refusal, "src/link.rs", "symbolic link", "itself");
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
fn a_linked_source_folder_is_refused() {
    let handed = Handed::good();
    fs::rename(handed.path("src"), handed.path("real")).unwrap();
    symlink("real", handed.path("src")).unwrap();
    says(&handed.refused(), "src", "symbolic link", "itself");
}

#[test]
fn a_fifo_is_refused_and_does_not_block() {
    let handed = Handed::good();
    mkfifoat(CWD, handed.path("src/pipe"), Mode::RUSR | Mode::WUSR).unwrap();
    says(&handed.refused(), "src/pipe", "a named pipe", "remove it");
}

#[test]
fn a_socket_is_refused() {
    let handed = Handed::good();
    let _listener = UnixListener::bind(handed.path("src/s")).unwrap();
    says(&handed.refused(), "src/s", "a socket", "remove it");
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
        says(&handed.refused(), path, "permission denied", "chmod");
    }
    fs::set_permissions(&path_there, Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_file_that_cannot_be_read_is_refused() {
    unreadable("src/a/x.rs");
}

#[test]
fn a_folder_that_cannot_be_read_is_refused() {
    unreadable("src/a");
}
