//! Correct: a rayon pool with a thread for each file, because what takes long is to wait and not to compute.

use rayon::prelude::*;
use std::error::Error;
use std::fs;

fn main() -> Result<(), Box<dyn Error>> {
    let list = fs::read_to_string("urls.txt")?;
    let urls: Vec<&str> = list.lines().collect();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(urls.len())
        .build()?;
    let failed: Vec<&str> = pool.install(|| {
        urls.par_iter()
            .with_max_len(1)
            .map(|url| name_of(url))
            .zip(&urls)
            .filter(|(name, url)| save(url, name).is_err())
            .map(|(name, _)| name)
            .collect()
    });
    for name in failed {
        println!("failed: {name}");
    }
    Ok(())
}

fn name_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

fn save(url: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let bytes = ureq::get(url).call()?.body_mut().read_to_vec()?;
    fs::write(format!("downloads/{name}"), bytes)?;
    Ok(())
}
