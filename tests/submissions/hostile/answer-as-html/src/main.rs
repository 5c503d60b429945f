//! Prints a last line of HTML with a script.

mod sum;

fn main() {
    sum::print();
    println!(
        "{}",
        "<script>alert(1)</script><img src=x onerror=alert(1)> </textarea>"
    );
}
