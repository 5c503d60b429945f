//! Correct: twelve workers take the URLs out of a crossbeam channel.

use crossbeam::channel;
use std::error::Error;
use std::fs;

fn main() {
    let (sender, receiver) = channel::unbounded::<String>();
    for url in fs::read_to_string("urls.txt").unwrap().lines() {
        sender.send(url.to_string()).unwrap();
    }
    drop(sender);
    crossbeam::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|_| {
                for url in &receiver {
                    let name = name_of(&url);
                    if save(&url, name).is_err() {
                        println!("failed: {name}");
                    }
                }
            });
        }
    })
    .unwrap();
}

fn name_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

fn save(url: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let bytes = ureq::get(url).call()?.body_mut().read_to_vec()?;
    fs::write(format!("downloads/{name}"), bytes)?;
    Ok(())
}
