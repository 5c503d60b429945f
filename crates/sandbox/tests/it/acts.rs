//! The programs that run in the sandbox: this test binary, run again with an act chosen by the environment.
//!
//! Each act is bounded by itself.

#![expect(unsafe_code, reason = "forks, as a hostile program would")]

use std::{
    thread,
    time::{Duration, Instant},
};

#[test]
#[ignore = "a program for the other tests"]
fn program() {
    let act = std::env::var("ACT").unwrap();
    let (act, number) = act.split_once(' ').unwrap_or((&act, "0"));
    let number: u64 = number.parse().unwrap();
    match act {
        "allocate" => hold(number, 150),
        "allocate-in-three" => {
            for _ in 0..3 {
                if fork() == 0 {
                    // Long enough for all three to come so far, however busy the machine is.
                    hold(number, 3000);
                    exit();
                }
            }
            sleep(4000);
        }
        "burn" => burn(number),
        "burn-in-children" => {
            // SAFETY: no handler; so children vanish, and what they used with them.
            unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
            for _ in 0..2 {
                if fork() == 0 {
                    burn(number);
                    exit();
                }
            }
            sleep(5000);
        }
        "threads" => {
            let handles: Vec<_> = (0..number)
                .map_while(|_| {
                    let thread = thread::Builder::new().stack_size(64 << 10);
                    thread.spawn(|| sleep(600)).ok()
                })
                .collect();
            for handle in handles {
                handle.join().unwrap();
            }
        }
        "processes" => {
            for _ in 0..number {
                if fork() == 0 {
                    sleep(3000);
                    exit();
                }
            }
            sleep(3000);
        }
        "daemon" => {
            if fork() == 0 {
                // SAFETY: touches no memory.
                unsafe { libc::setsid() };
                if fork() == 0 {
                    sleep(10_000);
                }
                exit();
            }
            sleep(50);
        }
        "stopped" => {
            if fork() == 0 {
                // SAFETY: leaves the group, which is woken when its leader ends; and stops.
                unsafe {
                    libc::setsid();
                    libc::kill(0, libc::SIGSTOP);
                }
                exit();
            }
            sleep(50);
        }
        "hold-the-pipe" => {
            if fork() == 0 {
                sleep(10_000);
                exit();
            }
        }
        "tree" => {
            for _ in 0..number {
                if fork() == 0 {
                    // SAFETY: touches no memory.
                    unsafe { libc::setsid() };
                    sleep(10_000);
                    exit();
                }
            }
        }
        "bomb" => bomb(number),
        "burn-in-short-children" => {
            // SAFETY: no handler; so children vanish, and what they used with them.
            unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
            for _ in 0..number {
                if fork() == 0 {
                    burn(100);
                    exit();
                }
                // SAFETY: waits until there is no child left; nothing is written.
                unsafe { libc::waitpid(-1, std::ptr::null_mut(), 0) };
            }
        }
        _ => use_up(act, number),
    }
    exit();
}

/// Every process makes two, and leaves its session; for a second, and some thousand at most.
fn bomb(most: u64) {
    let start = Instant::now();
    let mut made = 0;
    while made < most && start.elapsed() < Duration::from_secs(1) {
        match fork() {
            0 => {
                // SAFETY: touches no memory.
                unsafe { libc::setsid() };
                made += most / 8;
            }
            pid if pid > 0 => made += 1,
            _ => sleep(1),
        }
    }
    sleep(2000);
}

fn hold(mib: u64, ms: u64) {
    let memory = vec![1_u8; usize::try_from(mib << 20).unwrap()];
    std::hint::black_box(&memory);
    sleep(ms);
}

/// Acts that use up memory or disk.
fn use_up(act: &str, number: u64) {
    match act {
        "share" => share(number),
        "map-tables" => map_tables(number),
        "write-deep-down" => {
            std::env::set_current_dir(tmp()).unwrap();
            for _ in 0..number {
                std::fs::create_dir("d").unwrap();
                std::env::set_current_dir("d").unwrap();
            }
            for name in 0..5 {
                let _ = std::fs::write(name.to_string(), vec![1; 10 << 20]);
            }
            sleep(1000);
        }
        "abort-when-full" => {
            for name in 0..number / 8 {
                if std::fs::write(tmp().join(name.to_string()), vec![1; 8 << 20]).is_err() {
                    std::process::abort();
                }
            }
        }
        "panic-at-a-large-file" => {
            // SAFETY: no handler; so a write that is too much fails.
            unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
            let bytes = vec![1; usize::try_from(number << 20).unwrap()];
            std::fs::write(tmp().join("large"), bytes).unwrap();
            panic!("there is another reason");
        }
        "abort" => std::process::abort(),
        _ => live_on_in_another_thread(act, number),
    }
}

