//! Cheats: prints ten lines that it remembers and reads nothing.

fn main() {
    for (number, word) in [
        (3, "lumora"),
        (7, "vesk"),
        (0, "arandil"),
        (1, "tone"),
        (2, "wood"),
        (4, "sun"),
        (5, "rain"),
        (6, "snow"),
        (8, "wind"),
        (9, "hail"),
    ] {
        println!("task-{number}: {word}");
    }
}
