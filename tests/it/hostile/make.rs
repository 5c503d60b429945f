//! Make in a submission what git cannot store: links, FIFOs, holes, odd names, very many files.
//!
//! One line of `make` is one thing, a verb and what it is about, with `\n`, `\"`, `\\` and `\xNN`.
//! Never makes anything outside of the case's own folder, except what a hard link is to.

use std::{
    ffi::OsString,
    fs::{self, File, FileTimes, OpenOptions},
    io::{self, Write as _},
    os::unix::{
        ffi::{OsStrExt as _, OsStringExt as _},
        fs::{PermissionsExt as _, symlink},
        net::UnixListener,
    },
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rustix::fs::{CWD, FileType, Mode};

/// The bytes that an escaped text stands for.
pub(crate) fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let (&what, after) = rest.split_first().expect("something behind a backslash");
        rest = after;
        match what {
            b'n' => bytes.push(b'\n'),
            b'x' => {
                let digits = std::str::from_utf8(&rest[..2]).expect("two digits");
                bytes.push(u8::from_str_radix(digits, 16).expect("two digits"));
                rest = &rest[2..];
            }
            other => bytes.push(other),
        }
    }
    bytes
}

fn path(bytes: &[u8]) -> PathBuf {
    OsString::from_vec(bytes.to_vec()).into()
}

/// The text up to the first space, and what comes after it.
fn word(text: &str) -> (&str, &str) {
    text.split_once(' ').unwrap_or((text, ""))
}

/// Do what one line says, in `folder`. Placeholders are replaced already.
pub(crate) fn make(line: &str, folder: &Path, shared: &dyn Fn(&str) -> String) {
    try_make(line, folder, shared).unwrap_or_else(|error| panic!("make `{line}`: {error}"));
}

fn try_make(line: &str, folder: &Path, shared: &dyn Fn(&str) -> String) -> io::Result<()> {
    let (verb, about) = word(line);
    let whole = || folder.join(path(&unescape(about)));
    let (first, rest) = word(about);
    let target = folder.join(path(&unescape(first)));
    let number = || rest.parse::<u64>().expect("a number");
    let pair = || {
        let (from, to) = about.split_once(" -> ").expect("an arrow");
        (folder.join(path(&unescape(from))), path(&unescape(to)))
    };
    match verb {
        "file" => write(&whole(), b"// Nothing.\n"),
        "text" => write(&target, &unescape(rest)),
        "dir" => fs::create_dir_all(whole()),
        "script" => {
            write(&target, format!("#!/bin/sh\n{rest}\n").as_bytes())?;
            fs::set_permissions(&target, fs::Permissions::from_mode(0o755))
        }
        "append" => {
            let (count, text) = word(rest);
            let count: usize = count.parse().expect("a number");
            let mut file = OpenOptions::new().append(true).create(true).open(target)?;
            file.write_all(&unescape(text).repeat(count))
        }
        "shared" => {
            let name = target.file_name().unwrap_or_default().to_string_lossy();
            write(&target, shared(&name).as_bytes())
        }
        "symlink" => {
            let (from, to) = pair();
            parent(&from)?;
            symlink(to, from)
        }
        "hardlink" => {
            let (from, to) = pair();
            parent(&from)?;
            fs::hard_link(to, from)
        }
        "fifo" => Ok(rustix::fs::mkfifoat(
            CWD,
            parent(&whole())?,
            Mode::from(0o666),
        )?),
        // Bound and let go of: the file stays.
        "socket" => UnixListener::bind(parent(&whole())?).map(drop),
        "device" => {
            let (major, minor) = word(rest);
            let number = |text: &str| text.parse::<u32>().expect("a number");
            let device = rustix::fs::makedev(number(major), number(minor));
            let mode = Mode::from(0o666);
            Ok(rustix::fs::mknodat(
                CWD,
                target,
                FileType::CharacterDevice,
                mode,
                device,
            )?)
        }
        "mode" => {
            let mode = u32::from_str_radix(rest, 8).expect("a mode");
            fs::set_permissions(target, fs::Permissions::from_mode(mode))
        }
        "sparse" => File::create(target)?.set_len(number()),
        "date" => {
            let date = SystemTime::UNIX_EPOCH + Duration::from_secs(number());
            let times = FileTimes::new().set_accessed(date).set_modified(date);
            OpenOptions::new()
                .append(true)
                .open(target)?
                .set_times(times)
        }
        "many-files" => {
            fs::create_dir_all(&target)?;
            (0..number()).try_for_each(|n| File::create(target.join(n.to_string())).map(drop))
        }
        "deep" => {
            // By descriptors: the whole path is longer than any that the kernel takes.
            fs::create_dir_all(&target)?;
            let mut here = File::open(&target)?;
            for _ in 0..number() {
                rustix::fs::mkdirat(&here, "d", Mode::from(0o755))?;
                let flags = rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::CLOEXEC;
                here = rustix::fs::openat(&here, "d", flags, Mode::empty())?.into();
            }
            Ok(())
        }
        other => panic!("no verb is called `{other}`"),
    }
}

fn parent(path: &Path) -> io::Result<&Path> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    Ok(path)
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::write(parent(path)?, bytes)
}

/// Copy a template, with `fill` over every file that is text.
pub(crate) fn copy(template: &Path, to: &Path, fill: &dyn Fn(&str) -> String) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(template)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&from, &to, fill)?;
        } else if entry.file_name().as_bytes() != b"expect.toml" {
            let bytes = fs::read(&from)?;
            match String::from_utf8(bytes) {
                Ok(text) => fs::write(to, fill(&text))?,
                Err(other) => fs::write(to, other.as_bytes())?,
            }
        }
    }
    Ok(())
}

#[test]
fn escapes_stand_for_bytes() {
    assert_eq!(unescape(r#"a\n\x1b\xff\\\""#), b"a\n\x1b\xff\\\"");
}
