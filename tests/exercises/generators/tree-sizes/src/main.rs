//! Write a tree of folders with text files into the current folder. The only argument is the seed.

use std::{env, fs, io, path::Path};

fn main() -> io::Result<()> {
    let seed = env::args().nth(1).and_then(|seed| seed.parse().ok());
    let mut numbers = Numbers(seed.expect("the seed is a number"));
    for folder in ["a", "b"] {
        fill(Path::new(folder), 0, &mut numbers)?;
    }
    Ok(())
}

/// Make a folder with files, and two folders in it, three levels deep.
fn fill(folder: &Path, depth: u32, numbers: &mut Numbers) -> io::Result<()> {
    fs::create_dir(folder)?;
    for file in 0..=numbers.below(2) {
        let words = (0..=numbers.below(9)).map(|_| {
            let letters = 1 + numbers.below(8);
            "x".repeat(letters as usize) + " "
        });
        fs::write(folder.join(format!("{file}.txt")), words.collect::<String>())?;
    }
    if depth < 2 {
        for inner in ["c", "d"] {
            fill(&folder.join(inner), depth + 1, numbers)?;
        }
    }
    Ok(())
}

/// Numbers at random, the same for the same seed: SplitMix64.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}
