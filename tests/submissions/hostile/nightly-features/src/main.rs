//! Hopes that the compiler was told to take what is not stable.

#![feature(rustc_attrs)]

fn main() {}
