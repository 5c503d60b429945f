//! Does not compile: a macro calls itself without end and hits the recursion limit.

macro_rules! product {
    ($($factor:tt)*) => {
        product!($($factor)* * 2)
    };
}

fn main() {
    println!("{}", product!(1));
}
