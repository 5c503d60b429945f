//! The one table of system calls: which calls the filter reports, and which arguments of them matter.
//!
//! The numbers come from `libc`, which has them for each architecture. The calls that only older architectures have
//! are in [`LEGACY`]. All arguments used here have the same order on x86-64 and aarch64: `clone` differs in its last
//! two, which are not used.
//!
//! The module also knows which calls sleep with a timeout. It never decides what a call means.

use crate::memory;

/// The kinds of system calls that the observer tells apart, with the index of each argument that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// Opens a path.
    Open { path: Path, flags: Flags },
    /// Reads or maps a file, or moves its data elsewhere.
    Access { fd: usize, at: At, length: Length },
    /// Copies from one file into another, which must be on the same file system.
    Copy {
        fd: usize,
        at: At,
        into: usize,
        length: Length,
    },
    /// Creates a thread or a process.
    Clone { flags: Flags },
    /// Ends a thread.
    Exit,
    /// Changes the times of the file at a path or, if the path is null, of a descriptor.
    SetTimes { path: Path },
    /// Changes the file at a path in another way.
    Change { path: Path },
    /// `fcntl(F_SETFL)` with `O_NOATIME`.
    NoAtime,
    /// `prctl(PR_SET_DUMPABLE)`.
    Dumpable,
    /// Asynchronous input and output.
    AsyncIo,
    /// Gets the processors on which a thread may run.
    GetAffinity,
    /// Sets the processors on which a thread may run.
    SetAffinity,
    /// Waits with a limit on time.
    TimedWait(Until),
    /// About a socket.
    Socket(SocketCall),
    /// Receives from the socket in the first argument.
    Receive,
}

/// What a program does with a socket of which the server may have the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SocketCall {
    /// Connects it to an address.
    Connect,
    /// Sets an option of TCP.
    SetOption,
    /// Gets an option of TCP.
    Option,
    /// Gets its own address.
    OwnAddress,
    /// Gets the address of the other end.
    PeerAddress,
}

/// What ends a wait before its limit on time, with the index of each argument that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// Nothing but a signal.
    Limit,
    /// The 32-bit word at the address in one argument differs from the value in another.
    WordDiffers { address: usize, value: usize },
    /// One of the descriptors is ready that the descriptor in this argument watches.
    EventReady { fd: usize },
}

/// Which argument has the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Path {
    /// An argument, relative to the working directory.
    Plain(usize),
    /// The argument has the descriptor of a folder, and the next argument has the path.
    At(usize),
    /// There is no path: the argument is a descriptor.
    Descriptor(usize),
}

/// Which argument has the flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flags {
    /// An argument.
    Argument(usize),
    /// The first eight bytes of a structure to which an argument points.
    Pointed(usize),
    /// The call has no flags, and behaves as if it had these.
    Fixed(i32),
}

impl Flags {
    /// The flags of a call. `None` if they are in memory that cannot be read.
    pub(crate) fn read(self, tid: i32, arguments: [u64; 6]) -> Option<u64> {
        match self {
            Self::Argument(i) => Some(arguments[i]),
            Self::Pointed(i) => memory::read_u64(tid, arguments[i]).ok(),
            Self::Fixed(flags) => Some(flags.cast_unsigned().into()),
        }
    }
}

/// Which argument has the position in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    /// The descriptor's own position.
    Position,
    /// An argument.
    Argument(usize),
    /// An argument, or the descriptor's own position if it is -1.
    ArgumentOrPosition(usize),
    /// Eight bytes to which an argument points, or the descriptor's own position if the argument is null.
    Pointed(usize),
}

/// Which argument has the number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// An argument.
    Argument(usize),
    /// The argument has a list of buffers, and the next argument has their number.
    Buffers(usize),
    /// All bytes behind the position. A mapping reaches to the end of its last page, and `mremap` prolongs it
    /// without naming a file.
    Rest,
}

