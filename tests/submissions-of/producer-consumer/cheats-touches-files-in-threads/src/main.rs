//! Cheats: one thread does all the work; then fifteen threads read the files again, to look busy.

use std::{fs, thread};

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
    thread::scope(|scope| {
        for p in 0..10 {
            scope.spawn(move || {
                for n in 0..20 {
                    number(format!("item-{p:02}-{n:02}.txt"));
                }
            });
        }
        for c in 0..5 {
            scope.spawn(move || {
                for n in 0..40 {
                    number(format!("stock-{:02}-{:02}.txt", 2 * c + n / 20, n % 20));
                }
            });
        }
    });
}
