//! One thread, one read at a time, in every style.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Seek},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::PathBuf,
    process::Command,
};

use crate::{digest, elsewhere, files, raw, read};

pub fn run(mode: &str) -> Option<u64> {
    let each = |f: &dyn Fn(&PathBuf) -> u64| Some(files().iter().map(f).sum());
    let open = |path: &PathBuf| File::open(path).unwrap();
    match mode {
        "serial" => each(&|path| read(path)),
        "serial-string" => each(&|path| digest(fs::read_to_string(path).unwrap().as_bytes())),
        "serial-lines" => each(&|path| {
            BufReader::new(open(path))
                .lines()
                .map(|line| line.unwrap().parse::<u64>().unwrap())
                .sum()
        }),
        "serial-small-buffer" => each(&|path| {
            let lines = BufReader::with_capacity(8, open(path)).lines();
            lines
                .map(|line| line.unwrap().parse::<u64>().unwrap())
                .sum()
        }),
        "serial-bytes" => each(&|path| open(path).bytes().map(|b| u64::from(b.unwrap())).sum()),
        "serial-pread" => each(&|path| {
            let mut bytes = [0; 4096];
            let n = open(path).read_at(&mut bytes, 0).unwrap();
            digest(&bytes[..n])
        }),
        "serial-pread-pieces" => each(&|path| {
            let (file, mut at, mut sum) = (open(path), 0, 0);
            let mut bytes = [0; 7];
            loop {
                match file.read_at(&mut bytes, at).unwrap() {
                    0 => return sum,
                    n => {
                        sum += digest(&bytes[..n]);
                        at += n as u64;
                    }
                }
            }
        }),
        "serial-readv" => each(&|path| digest(&raw::readv(&open(path)))),
        "serial-preadv" => each(&|path| digest(&raw::preadv(&open(path), 0))),
        "serial-preadv2" => each(&|path| digest(&raw::preadv2(&open(path)))),
        "serial-mmap" => each(&|path| raw::mmap(path)),
        "serial-mmap-one-byte" => each(&|path| raw::mmap_one_byte(path)),
        "serial-sendfile" => each(&|path| raw::sendfile(&open(path))),
        "serial-splice" => each(&|path| raw::splice(&open(path))),
        "serial-copy" => {
            let copy = elsewhere().join("copy");
            each(&|path| fs::copy(path, &copy).unwrap())
        }
        "serial-dup" => each(&|path| {
            let mut file = open(path);
            let mut first = [0; 30];
            file.read_exact(&mut first).unwrap();
            let mut rest = Vec::new();
            file.try_clone().unwrap().read_to_end(&mut rest).unwrap();
            digest(&first) + digest(&rest)
        }),
        "serial-twice" => each(&|path| read(path) + read(path)),
        "serial-rewind" => each(&|path| {
            let mut file = open(path);
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            file.rewind().unwrap();
            file.read_to_end(&mut bytes).unwrap();
            digest(&bytes)
        }),
        "serial-pread-twice" => each(&|path| {
            let (file, mut bytes) = (open(path), [0; 4096]);
            file.read_at(&mut bytes, 0).unwrap();
            let n = file.read_at(&mut bytes, 0).unwrap();
            digest(&bytes[..n])
        }),
        "serial-open-first" => {
            let open: Vec<_> = files().iter().map(open).collect();
            Some(
                open.into_iter()
                    .map(|mut file| {
                        let mut bytes = Vec::new();
                        file.read_to_end(&mut bytes).unwrap();
                        digest(&bytes)
                    })
                    .sum(),
            )
        }
        "serial-no-atime" => each(&|path| {
            let refused = File::options()
                .read(true)
                .custom_flags(libc::O_NOATIME)
                .open(path)
                .is_err();
            assert!(refused);
            assert!(raw::no_atime(&open(path)));
            read(path)
        }),
        "serial-unlink" => each(&|path| {
            let sum = read(path);
            fs::remove_file(path).unwrap();
            sum
        }),
        "serial-hide" => {
            assert!(raw::hide());
            run("serial")
        }
        "serial-async" => {
            assert!(raw::async_io());
            run("serial")
        }
        "serial-signals" => {
            raw::interrupt_often();
            run("serial")
        }
        "serial-shell" => each(&|path| {
            let output = Command::new("/bin/cat").arg(path).output().unwrap();
            digest(&output.stdout)
        }),
        "nothing" => Some(0),
        "opens-only" => each(&|path| {
            open(path);
            0
        }),
        "touch-only" => each(&|path| {
            raw::touch(path);
            0
        }),
        "read-nothing" => each(&|path| {
            // No bytes asked for: nothing is read.
            open(path).read(&mut []).unwrap() as u64
        }),
        _ => None,
    }
}
