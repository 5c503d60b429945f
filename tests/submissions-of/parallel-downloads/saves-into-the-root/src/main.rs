//! No such folder: saves into `/downloads`, and not into the folder `downloads` in which the program starts.

use std::{fs, thread};

fn main() {
    let list = fs::read_to_string("urls.txt").unwrap();
    thread::scope(|scope| {
        for url in list.lines() {
            scope.spawn(move || {
                let name = url.rsplit('/').next().unwrap();
                let answer = ureq::get(url).call();
                match answer.and_then(|mut answer| answer.body_mut().read_to_vec()) {
                    Ok(bytes) => fs::write(format!("/downloads/{name}"), bytes).unwrap(),
                    Err(_) => println!("failed: {name}"),
                }
            });
        }
    });
}
