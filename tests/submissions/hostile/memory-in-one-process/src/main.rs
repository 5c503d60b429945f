//! Takes 600 MiB of memory and uses it.

mod sum;

fn main() {
    let memory = vec![1u8; 600 << 20];
    std::hint::black_box(&memory);
    std::thread::sleep(std::time::Duration::from_millis(300));
    sum::print();
}
