//! Gives ureq a limit of two seconds for each file, which the slow one does not keep.

use std::error::Error;
use std::time::Duration;
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
    let request = ureq::get(url)
        .config()
        .timeout_global(Some(Duration::from_secs(2)))
        .build();
    let bytes = request.call()?.body_mut().read_to_vec()?;
    fs::write(format!("downloads/{name}"), bytes)?;
    Ok(())
}
