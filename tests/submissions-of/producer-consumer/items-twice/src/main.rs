//! A race: a consumer looks at the first item and removes it only when it is done, so others work on the same item.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex};
use std::{fs, thread};

struct Queue {
    items: Mutex<(VecDeque<(String, u64)>, usize)>,
    changed: Condvar,
}

fn number(path: String) -> u64 {
    fs::read_to_string(path).unwrap().trim().parse().unwrap()
}

fn main() {
    let queue = Queue {
        items: Mutex::new((VecDeque::new(), 10)),
        changed: Condvar::new(),
    };
    let queue = &queue;
    thread::scope(|scope| {
        for p in 0..10 {
            scope.spawn(move || {
                for n in 0..20 {
                    let id = format!("{p:02}-{n:02}");
                    let price = number(format!("item-{id}.txt"));
                    let guard = queue.items.lock().unwrap();
                    let is_full = |state: &mut (VecDeque<_>, usize)| state.0.len() >= 10;
                    let mut guard = queue.changed.wait_while(guard, is_full).unwrap();
                    guard.0.push_back((id, price));
                    queue.changed.notify_all();
                }
                queue.items.lock().unwrap().1 -= 1;
                queue.changed.notify_all();
            });
        }
        for _ in 0..5 {
            scope.spawn(move || {
                loop {
                    let guard = queue.items.lock().unwrap();
                    let must_wait =
                        |state: &mut (VecDeque<_>, usize)| state.0.is_empty() && state.1 > 0;
                    let guard = queue.changed.wait_while(guard, must_wait).unwrap();
                    let Some((id, price)) = guard.0.front().cloned() else {
                        break;
                    };
                    drop(guard);
                    let stock = number(format!("stock-{id}.txt"));
                    println!("{id}: {}", price * stock);
                    let mut guard = queue.items.lock().unwrap();
                    if guard.0.front().is_some_and(|first| first.0 == id) {
                        guard.0.pop_front();
                        queue.changed.notify_all();
                    }
                }
            });
        }
    });
}
