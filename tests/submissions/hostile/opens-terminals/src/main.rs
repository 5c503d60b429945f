//! Opens the terminals of whoever is here (and writes nothing).

mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    let Ok(entries) = std::fs::read_dir("/dev/pts") else {
        return false;
    };
    let mut terminals = entries
        .flatten()
        .map(|entry| entry.path())
        .chain(["/dev/tty".into(), "/dev/console".into()]);
    terminals.any(|path| {
        !path.ends_with("ptmx") && std::fs::OpenOptions::new().write(true).open(path).is_ok()
    })
}
