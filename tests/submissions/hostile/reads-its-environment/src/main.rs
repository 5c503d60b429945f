//! Looks for secrets in its own environment.

mod sum;

fn main() {
    sum::print_stolen(attack());
}

/// What was found, if anything.
fn attack() -> Option<String> {
    std::env::vars()
        .find(|(name, _)| {
            name.contains("SECRET") || name.contains("TOKEN") || name.contains("GRADE")
        })
        .map(|(_, value)| value)
}
