//! Correct: jobs and answers travel through mpsc channels; workers share the receiver and lock it only to take a job.

use std::fs;
use std::path::PathBuf;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;

fn main() {
    let (job_tx, job_rx) = mpsc::channel::<PathBuf>();
    let (answer_tx, answer_rx) = mpsc::channel::<i64>();
    let job_rx = Arc::new(Mutex::new(job_rx));

    let mut workers = Vec::new();
    for _ in 0..6 {
        let jobs = Arc::clone(&job_rx);
        let answers = answer_tx.clone();
        workers.push(thread::spawn(move || loop {
            // the lock is released at the end of this statement
            let job = jobs.lock().unwrap().recv();
            match job {
                Ok(path) => {
                    let content = fs::read_to_string(path).unwrap();
                    let lines: Vec<&str> = content.lines().collect();
                    let third: i64 = lines[2].parse().unwrap();
                    let seventeenth: i64 = lines[16].parse().unwrap();
                    answers.send(third * seventeenth).unwrap();
                }
                Err(_) => break,
            }
        }));
    }
    drop(answer_tx);

    for entry in fs::read_dir(".").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().and_then(|e| e.to_str()) == Some("numbers") {
            job_tx.send(path).unwrap();
        }
    }
    drop(job_tx);

    let sum: i64 = answer_rx.iter().sum();
    for worker in workers {
        worker.join().unwrap();
    }
    println!("{}", sum);
}