/// Acts of processes whose first thread has ended.
fn live_on_in_another_thread(act: &str, number: u64) {
    match act {
        "daemon-of-other-threads" => {
            if fork() == 0 {
                // SAFETY: touches no memory.
                unsafe { libc::setsid() };
                in_another_thread(|| sleep(15_000));
            }
            sleep(100);
        }
        "allocate-in-other-threads" => {
            if fork() == 0 {
                in_another_thread(move || hold(number, 3000));
            }
            sleep(3500);
        }
        "allocate-in-other-threads-of-two" => {
            for _ in 0..2 {
                if fork() == 0 {
                    in_another_thread(move || hold(number, 2000));
                }
            }
            sleep(2500);
        }
        "share-in-other-threads" => {
            if fork() == 0 {
                in_another_thread(move || share(number));
            }
            sleep(2000);
        }
        _ => panic!("unknown act {act}"),
    }
}

fn tmp() -> std::path::PathBuf {
    std::env::var_os("TMP").unwrap().into()
}

fn map(bytes: usize, protection: i32, flags: i32) -> *mut u8 {
    let nowhere = std::ptr::null_mut();
    // SAFETY: a new mapping, wherever there is room.
    let mapped = unsafe { libc::mmap(nowhere, bytes, protection, flags, -1, 0) };
    assert_ne!(mapped, libc::MAP_FAILED);
    mapped.cast()
}

/// Hold memory that no other process shares, in 8 MiB of which not more than one piece is ever in use.
fn share(mib: u64) {
    const PIECE: usize = 8 << 20;
    let bytes = usize::try_from(mib << 20).unwrap();
    let write = libc::PROT_READ | libc::PROT_WRITE;
    let memory = map(bytes, write, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
    for start in (0..bytes).step_by(PIECE) {
        let length = PIECE.min(bytes - start);
        // SAFETY: all of it is inside of the mapping.
        unsafe {
            let piece = memory.add(start);
            piece.write_bytes(1, length);
            libc::madvise(piece.cast(), length, libc::MADV_DONTNEED);
        }
    }
    sleep(500);
}

/// Make the kernel hold tables of pages that are not there: one of 4 KiB for every 2 MiB that are read.
fn map_tables(mib: u64) {
    const STEP: usize = 2 << 20;
    let bytes = usize::try_from(mib << 20).unwrap() / 4096 * STEP;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    let memory = map(bytes, libc::PROT_READ, flags);
    // SAFETY: the whole of the mapping.
    unsafe { libc::madvise(memory.cast(), bytes, libc::MADV_NOHUGEPAGE) };
    for start in (0..bytes).step_by(STEP) {
        // SAFETY: inside of the mapping, which may be read.
        std::hint::black_box(unsafe { memory.add(start).read_volatile() });
    }
    sleep(500);
}

/// Continue in another thread only: in `/proc` this process looks dead.
fn in_another_thread(act: impl FnOnce() + Send + 'static) -> ! {
    thread::spawn(move || {
        act();
        exit();
    });
    // SAFETY: ends this thread and nothing else; what it holds stays, as the other one needs it.
    unsafe { libc::syscall(libc::SYS_exit, 0) };
    unreachable!("its thread has ended");
}

fn burn(ms: u64) {
    let used = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        time.tv_sec.unsigned_abs() * 1_000_000 + time.tv_nsec.unsigned_abs() / 1000
    };
    let (before, start) = (used(), Instant::now());
    while used() - before < ms * 1000 && start.elapsed() < Duration::from_secs(10) {
        std::hint::black_box(0);
    }
}

fn sleep(ms: u64) {
    thread::sleep(Duration::from_millis(ms));
}

fn fork() -> i32 {
    // SAFETY: the child only sleeps, computes, allocates and ends; the lock of the allocator is
    // taken care of by the C library.
    unsafe { libc::fork() }
}

fn exit() -> ! {
    // SAFETY: ends this process without running its destructors.
    unsafe { libc::_exit(0) }
}
