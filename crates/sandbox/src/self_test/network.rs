//! Attacks on listeners on this machine, with every family of sockets that can reach one.

use std::{
    io,
    net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream, UdpSocket},
    os::{
        fd::OwnedFd,
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixStream},
    },
};

use rustix::net::{AddressFamily, Protocol, SendAncillaryBuffer, SendFlags, SocketType, ipproto};

use super::{
    attempt::{Attempt, NOT_HERE, TargetInfo, call, describe},
    targets::OTHER_WAYS,
};

pub(crate) fn connect_tcp(targets: &TargetInfo) -> Attempt {
    describe(
        TcpStream::connect(("127.0.0.1", targets.tcp_port)),
        "connected",
    )
}

/// A new socket of this protocol, or of the usual one, for a stream.
fn stream_socket(protocol: Option<Protocol>) -> io::Result<OwnedFd> {
    let made = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, protocol);
    made.map_err(io::Error::from)
}

/// Errors that mean that the kernel does not have what an attack needs, whatever the sandbox does.
fn unless_missing<T>(result: io::Result<T>, missing: &[i32]) -> Result<T, String> {
    result.map_err(|error| match error.raw_os_error() {
        Some(number) if missing.contains(&number) => format!("{NOT_HERE}{error}"),
        _ => error.to_string(),
    })
}

/// The address of the listener for an attack.
fn local(targets: &TargetInfo, name: &str) -> SocketAddrV4 {
    let ports = &targets.other_tcp_ports;
    let own = OTHER_WAYS
        .iter()
        .zip(ports)
        .find(|(other, _)| **other == name);
    let port = own.map_or(0, |(_, port)| *port);
    SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)
}

/// An attack that needs no `connect`: the first message has the address.
pub(crate) fn send_fast(targets: &TargetInfo) -> Attempt {
    let socket = stream_socket(None).map_err(|error| error.to_string())?;
    let to = local(targets, "connect-tcp-while-sending");
    let sent = rustix::net::sendmsg_addr(
        &socket,
        &to,
        &[io::IoSlice::new(b"x")],
        &mut SendAncillaryBuffer::default(),
        SendFlags::from_bits_retain(libc::MSG_FASTOPEN.unsigned_abs()),
    );
    unless_missing(sent.map_err(io::Error::from), &[libc::EOPNOTSUPP]).map(|_| "sent it".to_owned())
}

/// An attack by the other family of addresses, which has those of IPv4 as well.
pub(crate) fn connect_ipv6(targets: &TargetInfo) -> Attempt {
    let mapped = Ipv4Addr::LOCALHOST.to_ipv6_mapped();
    let connected = TcpStream::connect((mapped, local(targets, "connect-tcp-of-ipv6").port()));
    unless_missing(connected, &[libc::EAFNOSUPPORT]).map(|_| "connected".to_owned())
}

/// An attack with a socket that was connected before: with no address it is taken apart, and may be connected anew.
pub(crate) fn connect_anew(targets: &TargetInfo) -> Attempt {
    let socket = stream_socket(None).map_err(|error| error.to_string())?;
    let to = local(targets, "connect-tcp-anew");
    // Whether these two succeed does not matter.
    let _ = rustix::net::connect(&socket, &to);
    let _ = rustix::net::connect_unspec(&socket);
    let connected = rustix::net::connect(&socket, &to);
    describe(connected.map_err(io::Error::from), "connected")
}

/// An attack by a protocol that opens connections of its own, to addresses that a peer names.
pub(crate) fn connect_multipath(targets: &TargetInfo) -> Attempt {
    let missing = [libc::EPROTONOSUPPORT, libc::ENOPROTOOPT, libc::EINVAL];
    let socket = unless_missing(stream_socket(Some(ipproto::MPTCP)), &missing)?;
    let to = local(targets, "connect-tcp-by-many-paths");
    let connected = rustix::net::connect(&socket, &to);
    describe(connected.map_err(io::Error::from), "connected")
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
