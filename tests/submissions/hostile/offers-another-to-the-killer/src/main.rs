//! Tells the kernel to kill another process first when memory runs out.

mod sum;

fn main() {
    let _ = std::fs::write("/proc/@VICTIM_PID@/oom_score_adj", "1000");
    sum::print();
}
