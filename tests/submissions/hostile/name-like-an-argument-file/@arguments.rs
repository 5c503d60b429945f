//! Its source is called like a file of arguments, so that the compiler reads its arguments from the submission.

fn main() {}
