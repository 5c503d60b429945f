//! Makes a folder outside its current one, and comes back.

mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    let home = std::env::current_dir().unwrap();
    std::env::set_current_dir("@OPEN@").is_ok() && std::env::set_current_dir(home).is_ok()
}
