//! Cheats: prints lines that it remembers, and reads nothing.

fn main() {
    println!("quick: 12");
    println!("done: false");
    println!("timed out");
    println!("result: 57");
    println!("done: true");
}
