//! Correct: the program is spread over several modules, in files and in a folder.

mod files;
mod sum;

fn main() {
    let files = files::find(".").expect("cannot list the folder");
    println!("{}", sum::in_parallel(files, 12));
}
