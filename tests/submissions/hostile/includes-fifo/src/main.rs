//! Includes a FIFO, on which the compiler waits for ever.

fn main() {
    println!("{}", include_str!("@OPEN@/pipe"));
}
