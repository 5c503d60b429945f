//! Correct: parking_lot's mutex and condition variable; `main` puts five end marks into the queue when all producers are done.

use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::{fs, thread};

struct Queue<T> {
    items: Mutex<VecDeque<T>>,
    changed: Condvar,
}

impl<T> Queue<T> {
    fn put(&self, item: T) {
        let mut items = self.items.lock();
        while items.len() >= 10 {
            self.changed.wait(&mut items);
        }
        items.push_back(item);
        self.changed.notify_all();
    }

    fn take(&self) -> T {
        let mut items = self.items.lock();
        loop {
            if let Some(item) = items.pop_front() {
                self.changed.notify_all();
                return item;
            }
            self.changed.wait(&mut items);
        }
    }
}

fn number(path: String) -> u64 {
    fs::read_to_string(path).unwrap().trim().parse().unwrap()
}

fn main() {
    let queue = Queue {
        items: Mutex::new(VecDeque::new()),
        changed: Condvar::new(),
    };
    let queue = &queue;
    thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(move || {
                while let Some((id, price)) = queue.take() {
                    let stock = number(format!("stock-{id}.txt"));
                    println!("{id}: {}", price * stock);
                }
            });
        }
        let producers: Vec<_> = (0..10)
            .map(|p| {
                scope.spawn(move || {
                    for n in 0..20 {
                        let id = format!("{p:02}-{n:02}");
                        let price: u64 = number(format!("item-{id}.txt"));
                        queue.put(Some((id, price)));
                    }
                })
            })
            .collect();
        for producer in producers {
            producer.join().unwrap();
        }
        for _ in 0..5 {
            queue.put(None);
        }
    });
}
