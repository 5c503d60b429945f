//! Correct: scoped threads of crossbeam, with the files dealt out like cards.

use std::fs;

const N: usize = 5;

fn main() {
    let mut hands: Vec<Vec<std::path::PathBuf>> = vec![Vec::new(); N];
    for (i, entry) in fs::read_dir(".").unwrap().enumerate() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|x| x == "numbers") {
            hands[i % N].push(path);
        }
    }

    let total = crossbeam::scope(|scope| {
        let mut handles = Vec::new();
        for hand in &hands {
            handles.push(scope.spawn(move |_| {
                let mut sum = 0u64;
                for path in hand {
                    let text = fs::read_to_string(path).unwrap();
                    let n: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
                    sum += n[2] * n[16];
                }
                sum
            }));
        }
        let mut total = 0;
        for handle in handles {
            total += handle.join().unwrap();
        }
        total
    })
    .unwrap();

    println!("{}", total);
}
