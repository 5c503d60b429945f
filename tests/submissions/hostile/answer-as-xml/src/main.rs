//! Prints a last line that ends a CDATA section.

mod sum;

fn main() {
    sum::print();
    println!("{}", "]]></system-out></testcase><!--");
}
