//! Another process that changes the submission meanwhile.

use super::*;

/// Ends the other thread, also when this one panics.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Exchange two things all the time, and admit the submission again and again: it is copied or refused,
/// but what is behind the link never comes through.
fn swapped(handed: &Handed, one: &str, other: &Path) {
    let done = AtomicBool::new(false);
    let one = handed.path(one);
    std::thread::scope(|scope| {
        let _end = Done(&done);
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                renameat_with(CWD, &one, CWD, other, RenameFlags::EXCHANGE).unwrap();
            }
        });
        for _ in 0..100 {
            let dest = tempdir().unwrap();
            admit_folder(handed.0.path(), dest.path(), &LIMITS).unwrap();
            for file in tree(dest.path()) {
                assert_ne!(file.4.as_deref(), Some(&b"secret"[..]));
            }
        }
    });
}

#[test]
fn a_file_that_turns_into_a_link_and_back_never_leads_outside() {
    let (handed, outside) = (Handed::good(), tempdir().unwrap());
    let secret = outside.path().join("secret");
    fs::write(&secret, "secret").unwrap();
    let link = outside.path().join("link");
    symlink(&secret, &link).unwrap();
    swapped(&handed, "src/main.rs", &link);
}

#[test]
fn a_folder_that_turns_into_a_link_and_back_never_leads_outside() {
    let (handed, outside) = (Handed::good(), tempdir().unwrap());
    fs::create_dir(outside.path().join("src")).unwrap();
    fs::write(outside.path().join("src/main.rs"), "secret").unwrap();
    let link = outside.path().join("link");
    symlink(outside.path().join("src"), &link).unwrap();
    swapped(&handed, "src", &link);
}
