//! Says in its source that it is a procedural macro.

#![crate_type = "proc-macro"]

mod sum;

fn main() {
    sum::print();
}
