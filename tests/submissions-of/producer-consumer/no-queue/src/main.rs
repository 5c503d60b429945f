//! There are no consumers and no queue: ten threads each read an item and then its stock.

use std::{fs, thread};

fn number(path: String) -> u64 {
    fs::read_to_string(path).unwrap().trim().parse().unwrap()
}

fn main() {
    thread::scope(|scope| {
        for p in 0..10 {
            scope.spawn(move || {
                for n in 0..20 {
                    let price = number(format!("item-{p:02}-{n:02}.txt"));
                    let stock = number(format!("stock-{p:02}-{n:02}.txt"));
                    println!("{p:02}-{n:02}: {}", price * stock);
                }
            });
        }
    });
}
