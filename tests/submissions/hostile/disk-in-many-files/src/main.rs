//! Writes 128 MiB in files of 8 MiB where it may, and waits to be seen.

mod sum;

fn main() {
    let folder = std::env::var("TMPDIR").unwrap();
    let block = vec![1u8; 8 << 20];
    for n in 0..16 {
        if std::fs::write(format!("{folder}/{n}"), &block).is_err() {
            break;
        }
    }
    std::thread::sleep(std::time::Duration::from_secs(2));
    sum::print();
}
