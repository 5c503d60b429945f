//! Correct: all threads share one agent of ureq, which keeps connections for later requests.

use std::fs::{self, File};
use std::io::{self, Read};
use std::sync::Mutex;
use std::thread;

fn fetch(agent: &ureq::Agent, url: &str) -> io::Result<Vec<u8>> {
    let mut answer = agent.get(url).call().map_err(io::Error::other)?;
    let mut bytes = Vec::new();
    answer.body_mut().as_reader().read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn main() {
    let agent = ureq::agent();
    let list = fs::read_to_string("urls.txt").unwrap();
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for url in list.lines() {
            let (agent, failed) = (&agent, &failed);
            scope.spawn(move || {
                let name = url.rsplit_once('/').unwrap().1;
                match fetch(agent, url) {
                    Ok(bytes) => {
                        let mut file = File::create(format!("downloads/{name}")).unwrap();
                        io::copy(&mut bytes.as_slice(), &mut file).unwrap();
                    }
                    Err(_) => failed.lock().unwrap().push(name),
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort();
    for name in failed {
        println!("failed: {name}");
    }
}
