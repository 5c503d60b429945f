//! Download every file that `urls.txt` names, several at the same time, into the folder `downloads`.
//!
//! This starter downloads one file after the other, and says nothing about those that fail. Two things are
//! missing; each has a TODO.

use std::{error::Error, fs, io};

fn main() -> io::Result<()> {
    let urls = fs::read_to_string("urls.txt")?;
    // TODO: download all files at the same time.
    for url in urls.lines() {
        let name = name_of(url);
        // TODO: a file can fail. Print the line `failed: NAME` for it, and go on with the others.
        let _ = save(url, name);
    }
    Ok(())
}

/// The name under which a file is saved: what stands behind the last slash.
fn name_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

/// Fetch a file and save it. It is an error if the server does not have the file or does not send all of it.
fn save(url: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let bytes = ureq::get(url).call()?.body_mut().read_to_vec()?;
    fs::write(format!("downloads/{name}"), bytes)?;
    Ok(())
}
