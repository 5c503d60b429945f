//! What is found in source text, and what is not.

use proptest::prelude::*;

use super::*;

fn source(text: &str) -> Source {
    Source::new([("src/main.rs".to_owned(), text.to_owned())])
}

fn line(spot: Option<Spot<'_>>) -> Option<usize> {
    spot.map(|spot| spot.line)
}

#[test]
fn code_is_found_and_comments_and_texts_are_not() {
    let source = source("// x.lock()\nlet a = \".lock()\";\n  b . /* c */ lock();\n");
    let spot = source.find(&[".", "lock", "("]).unwrap();
    assert_eq!(spot.place(), "src/main.rs:3:5");
    assert_eq!(spot.quoted(), "src/main.rs:3 is `b . /* c */ lock();`");
    assert_eq!(source.find(&["par_bridge"]), None);
}

#[test]
fn what_follows_a_call_is_found_behind_its_closing_bracket() {
    let source = source(
        "spawn(f(1), [2]);\nlet h = spawn(|| { a.join() });\nspawn(move || b())\n    .join();\n",
    );
    assert_eq!(
        line(source.find_after_call(&["spawn"], &[".", "join"])),
        Some(4)
    );
    assert_eq!(source.find_after_call(&["spawn"], &[".", "await"]), None);
}

#[test]
fn lines_are_found_in_the_only_function_of_a_name() {
    let text = "fn a() {\n x.lock();\n}\nfn b<T>(f: fn(T)) {\n if c {\n m\n.lock(); } n.lock();\n}\nfn c() { }";
    let source = source(text);
    let lines = |name| source.lines_in_function(name, &[".", "lock", "("]);
    assert_eq!(lines("a"), Some(("src/main.rs", vec![2])));
    assert_eq!(lines("b"), Some(("src/main.rs", vec![7, 7])));
    assert_eq!(lines("c"), Some(("src/main.rs", vec![])));
    assert_eq!(lines("d"), None);
    let twice = Source::new(["a", "b"].map(|file| (file.to_owned(), text.to_owned())));
    assert_eq!(twice.lines_in_function("a", &["x"]), None);
}

#[test]
fn a_function_that_calls_itself_is_found_and_one_of_the_same_name_is_not() {
    for (text, found) in [
        ("fn f(n: u64) {\n f(n + 1) }", Some(2)),
        ("fn a() { b() }\nfn f() { self.f() }", Some(2)),
        ("fn f() { Self::f() }", Some(1)),
        ("fn new() { Vec::new() }", None),
        ("fn len(&self) { self.list.len() }", None),
        ("fn f() { fn f() {} }", None),
        ("fn f(); fn g() { f() }", None),
        ("fn main() { f() }", None),
        ("fn {f(", None),
    ] {
        assert_eq!(line(source(text).find_recursion()), found, "{text}");
    }
}

#[test]
fn the_lock_that_is_held_is_preferred() {
    let reads = ["read_to_string"];
    for (text, expected) in [
        // The first takes a name only.
        (
            "{ let n = names.lock().unwrap().pop();\nlet g = disk.lock().unwrap();\nread_to_string(n); }",
            2,
        ),
        (
            "{ { let g = a.lock().unwrap(); }\nlet g = b.lock();\nread_to_string(n); }",
            2,
        ),
        (
            "{ let g = a.lock().unwrap(); drop(g);\nlet g = b.lock().unwrap();\nread_to_string(n); }",
            2,
        ),
        (
            "{ *a.lock().unwrap() += 1;\nwhile let Some(n) = b.lock().unwrap().pop() {\nread_to_string(n); } }",
            2,
        ),
        (
            "{ while let Some(n) = b.lock().unwrap().pop() { }\nlet x = c.lock().unwrap();\nread_to_string(n); }",
            2,
        ),
        (
            "{ a.lock().unwrap();\n*total.lock().unwrap() += read_to_string(n).len(); }",
            2,
        ),
        // None seems to be held: the first.
        (
            "{ a.lock().unwrap().pop();\nb.lock().unwrap().pop();\nread_to_string(n); }",
            1,
        ),
    ] {
        assert_eq!(
            line(source(text).find_lock(&reads)),
            Some(expected),
            "{text}"
        );
    }
}

#[test]
fn a_text_that_is_too_long_is_left_out_and_the_next_is_not() {
    let files = [
        ("a".to_owned(), "x".repeat(MOST_BYTES + 1)),
        ("b".to_owned(), "y".to_owned()),
    ];
    let source = Source::new(files);
    assert_eq!(
        source.find(&["y"]).map(|spot| spot.line()),
        Some("b:1".to_owned())
    );
    assert_eq!(source.line("b", 1), Some("y"));
    assert_eq!(source.line("b", 0), None);
}

proptest! {
    #[test]
    fn any_text_is_read(text in "(let |while |if |g=|\\.lock\\(\\)|read\\(|[(){};\\[\\]. \n\"é])*") {
        let source = source(&text);
        let _ = source.find_lock(&["read"]);
        let _ = source.find_after_call(&["read"], &[".", "lock"]);
    }
}

#[test]
fn a_static_mut_is_found_and_a_lifetime_or_a_comment_is_none() {
    let has =
        |text: &str| Source::new([("src/main.rs".to_owned(), text.to_owned())]).has_static_mut();
    assert!(has("static  mut TOTAL: u64 = 0;"));
    assert!(!has(
        "// static mut\nfn f(x: &'static mut u64) { print(\"static mut\"); static N: u64 = 0; }"
    ));
}
