//! Prints a total in digits of another script.

mod sum;

fn main() {
    sum::print();
    println!("٢٤٨٣٩٧٣");
}
