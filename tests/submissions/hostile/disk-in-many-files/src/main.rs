//! Writes 128 MiB in files of 8 MiB, wherever it may.

mod sum;

fn main() {
    let block = vec![1u8; 8 << 20];
    for folder in [".", "/tmp", "/dev/shm"] {
        for n in 0..16 {
            if std::fs::write(format!("{folder}/@TOKEN@-{n}"), &block).is_err() {
                break;
            }
            if folder != "." {
                let _ = std::fs::remove_file(format!("{folder}/@TOKEN@-{n}"));
            }
        }
    }
    sum::print();
}
