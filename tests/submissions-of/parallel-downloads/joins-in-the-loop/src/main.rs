//! Each thread is waited for before the next one is started.

use std::error::Error;
use std::{fs, thread};

fn main() {
    let list = fs::read_to_string("urls.txt").unwrap();
    for url in list.lines() {
        let url = url.to_string();
        let thread = thread::spawn(move || {
            let name = name_of(&url);
            if save(&url, name).is_err() {
                println!("failed: {name}");
            }
        });
        thread.join().unwrap();
    }
}

fn name_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

fn save(url: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let bytes = ureq::get(url).call()?.body_mut().read_to_vec()?;
    fs::write(format!("downloads/{name}"), bytes)?;
    Ok(())
}
