//! The part of the table that is about sockets: what no job may do with one, and what a job that may connect has besides.
//!
//! Never allows an address: `connect` itself is answered by the monitor of a job that may connect.

use super::super::{Jobs, Line};
use super::{BAD, barred, forbidden, only};
use crate::{bpf::Condition, rule::Calls};

/// A pair of connected sockets stays allowed, because runtimes use one to wake their own threads.
pub(super) fn sockets(rule: Calls) -> Vec<Line> {
    let mut lines = forbidden(
        rule,
        &[
            libc::SYS_bind,
            libc::SYS_listen,
            libc::SYS_accept,
            libc::SYS_accept4,
        ],
    );
    let outgoing = forbidden(rule, &[libc::SYS_socket, libc::SYS_connect]);
    lines.extend(only(Jobs::Unconnected, outgoing));
    lines.extend(only(Jobs::Connecting, sockets_of_connecting(rule)));
    let stream = u64::from(libc::SOCK_STREAM.unsigned_abs());
    lines.push(barred(
        rule,
        libc::SYS_socketpair,
        Condition::IsNot(0, u32::MAX, vec![libc::AF_UNIX.unsigned_abs()]),
        [BAD, stream, 0, BAD, 0, 0],
    ));
    lines
}

/// What a job that may connect is still refused: other sockets than TCP over IPv4, every other way than `connect` to
/// give such a socket an address, and what else a TCP socket opens to a program.
fn sockets_of_connecting(rule: Calls) -> Vec<Line> {
    let inet = libc::AF_INET.unsigned_abs();
    let stream = libc::SOCK_STREAM.unsigned_abs();
    let tcp = libc::IPPROTO_TCP.unsigned_abs();
    let without_flags = !(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC).unsigned_abs();
    let [inet_argument, stream_argument] = [inet, stream].map(u64::from);
    let socket = |when, with: [u64; 3]| {
        let [family, kind, protocol] = with;
        let with = [family, kind, protocol, 0, 0, 0];
        barred(rule, libc::SYS_socket, when, with)
    };
    // With this flag a message is sent to its address while the connection is made.
    let fast = libc::MSG_FASTOPEN.unsigned_abs();
    let sending = |number, argument: u32| {
        let mut with = [BAD, 0, 0, 0, 0, 0];
        with[argument as usize] = fast.into();
        barred(rule, number, Condition::HasAny(argument, fast), with)
    };
    let set = |argument: u32, allowed: &[libc::c_int], with: [u64; 2]| {
        let allowed = allowed.iter().map(|option| option.unsigned_abs()).collect();
        let when = Condition::IsNot(argument, u32::MAX, allowed);
        let [level, option] = with;
        barred(
            rule,
            libc::SYS_setsockopt,
            when,
            [BAD, level, option, 0, 0, 0],
        )
    };
    // Requests about the machine's networks: the lower byte is the number of the request.
    let about_networks = |group: u32| {
        let when = Condition::Is(1, 0xffff_ff00, vec![group]);
        // SIOCGIFCONF and its like in the other group, which only read.
        let request = u64::from(group | 0x12);
        barred(rule, libc::SYS_ioctl, when, [BAD, request, 0, 0, 0, 0])
    };
    vec![
        socket(
            Condition::IsNot(0, u32::MAX, vec![inet]),
            [BAD, stream_argument, 0],
        ),
        socket(
            Condition::IsNot(1, without_flags, vec![stream]),
            [inet_argument, BAD, 0],
        ),
        socket(
            Condition::IsNot(2, u32::MAX, vec![0, tcp]),
            [inet_argument, stream_argument, BAD],
        ),
        sending(libc::SYS_sendto, 3),
        sending(libc::SYS_sendmsg, 2),
        sending(libc::SYS_sendmmsg, 3),
        set(1, &[libc::SOL_SOCKET, libc::IPPROTO_TCP], [0, 9]),
        set(2, &ALLOWED_OPTIONS, [tcp.into(), BAD]),
        about_networks(0x8900),
        about_networks(0x8b00),
    ]
}

/// The options that a job may set, at the level of sockets or of TCP: what HTTP clients set. A number means one option
/// at each of the two levels; at the other level each is harmless, or needs a capability that no job has.
const ALLOWED_OPTIONS: [libc::c_int; 12] = [
    libc::TCP_NODELAY,
    libc::SO_REUSEADDR,
    libc::TCP_KEEPIDLE,
    libc::TCP_KEEPINTVL,
    libc::TCP_KEEPCNT,
    libc::SO_SNDBUF,
    libc::SO_RCVBUF,
    libc::SO_KEEPALIVE,
    libc::TCP_QUICKACK,
    libc::SO_LINGER,
    libc::SO_RCVTIMEO,
    libc::SO_SNDTIMEO,
];

/// A datagram socket can write to any socket in the file system. So a pair of datagram sockets is not
/// permitted, and neither is an address to write to, which only such sockets use.
pub(super) fn datagrams(rule: Calls) -> Vec<Line> {
    let connected = [libc::SOCK_STREAM, libc::SOCK_SEQPACKET].map(i32::unsigned_abs);
    let [unix, datagram] = [libc::AF_UNIX, libc::SOCK_DGRAM].map(|n| u64::from(n.unsigned_abs()));
    vec![
        barred(
            rule,
            libc::SYS_socketpair,
            Condition::IsNot(1, 0xf, connected.into()),
            [unix, datagram, 0, BAD, 0, 0],
        ),
        barred(
            rule,
            libc::SYS_sendto,
            Condition::Given(4),
            [BAD, 0, 0, 0, BAD, 0],
        ),
    ]
}
