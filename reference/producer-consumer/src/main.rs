//! The model solution: ten producers and five consumers share a channel that holds at most ten items.

use std::{
    error::Error,
    fs,
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, SyncSender},
    },
    thread,
};

const PRODUCERS: usize = 10;
const ITEMS: usize = 20;
const CONSUMERS: usize = 5;
/// So many items wait in the queue at most. A producer that finds it full waits for a consumer.
const ROOM: usize = 10;

type Failure = Box<dyn Error + Send + Sync>;

/// What a producer gives to a consumer.
struct Item {
    /// Which one: `07-13` is item 13 of producer 7.
    name: String,
    price: u64,
}

fn main() -> Result<(), Failure> {
    let (sender, receiver) = mpsc::sync_channel(ROOM);
    // The receiver belongs to the consumers alone: if all of them have failed, producers wait for nobody.
    let receiver = Arc::new(Mutex::new(receiver));
    let mut threads = Vec::new();
    for producer in 0..PRODUCERS {
        let sender = sender.clone();
        threads.push(thread::spawn(move || produce(producer, &sender)));
    }
    // The queue ends with its last sender, so this one must not live on beside those of the producers.
    drop(sender);
    for _ in 0..CONSUMERS {
        let receiver = Arc::clone(&receiver);
        threads.push(thread::spawn(move || consume(&receiver)));
    }
    drop(receiver);
    for thread in threads {
        thread.join().map_err(|_| "a thread panicked")??;
    }
    Ok(())
}

/// Put all items of one producer into the queue.
fn produce(producer: usize, queue: &SyncSender<Item>) -> Result<(), Failure> {
    for number in 0..ITEMS {
        let name = format!("{producer:02}-{number:02}");
        let price = read_number(&format!("item-{name}.txt"))?;
        queue.send(Item { name, price })?;
    }
    Ok(())
}

/// Take items out of the queue and print what they are worth, until all producers are done.
fn consume(queue: &Mutex<Receiver<Item>>) -> Result<(), Failure> {
    loop {
        // The lock is held in this line alone, and not while the stock is read.
        let item = queue.lock().map_err(|error| error.to_string())?.recv();
        let Ok(Item { name, price }) = item else {
            return Ok(());
        };
        let stock = read_number(&format!("stock-{name}.txt"))?;
        println!("{name}: {}", price * stock);
    }
}

/// The number in a file.
fn read_number(file: &str) -> Result<u64, Failure> {
    let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    Ok(text.trim().parse()?)
}
