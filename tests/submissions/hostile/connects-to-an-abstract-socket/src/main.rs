//! Connects to the socket of a service that has a name but no file.

mod sum;

fn main() {
    #[cfg(target_os = "linux")]
    {
        use std::os::{
            linux::net::SocketAddrExt,
            unix::net::{SocketAddr, UnixStream},
        };
        let address = SocketAddr::from_abstract_name("@ABSTRACT@").unwrap();
        let _ = UnixStream::connect_addr(&address);
    }
    sum::print();
}
