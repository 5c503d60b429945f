//! Writes into every descriptor that it may have inherited.

mod raw;
mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    let text = b"{\"Failed\":\"forged\"}\n";
    (3..1024).any(|fd| unsafe { raw::write(fd, text.as_ptr().cast(), text.len()) } > 0)
}
