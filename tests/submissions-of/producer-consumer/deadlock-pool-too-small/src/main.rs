//! Never ends: the pool has eight threads; eight producers keep them all, and no consumer gets a thread.

use crossbeam_channel::bounded;
use std::fs;

fn number(path: String) -> u64 {
    fs::read_to_string(path).unwrap().trim().parse().unwrap()
}

fn main() {
    let (sender, receiver) = bounded(10);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(8)
        .build()
        .unwrap();
    pool.in_place_scope_fifo(|scope| {
        for p in 0..10 {
            let sender = sender.clone();
            scope.spawn_fifo(move |_| {
                for n in 0..20 {
                    let price = number(format!("item-{p:02}-{n:02}.txt"));
                    sender.send((p, n, price)).unwrap();
                }
            });
        }
        drop(sender);
        for _ in 0..5 {
            let receiver = receiver.clone();
            scope.spawn_fifo(move |_| {
                for (p, n, price) in receiver {
                    let stock = number(format!("stock-{p:02}-{n:02}.txt"));
                    println!("{p:02}-{n:02}: {}", price * stock);
                }
            });
        }
    });
}
