//! Correct: speaks HTTP/1.0 by hand over a `TcpStream`; follows redirects and compares the length with what came.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::{fs, thread};

fn main() -> io::Result<()> {
    let list = fs::read_to_string("urls.txt")?;
    thread::scope(|scope| {
        for url in list.lines() {
            scope.spawn(move || {
                let name = url.rsplit('/').next().unwrap();
                match fetch(url) {
                    Ok(body) => fs::write(format!("downloads/{name}"), body).unwrap(),
                    Err(_) => println!("failed: {name}"),
                }
            });
        }
    });
    Ok(())
}

fn fetch(url: &str) -> io::Result<Vec<u8>> {
    let rest = url
        .strip_prefix("http://")
        .ok_or(io::ErrorKind::InvalidInput)?;
    let slash = rest.find('/').unwrap_or(rest.len());
    let (host, mut path) = (&rest[..slash], rest[slash..].to_string());
    for _ in 0..5 {
        let (head, body) = ask(host, &path)?;
        let field = |name: &str| {
            head.lines().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.eq_ignore_ascii_case(name)
                    .then(|| value.trim().to_string())
            })
        };
        match head.split(' ').nth(1) {
            Some("200") => {
                let length = field("content-length").and_then(|text| text.parse().ok());
                return match length {
                    Some(length) if body.len() == length => Ok(body),
                    _ => Err(io::ErrorKind::UnexpectedEof.into()),
                };
            }
            Some("301" | "302" | "307" | "308") => {
                let to = field("location").ok_or(io::ErrorKind::InvalidData)?;
                path = match to.strip_prefix("http://") {
                    Some(rest) => rest[rest.find('/').unwrap_or(rest.len())..].to_string(),
                    None => to,
                };
            }
            _ => return Err(io::ErrorKind::NotFound.into()),
        }
    }
    Err(io::Error::other("too many redirects"))
}

fn ask(host: &str, path: &str) -> io::Result<(String, Vec<u8>)> {
    let mut stream = TcpStream::connect(host)?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .ok_or(io::ErrorKind::UnexpectedEof)?;
    let body = answer.split_off(end + 4);
    Ok((String::from_utf8_lossy(&answer).into_owned(), body))
}
