//! The model solution: a thread for each task sends its line into one channel, and `main` prints what comes.

use std::{error::Error, fs, io, sync::mpsc, thread};

/// How many tasks there are.
const TASKS: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let (sender, lines) = mpsc::channel();
    for number in 0..TASKS {
        let sender = sender.clone();
        thread::spawn(move || sender.send(task(number)));
    }
    // The loop ends with the last sender, so the first one must go.
    drop(sender);
    for line in lines {
        println!("{}", line?);
    }
    Ok(())
}

/// One task: the line to print.
fn task(number: usize) -> io::Result<String> {
    let word = fs::read_to_string(format!("task-{number}.txt"))?;
    Ok(format!("task-{number}: {}", word.trim()))
}
