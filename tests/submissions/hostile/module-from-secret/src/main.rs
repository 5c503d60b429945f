//! Takes a hidden file as a module, so that the compiler shows it in an error.

#[path = "@TREASURE@/secret.txt"]
mod secret;

fn main() {}
