//! Programs that read with one thread, and imitate parallel reading.

use std::{
    fs::File,
    hint,
    io::{Read, Write},
    os::unix::fs::FileExt,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use crate::{files, pools, raw, read, serial};

/// Starts threads that do this for ever, then reads all files with the first thread.
fn beside(threads: usize, bystander: impl Fn() + Send + Sync + Clone + 'static) -> u64 {
    for _ in 0..threads {
        let bystander = bystander.clone();
        thread::spawn(move || {
            loop {
                bystander();
            }
        });
    }
    serial::run("serial").unwrap()
}

/// All files, once each, by threads of which each takes the next.
fn once_each(threads: usize, work: impl Fn(&PathBuf) + Sync) {
    let (files, next) = (files(), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(path) = files.get(next.fetch_add(1, SeqCst)) {
                    work(path);
                }
            });
        }
    });
}

fn all_open() -> Vec<File> {
    let open = |path: &PathBuf| File::open(path).unwrap();
    files().iter().map(open).collect()
}

/// Threads do something to each open file.
fn each_open(threads: usize, files: &[File], work: impl Fn(&File) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, SeqCst)) {
                    work(file);
                }
            });
        }
    });
}

/// Threads do something to each open file; then the first thread does something else to it.
fn touch_then(
    threads: usize,
    touch: impl Fn(&File) + Sync,
    mut then: impl FnMut(&File) -> u64,
) -> u64 {
    let files = all_open();
    each_open(threads, &files, touch);
    files.iter().map(&mut then).sum()
}

fn read_from(file: &File, start: u64) -> u64 {
    let mut bytes = [0; 1000];
    let got = file.read_at(&mut bytes, start).unwrap();
    crate::digest(&bytes[..got])
}

fn touch_then_read(threads: usize, touch: impl Fn(&File) + Sync) -> u64 {
    touch_then(threads, touch, read_on)
}

/// Each thread does something to a file, and reads on under a lock.
fn touch_then_locked(threads: usize, touch: impl Fn(&File) + Sync) -> u64 {
    locked_after(threads, touch, read_on)
}

/// Each thread does something to a file, and something else to it under a lock.
fn locked_after(
    threads: usize,
    touch: impl Fn(&File) + Sync,
    then: impl Fn(&File) -> u64 + Sync,
) -> u64 {
    let (sum, lock) = (AtomicU64::new(0), Mutex::new(()));
    once_each(threads, |path| {
        let file = File::open(path).unwrap();
        touch(&file);
        let _guard = lock.lock().unwrap();
        sum.fetch_add(then(&file), SeqCst);
    });
    sum.into_inner()
}

/// Reads on in small pieces.
fn read_on_in_pieces(mut file: &File) -> u64 {
    let (mut bytes, mut sum) = ([0; 7], 0);
    loop {
        match file.read(&mut bytes).unwrap() {
            0 => return sum,
            got => sum += crate::digest(&bytes[..got]),
        }
    }
}

fn size(file: &File) -> u64 {
    file.metadata().unwrap().len()
}

/// The first third of a file.
fn first_third(mut file: &File) {
    let third = usize::try_from(size(file) / 3).unwrap();
    file.read_exact(&mut vec![0; third]).unwrap();
}

/// The first quarter of a file and the last one, without a byte of what is between.
fn outer_quarters(file: &File) -> u64 {
    let length = size(file) / 4;
    let mut bytes = vec![0; usize::try_from(length).unwrap()];
    let starts = [0, size(file) - length];
    let read = |start| {
        file.read_exact_at(&mut bytes, start).unwrap();
        crate::digest(&bytes)
    };
    starts.map(read).iter().sum()
}

/// Each thread touches a byte of every quarter of its files, and reads the rest of the quarter under a lock.
fn each_quarter_touched_then_locked(threads: usize) -> u64 {
    let (sum, lock) = (AtomicU64::new(0), Mutex::new(()));
    once_each(threads, |path| {
        let file = File::open(path).unwrap();
        for quarter in 0..4 {
            // Where a byte lies in two quarters, it is left out.
            let start = (quarter * size(&file)).div_ceil(4);
            let end = (quarter + 1) * size(&file) / 4;
            file.read_exact_at(&mut [0], start).unwrap();
            let _guard = lock.lock().unwrap();
            let mut rest = vec![0; usize::try_from(end - start - 1).unwrap()];
            file.read_exact_at(&mut rest, start + 1).unwrap();
            sum.fetch_add(crate::digest(&rest), SeqCst);
        }
    });
    sum.into_inner()
}

fn one_byte_of(mut file: &File) {
    file.read_exact(&mut [0]).unwrap();
}

fn read_on(mut file: &File) -> u64 {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    crate::digest(&bytes)
}

fn one_byte(path: &PathBuf) {
    File::open(path).unwrap().read_exact(&mut [0]).unwrap();
}

