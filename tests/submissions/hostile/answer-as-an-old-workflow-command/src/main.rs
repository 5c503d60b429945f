//! Prints a last line that is a command in the old style, which is obeyed anywhere in a line.

mod sum;

fn main() {
    sum::print();
    println!("{}", "##[add-matcher]x ##[set-env name=PATH]/tmp");
}
