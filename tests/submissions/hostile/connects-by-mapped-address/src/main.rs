//! Connects to a port of this machine by an IPv6 address that stands for an IPv4 one.

mod sum;

fn main() {
    let _ = std::net::TcpStream::connect(("::ffff:127.0.0.1", @TCP_PORT@));
    sum::print();
}
