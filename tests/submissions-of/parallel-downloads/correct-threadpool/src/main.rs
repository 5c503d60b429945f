//! Correct: twelve threads of the threadpool crate, and the failures come over a channel. Asks for ureq as `"3"`.

use std::fs;
use std::sync::mpsc;
use threadpool::ThreadPool;

fn main() {
    let list = fs::read_to_string("urls.txt").unwrap();
    let pool = ThreadPool::new(12);
    let (sender, receiver) = mpsc::channel();
    for url in list.lines() {
        let url = url.to_owned();
        let sender = sender.clone();
        pool.execute(move || {
            let name = url.rsplit('/').next().unwrap().to_owned();
            let bytes = ureq::get(&url)
                .call()
                .and_then(|mut answer| answer.body_mut().read_to_vec());
            match bytes {
                Ok(bytes) => fs::write(format!("downloads/{name}"), bytes).unwrap(),
                Err(_) => sender.send(name).unwrap(),
            }
        });
    }
    drop(sender);
    for name in receiver {
        println!("failed: {name}");
    }
}
