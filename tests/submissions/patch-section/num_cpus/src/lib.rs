pub fn get() -> usize {
    64
}
