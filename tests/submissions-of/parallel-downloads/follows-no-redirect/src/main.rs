//! Takes a redirect for a failure: only an answer with the status 200 counts.

use std::error::Error;
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
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .max_redirects(0)
        .build()
        .into();
    let mut answer = agent.get(url).call()?;
    if answer.status() != 200 {
        return Err("not 200".into());
    }
    fs::write(
        format!("downloads/{name}"),
        answer.body_mut().read_to_vec()?,
    )?;
    Ok(())
}
