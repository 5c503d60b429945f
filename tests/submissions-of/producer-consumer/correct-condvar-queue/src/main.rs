//! Correct: a queue by hand, with a mutex and two condition variables: one for room, one for items.

use std::collections::VecDeque;
use std::fs;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

struct State {
    items: VecDeque<(String, u64)>,
    producers: usize,
}

struct Queue {
    state: Mutex<State>,
    has_room: Condvar,
    has_items: Condvar,
}

impl Queue {
    fn put(&self, item: (String, u64)) {
        let mut state = self.state.lock().unwrap();
        while state.items.len() == 10 {
            state = self.has_room.wait(state).unwrap();
        }
        state.items.push_back(item);
        self.has_items.notify_one();
    }

    fn take(&self) -> Option<(String, u64)> {
        let mut state = self.state.lock().unwrap();
        loop {
            if let Some(item) = state.items.pop_front() {
                self.has_room.notify_one();
                return Some(item);
            }
            if state.producers == 0 {
                return None;
            }
            state = self.has_items.wait(state).unwrap();
        }
    }

    fn producer_ends(&self) {
        self.state.lock().unwrap().producers -= 1;
        self.has_items.notify_all();
    }
}

fn number(path: &str) -> u64 {
    fs::read_to_string(path).unwrap().trim().parse().unwrap()
}

fn main() {
    let queue = Arc::new(Queue {
        state: Mutex::new(State {
            items: VecDeque::new(),
            producers: 10,
        }),
        has_room: Condvar::new(),
        has_items: Condvar::new(),
    });
    let mut threads = Vec::new();
    for p in 0..10 {
        let queue = Arc::clone(&queue);
        threads.push(thread::spawn(move || {
            for n in 0..20 {
                let id = format!("{p:02}-{n:02}");
                let price = number(&format!("item-{id}.txt"));
                queue.put((id, price));
            }
            queue.producer_ends();
        }));
    }
    for _ in 0..5 {
        let queue = Arc::clone(&queue);
        threads.push(thread::spawn(move || {
            while let Some((id, price)) = queue.take() {
                let stock = number(&format!("stock-{id}.txt"));
                println!("{id}: {}", price * stock);
            }
        }));
    }
    for t in threads {
        t.join().unwrap();
    }
}
