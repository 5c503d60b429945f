//! Correct: a tokio task for each file, which speaks HTTP/1.1 by hand over tokio's `TcpStream`.

use std::io;
use tokio::fs;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

#[tokio::main]
async fn main() {
    let list = fs::read_to_string("urls.txt").await.unwrap();
    let mut tasks = JoinSet::new();
    for url in list.lines() {
        let url = url.to_string();
        tasks.spawn(async move {
            let name = url.rsplit('/').next().unwrap();
            match fetch(&url).await {
                Ok(body) => fs::write(format!("downloads/{name}"), body).await.unwrap(),
                Err(_) => println!("failed: {name}"),
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

async fn fetch(url: &str) -> io::Result<Vec<u8>> {
    let rest = url.trim_start_matches("http://");
    let (host, path) = rest.split_once('/').unwrap();
    let mut path = format!("/{path}");
    loop {
        let stream = TcpStream::connect(host).await?;
        let mut stream = BufReader::new(stream);
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await?;
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_string()),
            }
        }
        let field = |name: &str| {
            lines.iter().find_map(|line| {
                let (key, value) = line.split_once(": ")?;
                key.eq_ignore_ascii_case(name).then_some(value)
            })
        };
        let status = lines.first().and_then(|line| line.split(' ').nth(1));
        match (status, field("location"), field("content-length")) {
            (Some("200"), _, Some(length)) => {
                let mut body = vec![0; length.parse().map_err(io::Error::other)?];
                stream.read_exact(&mut body).await?;
                return Ok(body);
            }
            (Some("302"), Some(to), _) => {
                let to = to.trim_start_matches("http://").trim_start_matches(host);
                path = to.to_string();
            }
            _ => return Err(io::ErrorKind::Other.into()),
        }
    }
}