/// A condition on the low 32 bits of one argument. The filter reports a call only if all its conditions hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Test {
    /// The argument is equal to this.
    Is(u32, u32),
    /// The argument has at least one of these bits.
    Has(u32, u32),
    /// The argument has none of these bits.
    HasNot(u32, u32),
    /// Under the mask (second field), the argument is one of these.
    OneOf(u32, u32, &'static [u32]),
    /// The argument is none of these.
    NoneOf(u32, &'static [u32]),
    /// The argument, with all its 64 bits, is not zero.
    Given(u32),
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub(crate) number: libc::c_long,
    pub(crate) call: Call,
    pub(crate) tests: &'static [Test],
}

#[cfg(target_arch = "x86_64")]
const RENAMEAT: libc::c_long = libc::SYS_renameat;
/// The kernel has this call for aarch64, but `libc` leaves it out.
#[cfg(target_arch = "aarch64")]
const RENAMEAT: libc::c_long = 38;

const fn line(number: libc::c_long, call: Call) -> Line {
    Line {
        number,
        call,
        tests: &[],
    }
}

const fn line_if(number: libc::c_long, call: Call, tests: &'static [Test]) -> Line {
    Line {
        number,
        call,
        tests,
    }
}

const fn access(fd: usize, at: At, length: Length) -> Call {
    Call::Access { fd, at, length }
}

const fn unsigned(flag: i32) -> u32 {
    flag.cast_unsigned()
}

/// Calls that every architecture has.
///
/// A signal with a handler can interrupt a call just before the observer receives it. With `SA_RESTART` the call
/// starts again. Without it the call fails with `EINTR`, also if the kernel never lets it fail so otherwise. So
/// `exit_group` must not be in this table: C libraries crash when it returns.
pub(crate) const COMMON: &[Line] = &[
    // The most frequent calls come first, as the filter compares in this order.
    line(libc::SYS_read, access(0, At::Position, Length::Argument(2))),
    line(
        libc::SYS_openat,
        Call::Open {
            path: Path::At(0),
            flags: Flags::Argument(2),
        },
    ),
    line_if(
        libc::SYS_mmap,
        access(4, At::Argument(5), Length::Rest),
        &[Test::HasNot(3, unsigned(libc::MAP_ANONYMOUS))],
    ),
    line(
        libc::SYS_pread64,
        access(0, At::Argument(3), Length::Argument(2)),
    ),
    line(libc::SYS_readv, access(0, At::Position, Length::Buffers(1))),
    line(
        libc::SYS_preadv,
        access(0, At::Argument(3), Length::Buffers(1)),
    ),
    line(
        libc::SYS_preadv2,
        access(0, At::ArgumentOrPosition(3), Length::Buffers(1)),
    ),
    line(
        libc::SYS_sendfile,
        access(1, At::Pointed(2), Length::Argument(3)),
    ),
    line(
        libc::SYS_splice,
        access(0, At::Pointed(1), Length::Argument(4)),
    ),
    line(
        libc::SYS_copy_file_range,
        Call::Copy {
            fd: 0,
            at: At::Pointed(1),
            into: 2,
            length: Length::Argument(4),
        },
    ),
    line(
        libc::SYS_openat2,
        Call::Open {
            path: Path::At(0),
            flags: Flags::Pointed(2),
        },
    ),
    line(
        libc::SYS_clone,
        Call::Clone {
            flags: Flags::Argument(0),
        },
    ),
    line(
        libc::SYS_clone3,
        Call::Clone {
            flags: Flags::Pointed(0),
        },
    ),
    line(libc::SYS_exit, Call::Exit),
    line(libc::SYS_sched_getaffinity, Call::GetAffinity),
    line(libc::SYS_sched_setaffinity, Call::SetAffinity),
    line(libc::SYS_utimensat, Call::SetTimes { path: Path::At(0) }),
    line(libc::SYS_unlinkat, Call::Change { path: Path::At(0) }),
    line(RENAMEAT, Call::Change { path: Path::At(0) }),
    line(libc::SYS_renameat2, Call::Change { path: Path::At(0) }),
    line(
        libc::SYS_truncate,
        Call::Change {
            path: Path::Plain(0),
        },
    ),
    line(
        libc::SYS_ftruncate,
        Call::Change {
            path: Path::Descriptor(0),
        },
    ),
    line(libc::SYS_fchmodat, Call::Change { path: Path::At(0) }),
    line(
        libc::SYS_fchmod,
        Call::Change {
            path: Path::Descriptor(0),
        },
    ),
    line(libc::SYS_linkat, Call::Change { path: Path::At(0) }),
    line_if(
        libc::SYS_fcntl,
        Call::NoAtime,
        &[
            Test::Is(1, unsigned(libc::F_SETFL)),
            Test::Has(2, unsigned(libc::O_NOATIME)),
        ],
    ),
    line_if(
        libc::SYS_prctl,
        Call::Dumpable,
        &[Test::Is(0, unsigned(libc::PR_SET_DUMPABLE)), Test::Is(1, 0)],
    ),
    line(libc::SYS_io_uring_setup, Call::AsyncIo),
    line(libc::SYS_io_uring_enter, Call::AsyncIo),
    line(libc::SYS_io_uring_register, Call::AsyncIo),
    line(libc::SYS_io_setup, Call::AsyncIo),
    line(libc::SYS_io_submit, Call::AsyncIo),
];

/// The command in the second argument of `futex`, without its flags.
const FUTEX_COMMAND: u32 = 127;

/// Limits that are none, in milliseconds: do not wait, or wait for ever.
const NO_LIMIT: &[u32] = &[0, u32::MAX];

const fn wait(number: libc::c_long, until: Until, tests: &'static [Test]) -> Line {
    line_if(number, Call::TimedWait(until), tests)
}

/// Calls that wait with a limit on time, and of which the observer can tell what ends them. They are reported only where
/// such waits take virtual time.
pub(crate) const WAITS: &[Line] = &[
    wait(libc::SYS_nanosleep, Until::Limit, &[]),
    wait(libc::SYS_clock_nanosleep, Until::Limit, &[]),
    wait(
        libc::SYS_futex,
        Until::WordDiffers {
            address: 0,
            value: 2,
        },
        &[
            Test::OneOf(
                1,
                FUTEX_COMMAND,
                &[
                    unsigned(libc::FUTEX_WAIT),
                    unsigned(libc::FUTEX_WAIT_BITSET),
                ],
            ),
            Test::Given(3),
        ],
    ),
    wait(
        libc::SYS_epoll_pwait,
        Until::EventReady { fd: 0 },
        &[Test::NoneOf(3, NO_LIMIT)],
    ),
    wait(
        libc::SYS_epoll_pwait2,
        Until::EventReady { fd: 0 },
        &[Test::Given(3)],
    ),
    #[cfg(target_arch = "x86_64")]
    wait(
        libc::SYS_epoll_wait,
        Until::EventReady { fd: 0 },
        &[Test::NoneOf(3, NO_LIMIT)],
    ),
];

const TCP: &[Test] = &[Test::Is(1, unsigned(libc::IPPROTO_TCP))];

/// Calls about sockets, which are reported only where there is a server. All attempts to connect are reported: none is
/// carried out by the kernel.
pub(crate) const SOCKETS: &[Line] = &[
    line(libc::SYS_connect, Call::Socket(SocketCall::Connect)),
    line_if(
        libc::SYS_setsockopt,
        Call::Socket(SocketCall::SetOption),
        TCP,
    ),
    line_if(libc::SYS_getsockopt, Call::Socket(SocketCall::Option), TCP),
    line(libc::SYS_getsockname, Call::Socket(SocketCall::OwnAddress)),
    line(libc::SYS_getpeername, Call::Socket(SocketCall::PeerAddress)),
];

/// Calls that wait until a socket has something. They are reported only where there is a server, and waits with a limit on
/// time take virtual time: the socket may have such a limit.
pub(crate) const RECEIVES: &[Line] = &[
    line_if(
        libc::SYS_recvfrom,
        Call::Receive,
        &[Test::HasNot(3, unsigned(libc::MSG_DONTWAIT))],
    ),
    line_if(
        libc::SYS_recvmsg,
        Call::Receive,
        &[Test::HasNot(2, unsigned(libc::MSG_DONTWAIT))],
    ),
];

/// Calls that only x86-64 has.
#[cfg(target_arch = "x86_64")]
pub(crate) const LEGACY: &[Line] = &[
    line(
        libc::SYS_open,
        Call::Open {
            path: Path::Plain(0),
            flags: Flags::Argument(1),
        },
    ),
    line(
        libc::SYS_creat,
        Call::Open {
            path: Path::Plain(0),
            flags: Flags::Fixed(libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC),
        },
    ),
    line(
        libc::SYS_fork,
        Call::Clone {
            flags: Flags::Fixed(0),
        },
    ),
    line(
        libc::SYS_vfork,
        Call::Clone {
            flags: Flags::Fixed(libc::CLONE_VFORK),
        },
    ),
    line(
        libc::SYS_utime,
        Call::SetTimes {
            path: Path::Plain(0),
        },
    ),
    line(
        libc::SYS_utimes,
        Call::SetTimes {
            path: Path::Plain(0),
        },
    ),
    line(libc::SYS_futimesat, Call::SetTimes { path: Path::At(0) }),
    line(
        libc::SYS_unlink,
        Call::Change {
            path: Path::Plain(0),
        },
    ),
    line(
        libc::SYS_rename,
        Call::Change {
            path: Path::Plain(0),
        },
    ),
    line(
        libc::SYS_chmod,
        Call::Change {
            path: Path::Plain(0),
        },
    ),
    line(
        libc::SYS_link,
        Call::Change {
            path: Path::Plain(0),
        },
    ),
];
/// Calls that only x86-64 has: there are none on aarch64.
#[cfg(target_arch = "aarch64")]
pub(crate) const LEGACY: &[Line] = &[];

/// The call with this number, if it is in the table.
pub(crate) fn find(number: i32) -> Option<Call> {
    let number = libc::c_long::from(number);
    COMMON
        .iter()
        .chain(LEGACY)
        .chain(WAITS)
        .chain(SOCKETS)
        .chain(RECEIVES)
        .find(|line| line.number == number)
        .map(|line| line.call)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the kernel ignores the upper half"
)]
fn low_half(argument: u64) -> u32 {
    argument as u32
}

