//! Connects to the socket of a service in the file system.

mod sum;

fn main() {
    let _ = std::os::unix::net::UnixStream::connect("@UNIX_SOCKET@");
    sum::print();
}
