//! Ten producers read items and put them into a queue; five consumers take them out and print what they are worth.
//!
//! This starter does all of it in one thread, and its queue grows without a limit. Two things are missing; each
//! has a TODO.

use std::{collections::VecDeque, fs, io};

const PRODUCERS: usize = 10;
const ITEMS: usize = 20;

/// What a producer gives to a consumer.
struct Item {
    /// Which one: `07-13` is item 13 of producer 7.
    name: String,
    price: u64,
}

fn main() -> io::Result<()> {
    // TODO: this queue has no limit. Use one that holds at most ten items, and in which threads can wait.
    let mut queue = VecDeque::new();

    // TODO: start a thread for each producer and five threads that consume, all at the same time.
    for producer in 0..PRODUCERS {
        produce(producer, &mut queue)?;
    }
    consume(&mut queue)
}

/// Put all items of one producer into the queue.
fn produce(producer: usize, queue: &mut VecDeque<Item>) -> io::Result<()> {
    for number in 0..ITEMS {
        let name = format!("{producer:02}-{number:02}");
        let price = read_number(&format!("item-{name}.txt"))?;
        queue.push_back(Item { name, price });
    }
    Ok(())
}

/// Take items out of the queue and print what they are worth.
fn consume(queue: &mut VecDeque<Item>) -> io::Result<()> {
    while let Some(Item { name, price }) = queue.pop_front() {
        let stock = read_number(&format!("stock-{name}.txt"))?;
        println!("{name}: {}", price * stock);
    }
    Ok(())
}

/// The number in a file.
fn read_number(file: &str) -> io::Result<u64> {
    let text = fs::read_to_string(file)?;
    text.trim().parse().map_err(io::Error::other)
}
