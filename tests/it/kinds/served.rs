//! Files that come over HTTP, held by the same clock as reads.

use super::made::{Made, check};
use crate::support::command::run;

const CHECKS: [&str; 5] = ["build", "run", "output", "files-read", "overlap"];

const EXERCISE: &str = r#"
[[recipe.files.file]]
name = "photo-{i}.bin"
count = 6
contents = "{letters:3000}"
[latency]
"photo-*.bin" = "100ms..1s"
[server]
serve = "photo-*.bin"
list = "urls.txt"
[[server.answers]]
files = "photo-*.bin"
pick = 1
answer = "not-found"
[[server.answers]]
files = "photo-*.bin"
pick = 1
answer = "truncated"
[[server.answers]]
files = "photo-*.bin"
pick = 1
answer = "redirect"
[expect]
lines = "any-order"
files = "downloads"
[overlap]
at-once = 6
"#;

const DOWNLOADS: &str = r#"
use std::{fs, io::{Read, Write}, net::TcpStream, thread};

fn get(path: &str) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect("127.0.0.1:8000").ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    let field = |name: &str| {
        let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map(|value| value.trim().to_owned())
    };
    if head.contains(" 302 ") {
        let place = field("location")?;
        return get(&place[place.find("/moved/")?..]);
    }
    let body = &answer[end..];
    let is_whole = field("content-length")?.parse() == Ok(body.len());
    (head.contains(" 200 ") && is_whole).then(|| body.to_vec())
}

fn save(url: String) {
    let name = url.rsplit('/').next().unwrap().to_owned();
    match get(&format!("/{name}")) {
        Some(body) => fs::write(format!("downloads/{name}"), body).unwrap(),
        None => println!("failed: {name}"),
    }
}

fn main() {
    assert!(TcpStream::connect("127.0.0.1:8001").is_err());
    let urls = fs::read_to_string("urls.txt").unwrap();
    let urls: Vec<String> = urls.lines().map(str::to_owned).collect();
    let threads: Vec<_> = urls.into_iter().map(|url| thread::spawn(move || save(url))).collect();
    for thread in threads {
        thread.join().unwrap();
    }
}
"#;

#[test]
fn downloads_overlap_and_each_answer_is_as_the_exercise_says() {
    let made = Made::new(&CHECKS, EXERCISE, DOWNLOADS);
    let right = made.graded("right", DOWNLOADS);
    assert_eq!(right["verdict"], "pass", "{right:#}");

    let serial = DOWNLOADS.replace(
        "urls.into_iter().map(|url| thread::spawn(move || save(url))).collect();",
        "urls.into_iter().map(|url| { save(url); thread::spawn(|| ()) }).collect();",
    );
    let serial = made.graded("serial", &serial);
    assert_eq!(check(&serial, "output")["status"], "pass", "{serial:#}");
    assert_eq!(check(&serial, "overlap")["status"], "fail", "{serial:#}");

    let keeps_half = DOWNLOADS.replace("&& is_whole", "|| is_whole && false");
    let keeps_half = made.graded("keeps-half", &keeps_half);
    assert_eq!(
        check(&keeps_half, "output")["status"],
        "fail",
        "{keeps_half:#}"
    );
    made.workspace.assert_nothing_left();
}

#[test]
fn data_by_hand_have_what_is_served_and_the_list() {
    let made = Made::new(&CHECKS, EXERCISE, DOWNLOADS);
    let dir = made.root.join("by-hand");
    let data = run(made.grade(&["data", "made"]).arg(&dir));
    data.code(0).reports(&["7 files of seed 0"]);
    let list = std::fs::read_to_string(dir.join("urls.txt")).unwrap();
    assert_eq!(list.lines().count(), 6);
    assert_eq!(
        list.lines().next(),
        Some("http://127.0.0.1:8000/photo-0.bin")
    );
    assert_eq!(std::fs::read(dir.join("photo-5.bin")).unwrap().len(), 3000);
}
