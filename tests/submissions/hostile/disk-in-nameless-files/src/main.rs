//! Writes 128 MiB into files that it has removed and holds open, and waits to be seen.

mod sum;

fn main() {
    use std::io::Write;
    let path = std::env::var("TMPDIR").unwrap() + "/nameless";
    let block = vec![1u8; 8 << 20];
    let mut held = Vec::new();
    for _ in 0..16 {
        let Ok(mut file) = std::fs::File::create(&path) else {
            break;
        };
        let _ = std::fs::remove_file(&path);
        let _ = file.write_all(&block);
        held.push(file);
    }
    std::thread::sleep(std::time::Duration::from_secs(1));
    sum::print();
}
