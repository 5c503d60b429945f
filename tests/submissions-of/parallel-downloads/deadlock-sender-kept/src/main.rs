//! Never ends: `main` waits for failures on a channel whose first sender it holds itself.

use std::error::Error;
use std::sync::mpsc;
use std::{fs, thread};

fn main() {
    let list = fs::read_to_string("urls.txt").unwrap();
    let (sender, receiver) = mpsc::channel();
    for url in list.lines() {
        let url = url.to_string();
        let sender = sender.clone();
        thread::spawn(move || {
            let name = name_of(&url);
            if save(&url, name).is_err() {
                sender.send(name.to_string()).unwrap();
            }
        });
    }
    for name in receiver {
        println!("failed: {name}");
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