/// The timeout of a call that sleeps. `None` if the call sleeps until something else wakes its thread.
pub(crate) fn timeout_of(number: i64, arguments: [u64; 6]) -> Option<Timeout> {
    let number = libc::c_long::from(number);
    let milliseconds = |i: usize| {
        let value = low_half(arguments[i]);
        (value.cast_signed() >= 0).then_some(Timeout::Milliseconds(value))
    };
    let pointed = |i: usize| (arguments[i] != 0).then_some(Timeout::For(arguments[i]));
    match number {
        libc::SYS_nanosleep => pointed(0),
        libc::SYS_clock_nanosleep => {
            let absolute = arguments[1] & 1 != 0;
            if absolute {
                Some(Timeout::Until {
                    clock: low_half(arguments[0]).cast_signed(),
                    pointer: arguments[2],
                })
            } else {
                pointed(2)
            }
        }
        libc::SYS_futex => {
            const WAIT: u64 = 0;
            const WAIT_BITSET: u64 = 9;
            const REALTIME: u64 = 256;
            match arguments[1] & 127 {
                WAIT => pointed(3),
                WAIT_BITSET if arguments[3] != 0 => Some(Timeout::Until {
                    clock: if arguments[1] & REALTIME == 0 {
                        libc::CLOCK_MONOTONIC
                    } else {
                        libc::CLOCK_REALTIME
                    },
                    pointer: arguments[3],
                }),
                _ => None,
            }
        }
        libc::SYS_ppoll => pointed(2),
        libc::SYS_epoll_pwait => milliseconds(3),
        libc::SYS_epoll_pwait2 => pointed(3),
        libc::SYS_pselect6 => pointed(4),
        libc::SYS_rt_sigtimedwait => pointed(2),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_poll => milliseconds(2),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_epoll_wait => milliseconds(3),
        _ => None,
    }
}

