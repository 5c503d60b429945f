//! Programs that really read in parallel, in every style, and those whose threads only take turns.
//!
//! Long, since it is a list: one short program after the other.

use std::{
    env,
    fs::{self, File},
    hint,
    io::{BufRead, BufReader, Read, Write},
    os::unix::fs::FileExt,
    path::PathBuf,
    process::Command,
    sync::{
        Arc, Barrier, Condvar, Mutex, RwLock,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use rayon::prelude::*;
use tokio::io::AsyncReadExt as _;

use crate::{
    digest, elsewhere, files,
    own_pools::{halves, hands_out, ring, sleep_poll_pool, spin_pool, turns},
    raw, read, serial,
};

/// So many scoped threads, each taking the next file.
fn workers(threads: usize, work: impl Fn(&PathBuf) -> u64 + Sync) -> u64 {
    let (files, next) = (files(), AtomicUsize::new(0));
    thread::scope(|scope| {
        let handles: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let mut sum = 0;
                    while let Some(path) = files.get(next.fetch_add(1, SeqCst)) {
                        sum += work(path);
                    }
                    sum
                })
            })
            .collect();
        handles.into_iter().map(|h| h.join().unwrap()).sum()
    })
}

fn compute(time: Duration) {
    // Processor time, not real time: what else runs must not shorten it.
    let mut x = 1_u64;
    let start = Instant::now();
    let mut steps = 0_u64;
    while start.elapsed() < time || steps < 1000 {
        for _ in 0..1000 {
            x = hint::black_box(x.wrapping_mul(6_364_136_223_846_793_005));
        }
        steps += 1;
    }
}

fn tokio(threads: usize) -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .max_blocking_threads(threads)
        .enable_time()
        .build()
        .unwrap()
}

