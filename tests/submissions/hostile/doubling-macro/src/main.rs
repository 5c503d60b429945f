//! Doubles the text of a macro twenty times.

macro_rules! twice {
    ([] $($t:tt)*) => { 0u8 $(+ $t)* };
    ([$x:tt $($more:tt)*] $($t:tt)*) => { twice!([$($more)*] $($t)* $($t)*) };
}

fn main() {
    println!("{}", twice!([1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1] 1u8));
}
