//! Programs for files with latencies of their own, which print what they read when they have it, and wait with limits on
//! time. The number of such a program is its limit in milliseconds.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc::{self, Receiver},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{files, read};

/// The number in a file's name.
fn number(path: &Path) -> String {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let number: u32 = name.trim_start_matches("tmp-").parse().unwrap();
    number.to_string()
}

/// Reads all files at once, each in a thread of its own, which sends the file's number when it has read it.
fn reads() -> Receiver<String> {
    let (send, receive) = mpsc::channel();
    for path in files() {
        let send = send.clone();
        thread::spawn(move || {
            read(&path);
            let _ = send.send(number(&path));
        });
    }
    receive
}

/// Prints each file as soon as it is there.
fn as_completed() {
    for number in reads() {
        println!("{number}");
    }
}

/// Prints the files in the order in which their threads were started.
fn in_order() {
    let start = |path: PathBuf| thread::spawn(move || (read(&path), number(&path)));
    let threads: Vec<_> = files().into_iter().map(start).collect();
    for thread in threads {
        println!("{}", thread.join().unwrap().1);
    }
}

/// Asks all the time which files are there, and sleeps a little in between.
fn polls(nap: Duration) {
    let receive = reads();
    loop {
        match receive.try_recv() {
            Ok(number) => println!("{number}"),
            Err(mpsc::TryRecvError::Empty) => thread::sleep(nap),
            Err(mpsc::TryRecvError::Disconnected) => return,
        }
    }
}

/// As `polls`, until so much real time has passed, and then waits without a limit.
fn polls_until(limit: Duration) {
    let receive = reads();
    let start = Instant::now();
    while start.elapsed() < limit {
        if let Ok(number) = receive.try_recv() {
            println!("{number}");
            return;
        }
        thread::sleep(Duration::from_millis(1));
    }
    println!("timed out");
    println!("{}", receive.recv().unwrap());
}

/// Waits for the first file in some way, for so long at most, and then without a limit.
fn waits(wait: impl FnOnce(&Receiver<String>) -> Option<String>) {
    let receive = reads();
    println!("started");
    match wait(&receive) {
        Some(number) => println!("{number}"),
        None => {
            println!("timed out");
            println!("{}", receive.recv().unwrap());
        }
    }
}

fn condvar_timeout(limit: Duration) {
    let shared = Arc::new((Mutex::new(None), Condvar::new()));
    let path = files().remove(0);
    let of_thread = Arc::clone(&shared);
    let reader = thread::spawn(move || {
        let sum = read(&path);
        *of_thread.0.lock().unwrap() = Some(sum);
        of_thread.1.notify_one();
    });
    let guard = shared.0.lock().unwrap();
    let (guard, result) = shared
        .1
        .wait_timeout_while(guard, limit, |sum| sum.is_none())
        .unwrap();
    println!("{}", if result.timed_out() { "timed out" } else { "0" });
    drop(guard);
    reader.join().unwrap();
    println!("0");
}

fn park_timeout(limit: Duration) {
    let done = Arc::new(AtomicBool::new(false));
    let of_thread = Arc::clone(&done);
    let (main, path) = (thread::current(), files().remove(0));
    let reader = thread::spawn(move || {
        read(&path);
        of_thread.store(true, SeqCst);
        main.unpark();
    });
    thread::park_timeout(limit);
    println!("{}", if done.load(SeqCst) { "0" } else { "timed out" });
    reader.join().unwrap();
    println!("0");
}

/// The first thread sleeps before it reads, and the others read.
fn sleeps_first(limit: Duration) {
    let files = files();
    thread::scope(|scope| {
        for path in &files[1..] {
            scope.spawn(|| println!("{} {}", number(path), read(path) > 0));
        }
        thread::sleep(limit);
        println!("slept");
        println!("{}", read(&files[0]) > 0);
    });
}

/// A thread waits in the kernel for events, for so long at most.
fn tokio_timeout(limit: Duration) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let path = files().remove(0);
        let mut reader = tokio::task::spawn_blocking(move || read(&path));
        match tokio::time::timeout(limit, &mut reader).await {
            Ok(_) => println!("0"),
            Err(_) => {
                println!("timed out");
                reader.await.unwrap();
                println!("0");
            }
        }
    });
}

/// Waits for an event that another thread makes when it has read a file, for so long at most.
fn epoll_timeout(limit: Duration) {
    let (reading, writing) = std::io::pipe().unwrap();
    let path = files().remove(0);
    let reader = thread::spawn(move || {
        read(&path);
        std::io::Write::write_all(&mut &writing, b"x").unwrap();
    });
    let milliseconds = i32::try_from(limit.as_millis()).unwrap();
    let events = wait_for_event(&reading, milliseconds);
    println!("{}", if events == 0 { "timed out" } else { "0" });
    wait_for_event(&reading, -1);
    println!("0");
    reader.join().unwrap();
}

fn wait_for_event(pipe: &std::io::PipeReader, milliseconds: i32) -> i32 {
    use std::os::fd::AsRawFd;
    let mut event = libc::epoll_event {
        events: libc::EPOLLIN.cast_unsigned(),
        u64: 0,
    };
    // SAFETY: the kernel reads and writes one event, which lives through the calls.
    unsafe {
        let epoll = libc::epoll_create1(libc::EPOLL_CLOEXEC);
        libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, pipe.as_raw_fd(), &raw mut event);
        let events = libc::epoll_wait(epoll, &raw mut event, 1, milliseconds);
        libc::close(epoll);
        events
    }
}

/// One thread spins until the files are there.
fn spins() {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(SeqCst) {
                std::hint::spin_loop();
            }
        });
        as_completed();
        done.store(true, SeqCst);
    });
}

/// Two threads wait for each other after a sleep.
fn deadlock(limit: Duration) {
    as_completed();
    let (one, other) = (Mutex::new(()), Mutex::new(()));
    let both = |first: &Mutex<()>, second: &Mutex<()>| {
        let _first = first.lock().unwrap();
        thread::sleep(limit);
        let _second = second.lock().unwrap();
    };
    thread::scope(|scope| {
        scope.spawn(|| both(&one, &other));
        both(&other, &one);
    });
}

/// Reads all files of the folder and of its subfolders, one after the other.
fn subfolders() {
    let mut folders = vec![PathBuf::from(".")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort_unstable();
    for path in files {
        read(&path);
        println!("{}", path.strip_prefix(".").unwrap().display());
    }
}

pub fn run(mode: &str, number: usize) -> Option<u64> {
    let limit = Duration::from_millis(number.try_into().unwrap());
    match mode {
        "slow-as-completed" => as_completed(),
        "slow-in-order" => in_order(),
        "slow-polls" => polls(limit),
        "slow-polls-until" => polls_until(limit),
        "slow-recv-timeout" => waits(|receive| receive.recv_timeout(limit).ok()),
        "slow-condvar-timeout" => condvar_timeout(limit),
        "slow-park-timeout" => park_timeout(limit),
        "slow-epoll-timeout" => epoll_timeout(limit),
        "slow-tokio-timeout" => tokio_timeout(limit),
        "slow-sleeps-first" => sleeps_first(limit),
        "slow-spins" => spins(),
        "slow-deadlock" => deadlock(limit),
        "slow-subfolders" => subfolders(),
        _ => return None,
    }
    Some(0)
}
