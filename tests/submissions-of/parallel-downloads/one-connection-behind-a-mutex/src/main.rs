//! Twelve threads share an agent behind a mutex, and hold the lock until the answer has come.

use std::error::Error;
use std::sync::Mutex;
use std::{fs, thread};

fn main() {
    let agent = Mutex::new(ureq::agent());
    let list = fs::read_to_string("urls.txt").unwrap();
    thread::scope(|scope| {
        for url in list.lines() {
            let agent = &agent;
            scope.spawn(move || {
                let name = name_of(url);
                if save(agent, url, name).is_err() {
                    println!("failed: {name}");
                }
            });
        }
    });
}

fn name_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

fn save(agent: &Mutex<ureq::Agent>, url: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let agent = agent.lock().unwrap();
    let bytes = agent.get(url).call()?.body_mut().read_to_vec()?;
    fs::write(format!("downloads/{name}"), bytes)?;
    Ok(())
}
