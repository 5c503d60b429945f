//! Names a loader that does not exist, so that the start of the program fails as if the machine had.

mod sum;

#[link_section = ".interp"]
#[used]
static LOADER: [u8; 16] = *b"/nonexistent/ld\0";

fn main() {
    sum::print();
}
