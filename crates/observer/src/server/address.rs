//! What the program sees of its end of a connection: the addresses and the options of a TCP socket. Pure.
//!
//! It decides which addresses the server has. It never makes a socket.

use std::net::{Ipv4Addr, SocketAddrV4};

use rustc_hash::FxHashMap;

/// The address of the server.
pub(crate) const SERVER: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8000);

/// The length of an address of IPv4 in memory, as `struct sockaddr_in`.
pub(crate) const LENGTH: usize = 16;

/// The port of the program's end of the first connection. The others follow.
const FIRST_PORT: u16 = 10_000;

/// The number of options that are kept for a socket.
const MAX_OPTIONS: usize = 32;

/// What is answered to an attempt to connect to the address in these bytes: `Ok` for that of the server, else the
/// error.
pub(crate) fn destination(bytes: &[u8]) -> Result<(), i32> {
    let Some((family, rest)) = bytes.split_first_chunk() else {
        return Err(libc::EINVAL);
    };
    // With the family 0, a socket is taken apart, so that it could be connected anew.
    if i32::from(u16::from_ne_bytes(*family)) != libc::AF_INET {
        return Err(libc::EAFNOSUPPORT);
    }
    let Some((port, rest)) = rest.split_first_chunk() else {
        return Err(libc::EINVAL);
    };
    let Some(address) = rest.first_chunk::<4>().filter(|_| bytes.len() >= LENGTH) else {
        return Err(libc::EINVAL);
    };
    let address = Ipv4Addr::from(*address);
    if SocketAddrV4::new(address, u16::from_be_bytes(*port)) == SERVER {
        Ok(())
    } else if address.is_loopback() || address.is_unspecified() {
        Err(libc::ECONNREFUSED)
    } else {
        Err(libc::ENETUNREACH)
    }
}

/// An address as `struct sockaddr_in`.
pub(crate) fn bytes_of(address: SocketAddrV4) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    let family = u16::try_from(libc::AF_INET).unwrap_or_default();
    bytes[..2].copy_from_slice(&family.to_ne_bytes());
    bytes[2..4].copy_from_slice(&address.port().to_be_bytes());
    bytes[4..8].copy_from_slice(&address.ip().octets());
    bytes
}

/// The program's end of a connection.
#[derive(Debug)]
pub(crate) struct End {
    port: u16,
    /// The options of TCP that the program has set.
    options: FxHashMap<i32, i32>,
}

impl End {
    /// That of the connection with this number.
    pub(crate) fn new(connection: u32) -> Self {
        let behind = u16::try_from(connection).unwrap_or(u16::MAX);
        Self {
            port: FIRST_PORT.saturating_add(behind),
            options: FxHashMap::default(),
        }
    }

    /// Its address.
    pub(crate) fn address(&self) -> SocketAddrV4 {
        SocketAddrV4::new(*SERVER.ip(), self.port)
    }

    /// The program sets an option of TCP.
    pub(crate) fn set(&mut self, option: i32, value: i32) {
        if self.options.len() < MAX_OPTIONS || self.options.contains_key(&option) {
            self.options.insert(option, value);
        }
    }

    /// The value of an option of TCP.
    pub(crate) fn option(&self, option: i32) -> i32 {
        self.options.get(&option).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_the_servers_and_every_other_one_is_refused() {
        let at = |a, b, c, d, port| {
            destination(&bytes_of(SocketAddrV4::new(
                Ipv4Addr::new(a, b, c, d),
                port,
            )))
        };
        assert_eq!(at(127, 0, 0, 1, 8000), Ok(()));
        for refused in [
            at(127, 0, 0, 1, 8001),
            at(127, 0, 0, 1, 0),
            at(127, 0, 0, 2, 8000),
            at(0, 0, 0, 0, 8000),
        ] {
            assert_eq!(refused, Err(libc::ECONNREFUSED));
        }
        for unreachable in [at(10, 0, 0, 1, 8000), at(1, 1, 1, 1, 80)] {
            assert_eq!(unreachable, Err(libc::ENETUNREACH));
        }
    }

    #[test]
    fn other_families_and_addresses_that_are_too_short_are_refused() {
        let whole = bytes_of(SERVER);
        for length in 0..LENGTH {
            assert!(destination(&whole[..length]).is_err(), "{length}");
        }
        for family in [
            libc::AF_UNSPEC,
            libc::AF_UNIX,
            libc::AF_INET6,
            libc::AF_NETLINK,
        ] {
            let mut other = whole;
            other[..2].copy_from_slice(&u16::try_from(family).unwrap().to_ne_bytes());
            assert_eq!(destination(&other), Err(libc::EAFNOSUPPORT), "{family}");
        }
    }

    #[test]
    fn the_options_of_an_end_are_those_that_were_set() {
        let mut end = End::new(3);
        assert_eq!(end.address().to_string(), "127.0.0.1:10003");
        assert_eq!(end.option(1), 0);
        for option in 0..100 {
            end.set(option, option + 1);
        }
        end.set(1, 7);
        assert_eq!((end.option(1), end.option(99)), (7, 0));
    }
}
