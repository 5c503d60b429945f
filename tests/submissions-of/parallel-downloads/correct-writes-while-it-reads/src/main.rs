//! Correct: copies each answer to a file as it comes, and removes the file again if it does not come as a whole.

use std::error::Error;
use std::fs::{self, File};
use std::{io, thread};

fn main() {
    let list = fs::read_to_string("urls.txt").unwrap();
    let threads: Vec<_> = list
        .lines()
        .map(|url| {
            let url = url.to_owned();
            thread::spawn(move || {
                let name = name_of(&url);
                let path = format!("downloads/{name}");
                if copy(&url, &path).is_err() {
                    let _ = fs::remove_file(&path);
                    println!("failed: {name}");
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

fn name_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

fn copy(url: &str, path: &str) -> Result<(), Box<dyn Error>> {
    let mut answer = ureq::get(url).call()?;
    let mut file = File::create(path)?;
    io::copy(&mut answer.body_mut().as_reader(), &mut file)?;
    Ok(())
}
