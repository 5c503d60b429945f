fn main() {
    let _ = std::fs::write("@OPEN@/@TOKEN@", "built");
}
