//! Opens the memory of the grader and of its supervisor.

mod raw;
mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    let supervisor = unsafe { raw::getppid() };
    [Some(supervisor), raw::grader()]
        .into_iter()
        .flatten()
        .any(|pid| std::fs::File::open(format!("/proc/{pid}/mem")).is_ok())
}
