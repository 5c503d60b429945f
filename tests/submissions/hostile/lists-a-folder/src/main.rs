//! Lists a folder outside.

mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    std::fs::read_dir("@OPEN@").is_ok()
}
