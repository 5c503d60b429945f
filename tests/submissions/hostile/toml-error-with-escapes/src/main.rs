//! Its manifest is no TOML at a place that acts on terminals.

mod sum;

fn main() {
    sum::print();
}
