//! Attacks on listeners on this machine, with every family of sockets that can reach one.

use std::{
    net::{TcpListener, TcpStream, UdpSocket},
    os::{
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixStream},
    },
};

use super::attempt::{Attempt, TargetInfo, call, describe};

pub(crate) fn connect_tcp(targets: &TargetInfo) -> Attempt {
    describe(
        TcpStream::connect(("127.0.0.1", targets.tcp_port)),
        "connected",
    )
}

pub(crate) fn listen_tcp(_: &TargetInfo) -> Attempt {
    describe(TcpListener::bind("127.0.0.1:0"), "listens")
}

pub(crate) fn send_udp(targets: &TargetInfo) -> Attempt {
    let sent = UdpSocket::bind("127.0.0.1:0")
        .and_then(|socket| socket.send_to(b"x", ("127.0.0.1", targets.udp_port)));
    describe(sent, "sent it")
}

pub(crate) fn open_netlink(_: &TargetInfo) -> Attempt {
    let (family, raw) = (
        libc::AF_NETLINK.unsigned_abs(),
        libc::SOCK_RAW.unsigned_abs(),
    );
    let arguments = [family.into(), raw.into(), 0, 0, 0];
    describe(call(libc::SYS_socket, arguments), "opened it")
}

pub(crate) fn connect_unix(targets: &TargetInfo) -> Attempt {
    describe(UnixStream::connect(&targets.unix_socket), "connected")
}

pub(crate) fn connect_abstract(targets: &TargetInfo) -> Attempt {
    let connected = SocketAddr::from_abstract_name(&targets.abstract_socket)
        .and_then(|address| UnixStream::connect_addr(&address));
    describe(connected, "connected")
}

/// An attack that needs no `socket`: one end of a pair of datagram sockets can write to any address.
pub(crate) fn send_unix_datagram(targets: &TargetInfo) -> Attempt {
    let (end, _other) =
        std::os::unix::net::UnixDatagram::pair().map_err(|error| error.to_string())?;
    describe(end.send_to(b"x", &targets.unix_datagrams), "sent it")
}
