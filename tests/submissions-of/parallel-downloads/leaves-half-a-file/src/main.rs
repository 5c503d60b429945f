//! Copies each answer to its file as it comes; of the one that is cut short, half a file stays.

use std::error::Error;
use std::fs::{self, File};
use std::{io, thread};

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
    let mut answer = ureq::get(url).call()?;
    let mut file = File::create(format!("downloads/{name}"))?;
    io::copy(&mut answer.body_mut().as_reader(), &mut file)?;
    Ok(())
}
