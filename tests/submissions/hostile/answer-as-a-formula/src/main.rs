//! Prints a last line that a spreadsheet computes.

mod sum;

fn main() {
    sum::print();
    println!("{}", "=cmd|'/c calc'!A1");
}
