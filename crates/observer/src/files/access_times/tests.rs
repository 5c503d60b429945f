//! What file times show of each thing that a program may do to a folder.

use std::{
    fs::{self, File, FileTimes},
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    time::SystemTime,
};

use super::*;

/// A folder with one file of three bytes, whose times are set.
fn armed() -> (tempfile::TempDir, std::path::PathBuf, AccessTimes) {
    let dir = tempfile::tempdir().unwrap();
    let width = Stamps::probe(dir.path())
        .unwrap()
        .expect("this file system records reads");
    let file = dir.path().join("f");
    fs::write(&file, "12\n").unwrap();
    let watch = AccessTimes::arm(dir.path(), ["f"].into_iter(), width).unwrap();
    (dir, file, watch)
}

fn seen(watch: &AccessTimes) -> (usize, usize, Vec<Trace>) {
    let witness = watch.compare().unwrap();
    assert_eq!(witness.expected, 1);
    let traces = witness.tampered.iter().map(|t| t.trace).collect();
    (witness.read, witness.unread.len(), traces)
}

#[test]
fn a_file_that_is_only_opened_is_unread() {
    let (_dir, file, watch) = armed();
    fs::metadata(&file).unwrap();
    File::open(&file).unwrap();
    assert_eq!(seen(&watch), (0, 1, vec![]));
}

#[test]
fn a_read_shows_and_looks_like_no_change() {
    let (_dir, file, watch) = armed();
    fs::read(&file).unwrap();
    assert_eq!(seen(&watch), (1, 0, vec![]));
}

#[test]
fn set_times_show_whatever_they_are_set_to() {
    let past = SystemTime::UNIX_EPOCH + Duration::from_secs(PAST.unsigned_abs());
    #[expect(
        clippy::disallowed_methods,
        reason = "a program that forges a read sets the times to now"
    )]
    let now = SystemTime::now();
    for (read_first, accessed) in [(false, now), (true, past), (true, now)] {
        let (_dir, file, watch) = armed();
        if read_first {
            fs::read(&file).unwrap();
        }
        let times = FileTimes::new().set_accessed(accessed).set_modified(past);
        File::options()
            .write(true)
            .open(&file)
            .unwrap()
            .set_times(times)
            .unwrap();
        assert_eq!(seen(&watch), (0, 0, vec![Trace::StatusChanged]));
    }
}

#[test]
fn writing_replacing_renaming_and_removing_are_told_apart() {
    let (_dir, file, watch) = armed();
    fs::write(&file, "34\n").unwrap();
    assert_eq!(seen(&watch), (0, 0, vec![Trace::Written]));

    let (_dir, file, watch) = armed();
    File::options()
        .append(true)
        .open(&file)
        .unwrap()
        .write_all(b"x")
        .unwrap();
    assert_eq!(seen(&watch), (0, 0, vec![Trace::Written]));

    let (dir, file, watch) = armed();
    let other = dir.path().join("other");
    fs::write(&other, "12\n").unwrap();
    fs::rename(&other, &file).unwrap();
    assert_eq!(seen(&watch), (0, 0, vec![Trace::Replaced]));

    let (dir, file, watch) = armed();
    let away = dir.path().join("away");
    fs::rename(&file, &away).unwrap();
    fs::rename(&away, &file).unwrap();
    assert_eq!(seen(&watch), (0, 0, vec![Trace::StatusChanged]));

    let (_dir, file, watch) = armed();
    fs::remove_file(&file).unwrap();
    assert_eq!(seen(&watch), (0, 0, vec![Trace::Removed]));
}

#[test]
fn what_was_only_read_serves_again_and_shows_the_next_read() {
    let (dir, file, mut watch) = armed();
    let width = Stamps::probe(tempfile::tempdir().unwrap().path());
    let width = width.unwrap().unwrap();
    for is_read in [true, false, false, true, true] {
        if is_read {
            fs::read(&file).unwrap();
            fs::read_dir(dir.path()).unwrap().count();
        }
        let (witness, unchanged) = watch.finish().unwrap();
        assert_eq!(witness.read, usize::from(is_read));
        assert_eq!(witness.unread.len(), usize::from(!is_read));
        watch = unchanged.unwrap().arm(width).unwrap().unwrap();
    }
    fs::write(&file, "34\n").unwrap();
    let (witness, unchanged) = watch.finish().unwrap();
    assert_eq!(witness.tampered.len(), 1);
    assert!(unchanged.is_none());
}

/// Something that a program may do to the folder `dir` and the file `f` in it.
type Deed = fn(&Path) -> io::Result<()>;

