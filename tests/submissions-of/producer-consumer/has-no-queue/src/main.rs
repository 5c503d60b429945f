//! Thirteen threads each read items and their stocks themselves: there is no queue, no producer and no consumer.

use std::{fs, thread};
fn num(f: String) -> u64 { fs::read_to_string(f).unwrap().trim().parse().unwrap() }
fn main() {
    thread::scope(|s| for t in 0..13 { s.spawn(move || {
        if t % 2 == 1 { thread::sleep(std::time::Duration::from_millis(10)); }
        for i in (t..200).step_by(13) {
        let (p, n) = (i / 20, i % 20);
        let v = num(format!("item-{p:02}-{n:02}.txt")) * num(format!("stock-{p:02}-{n:02}.txt"));
        println!("{p:02}-{n:02}: {v}");
    }}); });
}
