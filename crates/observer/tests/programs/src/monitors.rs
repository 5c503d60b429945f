//! Programs with a thread beside the others that wakes again and again, and reads nothing: it shows progress, or
//! watches over the others. And programs whose first thread wakes as often, and hands out the work.

use std::{
    path::PathBuf,
    sync::{
        Condvar, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc,
    },
    thread,
    time::Duration,
};

use crate::{files, pools, read, serial};

/// How long such a thread sleeps.
const OFTEN: Duration = Duration::from_millis(10);

/// Does the work while another thread wakes often, until the work is done.
fn watched(wait: impl Fn() + Send + Sync, work: impl FnOnce() -> u64) -> u64 {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let monitor = scope.spawn(|| {
            while !done.load(SeqCst) {
                wait();
                eprintln!("still reading");
            }
        });
        let sum = work();
        done.store(true, SeqCst);
        monitor.thread().unpark();
        sum
    })
}

fn recv_timeout(work: impl FnOnce() -> u64) -> u64 {
    let (_keep, never) = mpsc::channel::<()>();
    let never = Mutex::new(never);
    let wait = || {
        let _ = never.lock().unwrap().recv_timeout(OFTEN);
    };
    watched(wait, work)
}

fn wait_timeout(work: impl FnOnce() -> u64) -> u64 {
    let (lock, ready) = (Mutex::new(()), Condvar::new());
    let wait = || drop(ready.wait_timeout(lock.lock().unwrap(), OFTEN).unwrap());
    watched(wait, work)
}

/// The first thread asks who is done, sleeps a little if nobody is, and hands out the next files.
fn hands_out_and_sleeps(threads: usize, at_once: usize) -> u64 {
    let (done, free) = mpsc::channel();
    let files = files();
    let mut batches = files.chunks(at_once);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                let (give, batches) = mpsc::channel::<&[PathBuf]>();
                let done = done.clone();
                scope.spawn(move || {
                    let _ = done.send(worker);
                    for batch in batches {
                        batch.iter().map(read).sum::<u64>();
                        let _ = done.send(worker);
                    }
                });
                give
            })
            .collect();
        loop {
            let Ok(worker) = free.try_recv() else {
                thread::sleep(Duration::from_millis(1));
                continue;
            };
            match batches.next() {
                Some(batch) => workers[worker].send(batch).unwrap(),
                None => return 0,
            }
        }
    })
}

pub fn run(mode: &str, threads: usize) -> Option<u64> {
    let sleep = || thread::sleep(OFTEN);
    let park = || thread::park_timeout(OFTEN);
    let pool = |mode| move || pools::run(mode, threads).unwrap();
    let serial = || serial::run("serial").unwrap();
    Some(match mode {
        "sleeping-monitor" => watched(sleep, pool("atomic")),
        "parked-monitor" => watched(park, pool("atomic")),
        "receiving-monitor" => recv_timeout(pool("atomic")),
        "waiting-monitor" => wait_timeout(pool("atomic")),
        "sleeping-monitor-of-rayon" => watched(sleep, pool("rayon")),
        "parked-monitor-of-rayon" => watched(park, pool("rayon")),
        "receiving-monitor-of-rayon" => recv_timeout(pool("rayon")),
        "waiting-monitor-of-rayon" => wait_timeout(pool("rayon")),
        "sleeping-monitor-of-one" => watched(sleep, serial),
        "parked-monitor-of-one" => watched(park, serial),
        "receiving-monitor-of-one" => recv_timeout(serial),
        "waiting-monitor-of-one" => wait_timeout(serial),
        "sleeping-monitor-of-locked" => watched(sleep, pool("mutex-read")),
        "two-monitors" => watched(sleep, || watched(park, pool("atomic"))),
        "hands-out-and-sleeps" => hands_out_and_sleeps(threads, 1),
        "hands-out-three-and-sleeps" => hands_out_and_sleeps(threads, 3),
        "monitored-hands-out-and-sleeps" => watched(sleep, || hands_out_and_sleeps(threads, 1)),
        _ => return None,
    })
}
