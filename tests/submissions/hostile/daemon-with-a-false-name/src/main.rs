//! Leaves a daemon whose name looks like the end of its entry in /proc.

mod raw;
mod sum;

fn main() {
    if std::env::args().len() > 1 {
        unsafe { raw::prctl(15, b"\xff) Z 1 (\n\0".as_ptr()) };
        raw::sleep(20);
        return;
    }
    let _ = std::process::Command::new("/proc/self/exe")
        .arg("@TOKEN@")
        .spawn();
    // Until it has its name.
    std::thread::sleep(std::time::Duration::from_millis(100));
    sum::print();
}
