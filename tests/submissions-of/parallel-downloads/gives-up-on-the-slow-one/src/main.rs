//! Takes a file for failed if it has not come after two seconds; but the slow one would come.

use std::sync::mpsc;
use std::time::Duration;
use std::{fs, thread};

fn main() {
    let list = fs::read_to_string("urls.txt").unwrap();
    let mut waiting = Vec::new();
    for url in list.lines() {
        let url = url.to_string();
        let name = url.rsplit('/').next().unwrap().to_string();
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let bytes = ureq::get(&url)
                .call()
                .and_then(|mut answer| answer.body_mut().read_to_vec());
            let _ = sender.send(bytes);
        });
        waiting.push((name, receiver));
    }
    for (name, receiver) in waiting {
        match receiver.recv_timeout(Duration::from_secs(2)) {
            Ok(Ok(bytes)) => fs::write(format!("downloads/{name}"), bytes).unwrap(),
            _ => println!("failed: {name}"),
        }
    }
}
