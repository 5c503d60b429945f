//! Twelve requests are sent at once and their answers thrown away; then the files are fetched one after the other.

use std::{fs, io::Write, net::TcpStream};
fn main() {
    let urls = fs::read_to_string("urls.txt").unwrap();
    // decoys: 12 requests that nobody reads
    let mut keep = vec![];
    for u in urls.lines() {
        let mut s = TcpStream::connect("127.0.0.1:8000").unwrap();
        let path = &u["http://127.0.0.1:8000".len()..];
        s.write_all(format!("HEAD {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
        keep.push(s);
    }
    for u in urls.lines() {
        let name = u.rsplit('/').next().unwrap();
        let r = ureq::get(u).call().ok().and_then(|mut r| r.body_mut().read_to_vec().ok());
        match r { Some(b) => fs::write(format!("downloads/{name}"), b).unwrap(), None => println!("failed: {name}") }
    }
}
