//! Prints a last line that is a command to GitHub's runner.

mod sum;

fn main() {
    sum::print();
    println!(
        "{}",
        "::error file=a.rs,line=1::injected ::stop-commands::x ::add-mask::a"
    );
}
