//! Takes 150 MiB of memory in each of four processes.

mod raw;
mod sum;

fn main() {
    let copies: Vec<_> = (0..4)
        .map(|_| {
            raw::in_a_copy(|| {
                let memory = vec![1u8; 150 << 20];
                std::hint::black_box(&memory);
                raw::sleep(1);
            })
        })
        .collect();
    for copy in copies {
        let mut status = 0;
        unsafe { raw::waitpid(copy, &mut status, 0) };
    }
    sum::print();
}
