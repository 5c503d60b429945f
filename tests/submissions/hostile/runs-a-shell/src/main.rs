//! Runs a shell.

mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    std::process::Command::new("/bin/sh")
        .args(["-c", "exit 7"])
        .status()
        .is_ok_and(|status| status.code() == Some(7))
}