/// The longest time that a call sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timeout {
    /// So many milliseconds from the start of the call.
    Milliseconds(u32),
    /// A span of time from the start of the call, in a `timespec` at this address.
    For(u64),
    /// A point in time on this clock, in a `timespec` at this address.
    Until { clock: i32, pointer: u64 },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_call_is_in_the_table_twice() {
        let mut numbers: Vec<_> = COMMON
            .iter()
            .chain(WAITS)
            .chain(SOCKETS)
            .chain(RECEIVES)
            .chain(LEGACY)
            .map(|l| l.number)
            .collect();
        let all = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), all);
    }

    #[test]
    fn a_sleep_without_end_has_no_timeout() {
        assert_eq!(timeout_of(libc::SYS_futex, [1, 128, 0, 0, 0, 0]), None);
        assert_eq!(
            timeout_of(libc::SYS_futex, [1, 137, 0, 77, 0, 0]),
            Some(Timeout::Until {
                clock: libc::CLOCK_MONOTONIC,
                pointer: 77
            })
        );
        assert_eq!(
            timeout_of(libc::SYS_epoll_pwait, [3, 0, 0, u64::from(u32::MAX), 0, 0]),
            None
        );
        assert_eq!(
            timeout_of(libc::SYS_epoll_pwait, [3, 0, 0, 7, 0, 0]),
            Some(Timeout::Milliseconds(7))
        );
    }
}
