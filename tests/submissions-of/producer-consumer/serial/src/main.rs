//! No threads: each item is read and consumed before the next one.

use std::fs;

fn number(path: String) -> u64 {
    fs::read_to_string(path).unwrap().trim().parse().unwrap()
}

fn main() {
    for p in 0..10 {
        for n in 0..20 {
            let price = number(format!("item-{p:02}-{n:02}.txt"));
            let stock = number(format!("stock-{p:02}-{n:02}.txt"));
            println!("{p:02}-{n:02}: {}", price * stock);
        }
    }
}
