//! Sends a datagram to a port of this machine.

mod sum;

fn main() {
    if let Ok(socket) = std::net::UdpSocket::bind("127.0.0.1:0") {
        let _ = socket.send_to(b"@TOKEN@", ("127.0.0.1", @UDP_PORT@));
    }
    sum::print();
}
