//! The model solution: each task sends its result into a channel, which can be looked at and waited for with a limit.

use std::{
    fs, io,
    sync::mpsc::{self, Receiver, RecvTimeoutError, TryRecvError},
    thread,
    time::Duration,
};

/// The longest time to wait at first.
const LIMIT: Duration = Duration::from_millis(500);

fn main() -> io::Result<()> {
    let mut quick = Task::start("quick.txt");
    let mut slow = Task::start("slow.txt");
    match quick.wait_at_most(LIMIT)? {
        Some(number) => println!("quick: {number}"),
        None => println!("quick: timed out"),
    }
    println!("done: {}", slow.is_done()?);
    match slow.wait_at_most(LIMIT)? {
        Some(number) => println!("slow: {number}"),
        None => println!("timed out"),
    }
    println!("result: {}", slow.wait()?);
    println!("done: {}", slow.is_done()?);
    Ok(())
}

/// A thread that reads a number, and what is known of its result.
struct Task {
    receiver: Receiver<io::Result<u64>>,
    result: Option<u64>,
}

impl Task {
    /// Read the number of a file in a thread of its own.
    fn start(file: &'static str) -> Self {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            // If nobody wants the result any more, it is lost, and that is right.
            let _ = sender.send(read_number(file));
        });
        Self {
            receiver,
            result: None,
        }
    }

    /// Whether the result is there. Never waits.
    fn is_done(&mut self) -> io::Result<bool> {
        if self.result.is_none() {
            self.result = match self.receiver.try_recv() {
                Ok(result) => Some(result?),
                Err(TryRecvError::Empty) => None,
                Err(error @ TryRecvError::Disconnected) => return Err(io::Error::other(error)),
            };
        }
        Ok(self.result.is_some())
    }

    /// The result, if it comes within a time limit.
    fn wait_at_most(&mut self, limit: Duration) -> io::Result<Option<u64>> {
        if self.result.is_none() {
            self.result = match self.receiver.recv_timeout(limit) {
                Ok(result) => Some(result?),
                Err(RecvTimeoutError::Timeout) => None,
                Err(error @ RecvTimeoutError::Disconnected) => return Err(io::Error::other(error)),
            };
        }
        Ok(self.result)
    }

    /// The result. Waits as long as it takes.
    fn wait(&mut self) -> io::Result<u64> {
        if let Some(number) = self.result {
            return Ok(number);
        }
        let number = self.receiver.recv().map_err(io::Error::other)??;
        self.result = Some(number);
        Ok(number)
    }
}

/// The number in a file.
fn read_number(file: &str) -> io::Result<u64> {
    let text = fs::read_to_string(file)?;
    text.trim().parse().map_err(io::Error::other)
}
