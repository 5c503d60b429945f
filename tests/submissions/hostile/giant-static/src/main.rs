//! Has a static of 96 MiB, so that the program itself fills the disk.

mod sum;

static GIANT: [u8; 96 << 20] = [1; 96 << 20];

fn main() {
    std::hint::black_box(&GIANT);
    sum::print();
}
