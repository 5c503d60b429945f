//! Correct: a rayon pool of fifteen threads runs producers and consumers, with a bounded channel between them.

use crossbeam_channel::bounded;
use rayon::ThreadPoolBuilder;
use std::fs;

fn number(path: String) -> u64 {
    fs::read_to_string(path).unwrap().trim().parse().unwrap()
}

fn main() {
    // Each of them waits for others, so each needs a thread: the default pool has fewer.
    let pool = ThreadPoolBuilder::new().num_threads(15).build().unwrap();
    let (sender, receiver) = bounded(10);
    pool.in_place_scope(|scope| {
        for p in 0..10 {
            let sender = sender.clone();
            scope.spawn(move |_| {
                for n in 0..20 {
                    let price = number(format!("item-{p:02}-{n:02}.txt"));
                    sender.send((p, n, price)).unwrap();
                }
            });
        }
        drop(sender);
        for _ in 0..5 {
            let receiver = receiver.clone();
            scope.spawn(move |_| {
                for (p, n, price) in receiver {
                    let stock = number(format!("stock-{p:02}-{n:02}.txt"));
                    println!("{p:02}-{n:02}: {}", price * stock);
                }
            });
        }
    });
}
