//! Reads until the connection ends and never looks at the length, so half a file is saved as if it were whole.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::{fs, thread};

fn main() {
    let list = fs::read_to_string("urls.txt").unwrap();
    thread::scope(|scope| {
        for url in list.lines() {
            scope.spawn(move || {
                let name = url.rsplit('/').next().unwrap();
                match fetch(&format!("/{name}")) {
                    Ok(body) => fs::write(format!("downloads/{name}"), body).unwrap(),
                    Err(_) => println!("failed: {name}"),
                }
            });
        }
    });
}

fn fetch(path: &str) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect("127.0.0.1:8000")?;
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    match head.split(' ').nth(1).unwrap() {
        "200" => Ok(answer.split_off(end + 4)),
        "302" => {
            let mut lines = head.lines();
            let line = lines
                .find(|line| line.to_lowercase().starts_with("location:"))
                .unwrap();
            let to = line.split_once(':').unwrap().1.trim();
            fetch(to.strip_prefix("http://127.0.0.1:8000").unwrap_or(to))
        }
        _ => Err(io::ErrorKind::Other.into()),
    }
}
