//! Its client gives up after two seconds; but the slow file would come.

use std::time::Duration;
use std::{fs, thread};

use ureq::Agent;

fn main() {
    let limit = Some(Duration::from_secs(2));
    let agent: Agent = Agent::config_builder().timeout_global(limit).build().into();
    let list = fs::read_to_string("urls.txt").unwrap();
    thread::scope(|scope| {
        for url in list.lines() {
            let agent = &agent;
            scope.spawn(move || {
                let name = url.rsplit('/').next().unwrap();
                let bytes = agent
                    .get(url)
                    .call()
                    .and_then(|mut answer| answer.body_mut().read_to_vec());
                match bytes {
                    Ok(bytes) => fs::write(format!("downloads/{name}"), bytes).unwrap(),
                    Err(_) => println!("failed: {name}"),
                }
            });
        }
    });
}
