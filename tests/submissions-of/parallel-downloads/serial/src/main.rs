//! No threads: each file is asked for when the one before has come.

use std::error::Error;
use std::fs;

fn main() {
    for url in fs::read_to_string("urls.txt").unwrap().lines() {
        let name = name_of(url);
        if save(url, name).is_err() {
            println!("failed: {name}");
        }
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
