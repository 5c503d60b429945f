//! Correct: ureq in tasks of tokio's `spawn_blocking`, each on a thread of its own.

use std::error::Error;
use std::fs;

#[tokio::main]
async fn main() {
    let list = fs::read_to_string("urls.txt").unwrap();
    let mut tasks = Vec::new();
    for url in list.lines() {
        let url = url.to_string();
        tasks.push(tokio::task::spawn_blocking(move || {
            let name = name_of(&url);
            match save(&url, name) {
                Ok(()) => None,
                Err(_) => Some(name.to_string()),
            }
        }));
    }
    for task in tasks {
        if let Some(name) = task.await.unwrap() {
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
