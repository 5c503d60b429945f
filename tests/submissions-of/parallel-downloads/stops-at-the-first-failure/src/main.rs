//! Ends with an error as soon as one file fails.

use std::error::Error;
use std::{fs, thread};

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let list = fs::read_to_string("urls.txt")?;
    let mut threads = Vec::new();
    for url in list.lines() {
        let url = url.to_string();
        threads.push(thread::spawn(move || save(&url, name_of(&url))));
    }
    for thread in threads {
        thread.join().unwrap()?;
    }
    Ok(())
}

fn name_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

fn save(url: &str, name: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
    let bytes = ureq::get(url).call()?.body_mut().read_to_vec()?;
    fs::write(format!("downloads/{name}"), bytes)?;
    Ok(())
}
