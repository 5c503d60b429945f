//! Makes a link to a hidden file in its own folder and reads through it.

mod sum;

fn main() {
    sum::print_stolen(attack());
}

/// What was found, if anything.
fn attack() -> Option<String> {
    std::os::unix::fs::symlink("@OPEN@/note.txt", "link").ok()?;
    let stolen = std::fs::read_to_string("link").ok();
    let _ = std::fs::remove_file("link");
    stolen
}
