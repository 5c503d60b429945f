//! Everything is right, but `main` asks again and again without a pause whether all threads have ended.

use std::error::Error;
use std::{fs, thread};

fn main() {
    let list = fs::read_to_string("urls.txt").unwrap();
    let mut threads = Vec::new();
    for url in list.lines() {
        let url = url.to_string();
        threads.push(thread::spawn(move || {
            let name = name_of(&url);
            if let Err(error) = save(&url, name) {
                eprintln!("{url}: {error}");
                println!("failed: {name}");
            }
        }));
    }
    while !threads.iter().all(|thread| thread.is_finished()) {}
}

fn name_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

fn save(url: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let bytes = ureq::get(url).call()?.body_mut().read_to_vec()?;
    fs::write(format!("downloads/{name}"), bytes)?;
    Ok(())
}
