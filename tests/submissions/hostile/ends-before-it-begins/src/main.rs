//! Ends with 0 before it has done anything.

fn main() {
    std::process::exit(0);
}
