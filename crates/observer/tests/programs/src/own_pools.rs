//! Pools of threads that are written by hand: rings, spinning and polling workers, one thread that hands out.

use std::{
    fs::File,
    hint,
    os::unix::fs::FileExt as _,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    thread,
    time::Duration,
};

use crate::{digest, files, read};

/// Two threads, of which each reads half of every file. Where the size is odd, the byte in the middle lies in
/// both the second and the third quarter, and no thread reads it.
pub(crate) fn halves() -> u64 {
    let half = |path: &PathBuf, first: bool| {
        let file = File::open(path).unwrap();
        let size = file.metadata().unwrap().len();
        let mut bytes = vec![0; usize::try_from(size / 2).unwrap()];
        let start = if first { 0 } else { size.div_ceil(2) };
        file.read_exact_at(&mut bytes, start).unwrap();
        digest(&bytes)
    };
    let files = files();
    thread::scope(|scope| {
        let second = scope.spawn(|| files.iter().map(|path| half(path, false)).sum::<u64>());
        let first = scope.spawn(|| files.iter().map(|path| half(path, true)).sum::<u64>());
        first.join().unwrap() + second.join().unwrap()
    })
}

/// A token is passed on; the thread that has it reads one file.
pub(crate) fn ring(threads: usize) -> u64 {
    let files = files();
    thread::scope(|scope| {
        let (first, mut receive) = mpsc::channel::<usize>();
        let start = first.clone();
        for i in 0..threads {
            let (mut send, next) = mpsc::channel();
            if i + 1 == threads {
                send = first.clone();
            }
            let mine = std::mem::replace(&mut receive, next);
            let files = &files;
            scope.spawn(move || {
                while let Ok(token) = mine.recv() {
                    if let Some(path) = files.get(token) {
                        read(path);
                    }
                    let _ = send.send(token + 1);
                    if token >= files.len() {
                        return;
                    }
                }
            });
        }
        drop(first);
        start.send(0).unwrap();
    });
    0
}

/// Workers that spin until there is work.
pub(crate) fn spin_pool(threads: usize) -> u64 {
    let (files, published, next) = (files(), AtomicUsize::new(0), AtomicUsize::new(0));
    let (done, left) = (AtomicBool::new(false), AtomicUsize::new(files.len()));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !done.load(SeqCst) {
                    let mine = next.load(SeqCst);
                    if mine < published.load(SeqCst)
                        && next
                            .compare_exchange(mine, mine + 1, SeqCst, SeqCst)
                            .is_ok()
                    {
                        read(&files[mine]);
                        left.fetch_sub(1, SeqCst);
                    }
                    hint::spin_loop();
                }
            });
        }
        published.store(files.len(), SeqCst);
        while left.load(SeqCst) > 0 {
            thread::yield_now();
        }
        done.store(true, SeqCst);
    });
    0
}

/// Workers that poll for work, and sleep briefly if there is none.
pub(crate) fn sleep_poll_pool(threads: usize) -> u64 {
    let queue = Mutex::new(Vec::new());
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let path: Option<PathBuf> = queue.lock().unwrap().pop();
                    match path {
                        Some(path) => {
                            read(&path);
                        }
                        None if done.load(SeqCst) => return,
                        None => thread::sleep(Duration::from_micros(300)),
                    }
                }
            });
        }
        thread::sleep(Duration::from_millis(5));
        *queue.lock().unwrap() = files();
        done.store(true, SeqCst);
    });
    0
}

/// Threads take turns, and wait for them in this way.
pub(crate) fn turns(threads: usize, wait: impl Fn() + Sync) -> u64 {
    let (files, turn) = (files(), AtomicUsize::new(0));
    thread::scope(|scope| {
        for i in 0..threads {
            let (files, turn, wait) = (&files, &turn, &wait);
            scope.spawn(move || {
                loop {
                    let now = turn.load(SeqCst);
                    if now >= files.len() {
                        return;
                    }
                    if now % threads == i {
                        read(&files[now]);
                        turn.store(now + 1, SeqCst);
                    } else {
                        wait();
                    }
                }
            });
        }
    });
    0
}

/// The first thread asks without pause who is done, computes a little, and hands out the next file.
pub(crate) fn hands_out(threads: usize) -> u64 {
    let (done, results) = mpsc::channel();
    let workers: Vec<_> = (0..threads)
        .map(|worker| {
            let (give, files) = mpsc::channel::<PathBuf>();
            let done = done.clone();
            thread::spawn(move || {
                for path in files {
                    done.send((worker, read(&path))).unwrap();
                }
            });
            give
        })
        .collect();
    let mut files = files().into_iter();
    let mut at_work = 0;
    for (worker, path) in workers.iter().zip(files.by_ref().take(threads)) {
        worker.send(path).unwrap();
        at_work += 1;
    }
    let mut sum = 0;
    while at_work > 0 {
        let Ok((worker, value)) = results.try_recv() else {
            continue;
        };
        sum += value;
        for n in 0..100_000 {
            hint::black_box(n);
        }
        match files.next() {
            Some(path) => workers[worker].send(path).unwrap(),
            None => at_work -= 1,
        }
    }
    sum
}
