//! Correct: prints the name and version that cargo gives it, then the total.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;
use std::thread;

fn main() {
    println!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    if let Some(author) = option_env!("CARGO_PKG_AUTHORS") {
        eprintln!("by {author:?}");
    }

    let files: Arc<Vec<_>> = Arc::new(
        fs::read_dir(".")
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
            .collect(),
    );
    let total = Arc::new(AtomicU32::new(0));

    let threads: Vec<_> = (0..4)
        .map(|me| {
            let files = Arc::clone(&files);
            let total = Arc::clone(&total);
            thread::spawn(move || {
                for path in files.iter().skip(me).step_by(4) {
                    let text = fs::read_to_string(path).unwrap();
                    let lines: Vec<&str> = text.split('\n').collect();
                    let a: u32 = lines[2].parse().unwrap();
                    let b: u32 = lines[16].parse().unwrap();
                    total.fetch_add(a * b, Ordering::SeqCst);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    println!("{}", total.load(Ordering::SeqCst));
}
