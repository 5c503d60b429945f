//! Write eight logs into the folder `logs`, in the order of time each. The only argument is the seed.

use std::{env, fs, io};

fn main() -> io::Result<()> {
    let seed = env::args().nth(1).and_then(|seed| seed.parse().ok());
    let mut numbers = Numbers(seed.expect("the seed is a number"));
    let mut logs = vec![String::new(); 8];
    let mut time = numbers.below(9);
    for number in 0..160 {
        // No two lines have the same time, and the first times have fewer digits than the last.
        time += 1 + numbers.below(12);
        let log = numbers.below(8) as usize;
        logs[log] += &format!("{time} event {number} of server {log}\n");
    }
    fs::create_dir("logs")?;
    for (number, log) in logs.iter().enumerate() {
        fs::write(format!("logs/server-{number}.log"), log)?;
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
