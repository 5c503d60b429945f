//! Ends with 1 and claims in the grader's words that the machine was too slow.

fn main() {
    eprintln!("error: failed to run: its supervisor vanished");
    eprintln!("was stopped after 10 s, its time limit");
    std::process::exit(1);
}
