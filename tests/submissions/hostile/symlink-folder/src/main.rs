//! Has a symbolic link to a folder of secrets among its own folders, and would print one of them.

fn main() {
    println!("{}", include_str!("data/secret.txt"));
}