const DEEDS: [(&str, Deed); 15] = [
    ("write the same", |dir| fs::write(dir.join("f"), "12\n")),
    ("write in place", |dir| {
        let file = File::options().write(true).open(dir.join("f"))?;
        std::os::unix::fs::FileExt::write_all_at(&file, b"3", 1)
    }),
    ("cut", |dir| {
        File::options().write(true).open(dir.join("f"))?.set_len(1)
    }),
    ("replace", |dir| {
        fs::copy(dir.join("f"), dir.join("g"))?;
        fs::rename(dir.join("g"), dir.join("f"))
    }),
    ("remove", |dir| fs::remove_file(dir.join("f"))),
    ("become a link", |dir| {
        fs::remove_file(dir.join("f"))?;
        std::os::unix::fs::symlink("/dev/null", dir.join("f"))
    }),
    ("link in the folder", |dir| {
        fs::hard_link(dir.join("f"), dir.join("g"))
    }),
    ("link elsewhere", |dir| {
        fs::hard_link(dir.join("f"), dir.with_extension("link"))
    }),
    ("link and remove the link", |dir| {
        fs::hard_link(dir.join("f"), dir.join("g"))?;
        fs::remove_file(dir.join("g"))
    }),
    ("set the mode and set it back", |dir| {
        let before = fs::metadata(dir.join("f"))?.permissions();
        fs::set_permissions(dir.join("f"), fs::Permissions::from_mode(0o600))?;
        fs::set_permissions(dir.join("f"), before)
    }),
    ("set the folder's mode", |dir| {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o777))
    }),
    ("forge a read", |dir| {
        let times = FileTimes::new().set_accessed(SystemTime::UNIX_EPOCH);
        let file = File::options().write(true).open(dir.join("f"))?;
        file.set_times(times)
    }),
    ("leave a file", |dir| fs::write(dir.join("g"), "")),
    ("leave a folder", |dir| fs::create_dir(dir.join(".hidden"))),
    ("leave a link", |dir| {
        std::os::unix::fs::symlink("f", dir.join("g"))
    }),
];

#[test]
fn whatever_else_was_done_to_it_the_folder_does_not_serve_again() {
    for (deed, act) in DEEDS {
        let (dir, file, watch) = armed();
        fs::read(&file).unwrap();
        act(dir.path()).unwrap();
        let (_, unchanged) = watch.finish().unwrap();
        assert!(unchanged.is_none(), "{deed}");
        let _ = fs::remove_file(dir.path().with_extension("link"));
    }
}

#[test]
fn files_in_subfolders_are_watched_and_so_are_their_folders() {
    let width = Stamps::probe(tempfile::tempdir().unwrap().path());
    let width = width.unwrap().unwrap();
    let names = ["a/b/x", "a/y", "a/z", "w"];
    let armed = || {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        for name in names {
            fs::write(dir.path().join(name), "12\n").unwrap();
        }
        let watch = AccessTimes::arm(dir.path(), names.into_iter(), width).unwrap();
        (dir, watch)
    };
    let (dir, watch) = armed();
    for name in ["a/b/x", "w"] {
        fs::read(dir.path().join(name)).unwrap();
    }
    fs::read_dir(dir.path().join("a")).unwrap().count();
    let (witness, unchanged) = watch.finish().unwrap();
    assert_eq!((witness.read, witness.unread.len()), (2, 2));
    let watch = unchanged.unwrap().arm(width).unwrap().unwrap();
    fs::remove_file(dir.path().join("a/y")).unwrap();
    assert_eq!(watch.compare().unwrap().tampered[0].trace, Trace::Removed);

    let deeds: [Deed; 4] = [
        |dir| fs::write(dir.join("a/new"), ""),
        |dir| fs::create_dir(dir.join("a/b/new")),
        |dir| {
            let mode = fs::Permissions::from_mode(0o700);
            fs::set_permissions(dir.join("a/b"), mode)
        },
        |dir| {
            fs::rename(dir.join("a/b"), dir.join("c"))?;
            fs::rename(dir.join("c"), dir.join("a/b"))
        },
    ];
    for (index, deed) in deeds.into_iter().enumerate() {
        let (dir, watch) = armed();
        deed(dir.path()).unwrap();
        let (witness, unchanged) = watch.finish().unwrap();
        assert!(
            witness.tampered.is_empty() && unchanged.is_none(),
            "{index}"
        );
    }
}

#[test]
fn what_is_changed_after_the_end_does_not_serve_again_either() {
    for (deed, act) in &DEEDS[2..6] {
        let (dir, _, watch) = armed();
        let (_, unchanged) = watch.finish().unwrap();
        act(dir.path()).unwrap();
        let again = unchanged.unwrap().arm(Stamps::Tick);
        assert!(!matches!(again, Ok(Some(_))), "{deed}");
    }
}
