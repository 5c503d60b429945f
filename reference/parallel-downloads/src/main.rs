//! The model solution: one thread for each file, and a file that fails stops no other one.

use std::{error::Error, fs, io, thread};

fn main() -> io::Result<()> {
    let urls = fs::read_to_string("urls.txt")?;
    thread::scope(|scope| {
        for url in urls.lines() {
            scope.spawn(move || {
                let name = name_of(url);
                if save(url, name).is_err() {
                    println!("failed: {name}");
                }
            });
        }
    });
    Ok(())
}

/// The name under which a file is saved: what stands behind the last slash.
fn name_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

/// Fetch a file and save it. Nothing is saved before all of it is there.
fn save(url: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let bytes = ureq::get(url).call()?.body_mut().read_to_vec()?;
    fs::write(format!("downloads/{name}"), bytes)?;
    Ok(())
}
