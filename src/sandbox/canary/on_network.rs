//! Attacks on listeners on this machine, by every family of sockets that reaches one.

use std::{
    net::{TcpListener, TcpStream, UdpSocket},
    os::{
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixStream},
    },
};

use super::{
    Targets,
    attacks::{Attempt, call, words},
};

pub(super) fn connect_tcp(targets: &Targets) -> Attempt {
    words(
        TcpStream::connect(("127.0.0.1", targets.tcp_port)),
        "connected",
    )
}

pub(super) fn listen_tcp(_: &Targets) -> Attempt {
    words(TcpListener::bind("127.0.0.1:0"), "listens")
}

pub(super) fn send_udp(targets: &Targets) -> Attempt {
    let sent = UdpSocket::bind("127.0.0.1:0")
        .and_then(|socket| socket.send_to(b"x", ("127.0.0.1", targets.udp_port)));
    words(sent, "sent it")
}

pub(super) fn open_netlink(_: &Targets) -> Attempt {
    let (family, raw) = (
        libc::AF_NETLINK.unsigned_abs(),
        libc::SOCK_RAW.unsigned_abs(),
    );
    let arguments = [family.into(), raw.into(), 0, 0, 0];
    words(call(libc::SYS_socket, arguments), "opened it")
}

pub(super) fn connect_unix(targets: &Targets) -> Attempt {
    words(UnixStream::connect(&targets.unix_socket), "connected")
}

pub(super) fn connect_abstract(targets: &Targets) -> Attempt {
    let connected = SocketAddr::from_abstract_name(&targets.abstract_socket)
        .and_then(|address| UnixStream::connect_addr(&address));
    words(connected, "connected")
}

/// Without `socket`: one end of a pair of datagram sockets can write to any address.
pub(super) fn send_unix_datagram(targets: &Targets) -> Attempt {
    let (end, _other) =
        std::os::unix::net::UnixDatagram::pair().map_err(|error| error.to_string())?;
    words(end.send_to(b"x", &targets.unix_datagrams), "sent it")
}
