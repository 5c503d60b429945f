//! Does not compile: the threads borrow from the list, which may not live as long as they do.

use std::{fs, thread};

fn main() {
    let list = fs::read_to_string("urls.txt").unwrap();
    let mut threads = Vec::new();
    for url in list.lines() {
        threads.push(thread::spawn(move || {
            let name = url.rsplit('/').next().unwrap();
            match ureq::get(url).call() {
                Ok(mut answer) => {
                    let bytes = answer.body_mut().read_to_vec().unwrap();
                    fs::write(format!("downloads/{name}"), bytes).unwrap();
                }
                Err(_) => println!("failed: {name}"),
            }
        }));
    }
    for thread in threads {
        thread.join().unwrap();
    }
}