pub fn run(mode: &str, threads: usize) -> Option<u64> {
    let first = files().into_iter().next()?;
    Some(match mode {
        "idle-threads" => beside(threads, thread::park),
        "sleeping-threads" => beside(threads, || thread::sleep(Duration::from_secs(100))),
        "briefly-sleeping-threads" => beside(threads, || thread::sleep(Duration::from_millis(1))),
        "briefly-sleeping-reader" => beside(1, move || {
            thread::sleep(Duration::from_millis(5));
            read(&first);
        }),
        "forged-sleep" => {
            thread::spawn(raw::sleep_and_forge);
            while !raw::sleeps() {
                thread::yield_now();
            }
            thread::sleep(Duration::from_millis(5));
            raw::forge();
            serial::run("serial").unwrap()
        }
        "spinning-threads" => beside(threads, hint::spin_loop),
        "same-file-readers" => beside(threads, move || {
            read(&first);
        }),
        "same-descriptor-readers" => beside(threads, move || {
            let file = File::open(&first).unwrap();
            loop {
                file.read_at(&mut [0; 100], 0).unwrap();
            }
        }),
        "one-byte-steppers" => beside(threads, move || {
            let file = File::open(&first).unwrap();
            for at in 1.. {
                if file.read_at(&mut [0], at).unwrap() == 0 {
                    break;
                }
            }
        }),
        "end-readers" => beside(threads, move || {
            let file = File::open(&first).unwrap();
            loop {
                file.read_at(&mut [0; 100], 1_000_000).unwrap();
            }
        }),
        "empty-readers" => beside(threads, move || {
            let file = File::open(&first).unwrap();
            loop {
                file.read_at(&mut [], 0).unwrap();
            }
        }),
        "openers" => beside(threads, move || {
            File::open(&first).unwrap();
        }),
        "ping-pong" => {
            let (mut one_out, mut one_in) = std::io::pipe().unwrap();
            let (mut two_out, mut two_in) = std::io::pipe().unwrap();
            thread::spawn(move || {
                one_in.write_all(&[1]).unwrap();
                loop {
                    two_out.read_exact(&mut [0]).unwrap();
                    one_in.write_all(&[1]).unwrap();
                }
            });
            thread::spawn(move || {
                loop {
                    one_out.read_exact(&mut [0]).unwrap();
                    two_in.write_all(&[1]).unwrap();
                }
            });
            serial::run("serial").unwrap()
        }
        "one-byte-then-serial" => {
            once_each(threads, one_byte);
            serial::run("serial").unwrap()
        }
        "one-byte-only" => {
            once_each(threads, one_byte);
            0
        }
        "one-byte-then-rest" => touch_then_read(threads, one_byte_of),
        "one-byte-then-rest-in-pieces" => touch_then(threads, one_byte_of, read_on_in_pieces),
        "one-byte-then-locked-pieces" => locked_after(threads, one_byte_of, read_on_in_pieces),
        "third-then-rest-in-pieces" => touch_then(threads, first_third, read_on_in_pieces),
        "third-then-locked-pieces" => locked_after(threads, first_third, read_on_in_pieces),
        "outer-quarters-locked" => locked_after(threads, |_| (), outer_quarters),
        "each-quarter-touched-then-locked" => each_quarter_touched_then_locked(threads),
        "one-byte-then-locked" => touch_then_locked(threads, one_byte_of),
        // Nothing is there: the kernel refuses.
        "beyond-then-serial" => touch_then_read(threads, |file| {
            assert!(file.read_at(&mut [0; 100], u64::MAX).is_err());
        }),
        // There is something, and no place to put it.
        "bad-buffer-then-serial" => touch_then_read(threads, raw::read_to_nowhere),
        // The same, and each thread reads on under a lock.
        "bad-buffer-then-locked" => touch_then_locked(threads, raw::read_to_nowhere),
        // A byte comes, of many that are asked for.
        "partly-then-rest" => {
            touch_then_read(threads, |file| raw::read_one_and_nowhere(file, true))
        }
        "partly-then-locked" => {
            touch_then_locked(threads, |file| raw::read_one_and_nowhere(file, true))
        }
        "partly-in-place-then-rest" => touch_then(
            threads,
            |file| raw::read_one_and_nowhere(file, false),
            |file| read_from(file, 1),
        ),
        // One thread reads all, and others a byte of each file before it and the rest of it behind.
        "one-byte-around-serial" => {
            let files = all_open();
            each_open(threads, &files, one_byte_of);
            let sum = serial::run("serial").unwrap();
            each_open(threads, &files, |file| {
                read_on(file);
            });
            sum
        }
        "one-byte-then-twice-the-rest" => {
            let files = all_open();
            each_open(threads, &files, |file| {
                file.read_exact_at(&mut [0], 0).unwrap()
            });
            let sum = files.iter().map(|file| read_from(file, 1)).sum();
            each_open(threads, &files, |file| {
                read_from(file, 2);
            });
            sum
        }
        "beyond-only" => {
            once_each(threads, |path| {
                assert!(
                    File::open(path)
                        .unwrap()
                        .read_at(&mut [0], u64::MAX)
                        .is_err()
                );
            });
            0
        }
        "replaced-then-serial" => {
            let again: Vec<_> = files()
                .iter()
                .map(|path| File::open(path).unwrap())
                .collect();
            let mut again = again.into_iter();
            touch_then(threads, one_byte_of, |file| {
                raw::replace(file, &again.next().unwrap());
                read_on(file)
            })
        }
        "open-then-serial" => {
            once_each(threads, |path| drop(File::open(path).unwrap()));
            serial::run("serial").unwrap()
        }
        "decorated-pool" => {
            for _ in 0..2 {
                thread::spawn(|| {
                    loop {
                        thread::sleep(Duration::from_millis(1));
                    }
                });
            }
            pools::run("atomic", threads).unwrap()
        }
        _ => return None,
    })
}