pub fn run(mode: &str, threads: usize) -> Option<u64> {
    Some(match mode {
        "chunks" => {
            let files = files();
            let size = files.len().div_ceil(threads);
            thread::scope(|scope| {
                let handles: Vec<_> = files
                    .chunks(size)
                    .map(|chunk| scope.spawn(|| chunk.iter().map(read).sum::<u64>()))
                    .collect();
                handles.into_iter().map(|h| h.join().unwrap()).sum()
            })
        }
        "atomic" => workers(threads, read),
        "atomic-mmap" => workers(threads, |path| raw::mmap(path)),
        "atomic-pread" => workers(threads, |path| {
            let mut bytes = [0; 4096];
            let n = File::open(path).unwrap().read_at(&mut bytes, 0).unwrap();
            digest(&bytes[..n])
        }),
        "atomic-copy" => workers(threads, |path| {
            let copy = elsewhere().join(path.file_name().unwrap());
            fs::copy(path, copy).unwrap()
        }),
        "atomic-small-buffer" => workers(threads, |path| {
            let file = BufReader::with_capacity(8, File::open(path).unwrap());
            file.lines()
                .map(|line| line.unwrap().parse::<u64>().unwrap())
                .sum()
        }),
        "atomic-bytes" => workers(threads, |path| {
            let bytes = File::open(path).unwrap().bytes();
            bytes.map(|byte| u64::from(byte.unwrap())).sum()
        }),
        "halves" => halves(),
        "atomic-twice" => workers(threads, |path| read(path) + read(path)),
        "atomic-symlink" => workers(threads, |path| {
            let link = elsewhere()
                .join(path.file_name().unwrap())
                .with_extension("link");
            std::os::unix::fs::symlink(path.canonicalize().unwrap(), &link).unwrap();
            read(&link)
        }),
        "atomic-compute" => workers(threads, |path| {
            let sum = read(path);
            compute(Duration::from_millis(2));
            sum
        }),
        "atomic-sleep" => workers(threads, |path| {
            let sum = read(path);
            thread::sleep(Duration::from_micros(500 + sum % 1100));
            sum
        }),
        "atomic-signals" => {
            raw::interrupt_often();
            workers(threads, read)
        }
        "atomic-output" => workers(threads, |path| {
            let sum = read(path);
            std::io::stdout().write_all(&[b'x'; 8000]).unwrap();
            sum
        }),
        "atomic-rwlock" => {
            let lock = RwLock::new(());
            workers(threads, |path| {
                let _shared = lock.read().unwrap();
                read(path)
            })
        }
        "main-polls" => {
            let (done, sum) = (AtomicBool::new(false), Mutex::new(0));
            thread::scope(|scope| {
                scope.spawn(|| {
                    *sum.lock().unwrap() = workers(threads, read);
                    done.store(true, SeqCst);
                });
                while !done.load(SeqCst) {
                    thread::sleep(Duration::from_millis(1));
                }
            });
            *sum.lock().unwrap()
        }
        "main-hands-out" => hands_out(threads),
        // The second argument is the number of processors that it must see.
        "sees-processors" => {
            let seen = thread::available_parallelism().unwrap().get();
            assert_eq!(seen, threads);
            workers(seen, read)
        }
        "available" => workers(thread::available_parallelism().unwrap().get(), read),
        // One file a task: a longer task keeps its files to itself while another thread has none left.
        "rayon-default" => files().par_iter().with_max_len(1).map(read).sum(),
        "rayon-adaptive" => rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap()
            .install(|| files().par_iter().map(read).sum()),
        "rayon" => rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap()
            .install(|| files().par_iter().with_max_len(1).map(read).sum()),
        "thread-per-file" => {
            let handles: Vec<_> = files()
                .into_iter()
                .map(|path| thread::spawn(move || read(&path)))
                .collect();
            handles.into_iter().map(|h| h.join().unwrap()).sum()
        }
        "spawn-join" => files()
            .into_iter()
            .map(|path| thread::spawn(move || read(&path)).join().unwrap())
            .sum(),
        // A `map` does nothing before `sum` asks for the next.
        "spawn-join-lazily" => files()
            .chunks(files().len().div_ceil(threads))
            .map(|chunk| {
                let chunk = chunk.to_vec();
                thread::spawn(move || chunk.iter().map(read).sum::<u64>())
            })
            .map(|handle| handle.join().unwrap())
            .sum(),
        "two-goes" => workers(threads, |path| {
            let mut file = File::open(path).unwrap();
            let mut first = [0; 8];
            file.read_exact(&mut first).unwrap();
            let mut rest = Vec::new();
            file.read_to_end(&mut rest).unwrap();
            digest(&first) + digest(&rest)
        }),
        "half-in-main-locked" => {
            let (files, lock) = (files(), Mutex::new(()));
            let (one, other) = files.split_at(files.len() / 2);
            let work = |half: &[PathBuf]| -> u64 {
                let locked = |path| {
                    let _guard = lock.lock().unwrap();
                    read(path)
                };
                half.iter().map(locked).sum()
            };
            thread::scope(|scope| {
                let handle = scope.spawn(|| work(one));
                work(other) + handle.join().unwrap()
            })
        }
        "mutex-thread-per-file" => {
            let lock = Arc::new(Mutex::new(()));
            let start = |path: PathBuf| {
                let lock = Arc::clone(&lock);
                thread::spawn(move || {
                    let _guard = lock.lock().unwrap();
                    read(&path)
                })
            };
            let handles: Vec<_> = files().into_iter().map(start).collect();
            handles.into_iter().map(|h| h.join().unwrap()).sum()
        }
        "pauses-between-spawns" => {
            let start = |path: PathBuf| {
                let handle = thread::spawn(move || read(&path));
                thread::sleep(Duration::from_millis(1));
                handle
            };
            let handles: Vec<_> = files().into_iter().map(start).collect();
            handles.into_iter().map(|h| h.join().unwrap()).sum()
        }
        "sleeps-instead-of-join" => {
            for chunk in files().chunks(files().len().div_ceil(threads)) {
                let chunk = chunk.to_vec();
                thread::spawn(move || chunk.iter().map(read).sum::<u64>());
            }
            // Long enough for each thread to reach its first read, also on a loaded machine.
            thread::sleep(Duration::from_millis(200));
            0
        }
        "spawn-join-batches" => {
            let files = files();
            files
                .chunks(threads)
                .map(|batch| {
                    thread::scope(|scope| {
                        let handles: Vec<_> = batch
                            .iter()
                            .map(|path| scope.spawn(|| read(path)))
                            .collect();
                        handles.into_iter().map(|h| h.join().unwrap()).sum::<u64>()
                    })
                })
                .sum()
        }
        "mutex-read" => {
            let lock = Mutex::new(());
            workers(threads, |path| {
                let mut file = File::open(path).unwrap();
                let _one = lock.lock().unwrap();
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes).unwrap();
                digest(&bytes)
            })
        }
        "mutex-open" => {
            let lock = Mutex::new(());
            workers(threads, |path| {
                let _one = lock.lock().unwrap();
                read(path)
            })
        }
        "ring" => ring(threads),
        "turns-spin" => turns(threads, hint::spin_loop),
        "turns-yield" => turns(threads, thread::yield_now),
        "turns-sleep" => turns(threads, || thread::sleep(Duration::from_micros(200))),
        "spin-lock" => {
            let lock = AtomicBool::new(false);
            workers(threads, |path| {
                while lock.compare_exchange(false, true, SeqCst, SeqCst).is_err() {
                    hint::spin_loop();
                }
                let sum = read(path);
                lock.store(false, SeqCst);
                sum
            })
        }
        "barrier" => {
            let (files, barrier) = (files(), Barrier::new(threads));
            thread::scope(|scope| {
                let handles: Vec<_> = (0..threads)
                    .map(|i| {
                        let (files, barrier) = (&files, &barrier);
                        scope.spawn(move || {
                            let mut sum = 0;
                            for step in files.chunks(threads) {
                                barrier.wait();
                                sum += step.get(i).map_or(0, read);
                            }
                            sum
                        })
                    })
                    .collect();
                handles.into_iter().map(|h| h.join().unwrap()).sum()
            })
        }
        "mpsc" => {
            let (send, receive) = mpsc::channel();
            let receive = Arc::new(Mutex::new(receive));
            let handles: Vec<_> = (0..threads)
                .map(|_| {
                    let receive = Arc::clone(&receive);
                    thread::spawn(move || {
                        let mut sum = 0;
                        loop {
                            let path = receive.lock().unwrap().recv();
                            match path {
                                Ok(path) => sum += read(&path),
                                Err(_) => return sum,
                            }
                        }
                    })
                })
                .collect();
            files()
                .into_iter()
                .for_each(|path| send.send(path).unwrap());
            drop(send);
            handles.into_iter().map(|h| h.join().unwrap()).sum()
        }
        "crossbeam" => {
            let (send, receive) = crossbeam_channel::bounded(4);
            let handles: Vec<_> = (0..threads)
                .map(|_| {
                    let receive = receive.clone();
                    thread::spawn(move || {
                        receive.iter().map(|path: PathBuf| read(&path)).sum::<u64>()
                    })
                })
                .collect();
            files()
                .into_iter()
                .for_each(|path| send.send(path).unwrap());
            drop(send);
            handles.into_iter().map(|h| h.join().unwrap()).sum()
        }
        "condvar" => {
            let (queue, ready) = (Mutex::new((Vec::new(), false)), Condvar::new());
            thread::scope(|scope| {
                let take = || loop {
                    let mut queue = queue.lock().unwrap();
                    while queue.0.is_empty() && !queue.1 {
                        queue = ready.wait(queue).unwrap();
                    }
                    let path: Option<PathBuf> = queue.0.pop();
                    drop(queue);
                    match path {
                        Some(path) => read(&path),
                        None => return 0,
                    };
                };
                for _ in 0..threads {
                    scope.spawn(take);
                }
                for path in files() {
                    queue.lock().unwrap().0.push(path);
                    ready.notify_one();
                }
                queue.lock().unwrap().1 = true;
                ready.notify_all();
            });
            0
        }
        "reader-and-parsers" => {
            let (send, receive) = crossbeam_channel::bounded::<Vec<u8>>(4);
            let handles: Vec<_> = (0..threads)
                .map(|_| {
                    let receive = receive.clone();
                    thread::spawn(move || receive.iter().map(|bytes| digest(&bytes)).sum::<u64>())
                })
                .collect();
            for path in files() {
                send.send(fs::read(path).unwrap()).unwrap();
            }
            drop(send);
            handles.into_iter().map(|h| h.join().unwrap()).sum()
        }
        "parser-for-each" => thread::scope(|scope| {
            let read = |path| fs::read(path).unwrap();
            let parse = |bytes: Vec<u8>| scope.spawn(move || digest(&bytes));
            let parsers: Vec<_> = files().iter().map(|path| parse(read(path))).collect();
            parsers.into_iter().map(|p| p.join().unwrap()).sum()
        }),
        "open-here-read-there" => {
            let open: Vec<_> = files()
                .iter()
                .map(|path| File::open(path).unwrap())
                .collect();
            let next = AtomicUsize::new(0);
            thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| {
                        while let Some(mut file) = open.get(next.fetch_add(1, SeqCst)) {
                            file.read_to_end(&mut Vec::new()).unwrap();
                        }
                    });
                }
            });
            0
        }
        "uneven" => {
            // The first thread reads all but `threads - 1` files.
            let files = files();
            let (main, rest) = files.split_at(files.len() - (threads - 1));
            thread::scope(|scope| {
                scope.spawn(|| main.iter().map(read).sum::<u64>());
                for path in rest {
                    scope.spawn(|| read(path));
                }
            });
            0
        }
        "tokio-spawn" => tokio(threads).block_on(async {
            let tasks: Vec<_> = files()
                .into_iter()
                .map(|path| tokio::spawn(async move { tokio::fs::read(path).await.unwrap() }))
                .collect();
            let mut sum = 0;
            for task in tasks {
                sum += digest(&task.await.unwrap());
            }
            sum
        }),
        // Pieces of a file are read by whichever thread of the pool comes first.
        "tokio-file" => tokio(64).block_on(async {
            let files = files();
            let tasks: Vec<_> = files
                .chunks(files.len() / threads)
                .map(|mine| {
                    let mine = mine.to_vec();
                    tokio::spawn(async move {
                        let mut sum = 0;
                        for path in mine {
                            let mut file = tokio::fs::File::open(path).await.unwrap();
                            let mut bytes = Vec::new();
                            file.read_to_end(&mut bytes).await.unwrap();
                            sum += digest(&bytes);
                        }
                        sum
                    })
                })
                .collect();
            let mut sum = 0;
            for task in tasks {
                sum += task.await.unwrap();
            }
            sum
        }),
        "tokio-loop" => tokio(threads).block_on(async {
            let mut sum = 0;
            for path in files() {
                sum += digest(&tokio::fs::read(path).await.unwrap());
            }
            sum
        }),
        "tokio-sleep" => tokio(threads).block_on(async {
            let tasks: Vec<_> = files()
                .into_iter()
                .map(|path| {
                    tokio::spawn(async move {
                        tokio::time::sleep(Duration::from_millis(3)).await;
                        tokio::fs::read(path).await.unwrap()
                    })
                })
                .collect();
            let mut sum = 0;
            for task in tasks {
                sum += digest(&task.await.unwrap());
            }
            sum
        }),
        "forks" => {
            let files = files();
            raw::fork(threads, |i| {
                files.iter().skip(i).step_by(threads).map(read).sum()
            })
        }
        "forks-of-threads" => {
            let files = files();
            raw::fork(2, |i| {
                let mine: Vec<_> = files.iter().skip(i).step_by(2).collect();
                let next = AtomicUsize::new(0);
                thread::scope(|scope| {
                    for _ in 0..threads / 2 {
                        scope.spawn(|| {
                            while let Some(path) = mine.get(next.fetch_add(1, SeqCst)) {
                                read(path);
                            }
                        });
                    }
                });
                0
            })
        }
        "forks-and-a-pair" => {
            let files = files();
            raw::fork(9, |i| {
                if i < 8 {
                    return files[2..].iter().skip(i).step_by(8).map(read).sum();
                }
                thread::scope(|scope| {
                    for path in &files[..2] {
                        scope.spawn(|| read(path));
                    }
                });
                0
            })
        }
        "vforks" => {
            for path in files() {
                raw::vfork_and_read(&path);
            }
            0
        }
        // As people simulate a slow disk.
        "atomic-long-sleep" => workers(threads, |path| {
            let sum = read(path);
            thread::sleep(Duration::from_millis(60 + sum % 60));
            sum
        }),
        "pinned" => {
            let next = AtomicUsize::new(0);
            let files = files();
            thread::scope(|scope| {
                for processor in 0..threads {
                    let (next, files) = (&next, &files);
                    scope.spawn(move || {
                        raw::pin(processor);
                        while let Some(path) = files.get(next.fetch_add(1, SeqCst)) {
                            read(path);
                        }
                    });
                }
            });
            0
        }
        // What the kernel says of the processors elsewhere is not to be seen.
        "describes" => {
            let named = [
                "/proc/self/cgroup",
                "/proc/cpuinfo",
                "/sys/devices/system/cpu/online",
            ];
            assert!(named.iter().all(|path| std::fs::File::open(path).is_err()));
            // SAFETY: takes and returns numbers.
            let online = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) };
            workers(usize::try_from(online).unwrap(), read)
        }
        "children" => {
            let own = env::current_exe().unwrap();
            let children: Vec<_> = (0..threads)
                .map(|i| {
                    let mut command = Command::new(&own);
                    command
                        .args(["slice", &threads.to_string()])
                        .env("SLICE", i.to_string());
                    command.spawn().unwrap()
                })
                .collect();
            for mut child in children {
                assert!(child.wait().unwrap().success());
            }
            0
        }
        "slice" => {
            let slice: usize = env::var("SLICE").unwrap().parse().unwrap();
            files().iter().skip(slice).step_by(threads).map(read).sum()
        }
        "spin-pool" => spin_pool(threads),
        "sleep-poll-pool" => sleep_poll_pool(threads),
        "serial-then-pool" => serial::run("serial").unwrap() + workers(threads, read),
        _ => return None,
    })
}
