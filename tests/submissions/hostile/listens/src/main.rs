//! Opens a port and listens.

mod raw;
mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    std::net::TcpListener::bind("127.0.0.1:0").is_ok()
}
