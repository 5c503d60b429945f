//! A thread panics where its file fails, and `main` panics when it joins this thread.

use std::{fs, thread};

fn main() {
    let list = fs::read_to_string("urls.txt").unwrap();
    let mut threads = Vec::new();
    for url in list.lines() {
        let url = url.to_string();
        threads.push(thread::spawn(move || {
            let name = url.rsplit('/').next().unwrap();
            let bytes = ureq::get(&url)
                .call()
                .unwrap()
                .body_mut()
                .read_to_vec()
                .unwrap();
            fs::write(format!("downloads/{name}"), bytes).unwrap();
        }));
    }
    for thread in threads {
        thread.join().unwrap();
    }
}
