//! Takes each file for text, line by line, and loses the line ends.

use std::error::Error;
use std::{fs, thread};

fn main() {
    let list = fs::read_to_string("urls.txt").unwrap();
    thread::scope(|scope| {
        for url in list.lines() {
            scope.spawn(move || {
                let name = name_of(url);
                if save(url, name).is_err() {
                    println!("failed: {name}");
                }
            });
        }
    });
}

fn name_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

fn save(url: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let bytes = ureq::get(url).call()?.body_mut().read_to_vec()?;
    let text: String = String::from_utf8_lossy(&bytes).lines().collect();
    fs::write(format!("downloads/{name}"), text)?;
    Ok(())
}
