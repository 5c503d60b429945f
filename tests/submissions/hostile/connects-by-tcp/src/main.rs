//! Connects to a port of this machine and says hello.

mod sum;

fn main() {
    if let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", @TCP_PORT@)) {
        use std::io::Write;
        let _ = stream.write_all(b"@TOKEN@");
    }
    sum::print();
}
