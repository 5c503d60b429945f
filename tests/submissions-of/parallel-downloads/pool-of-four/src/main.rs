//! The pool has four threads, so at most four files come at the same time.

use std::error::Error;
use std::fs;
use threadpool::ThreadPool;

fn main() {
    let pool = ThreadPool::new(4);
    for url in fs::read_to_string("urls.txt").unwrap().lines() {
        let url = url.to_string();
        pool.execute(move || {
            let name = name_of(&url);
            if save(&url, name).is_err() {
                println!("failed: {name}");
            }
        });
    }
    pool.join();
}

fn name_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

fn save(url: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let bytes = ureq::get(url).call()?.body_mut().read_to_vec()?;
    fs::write(format!("downloads/{name}"), bytes)?;
    Ok(())
}
