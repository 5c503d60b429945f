//! The seccomp filter of the observed program: it reports the calls of the table to the observer.
//!
//! It decides nothing about safety, and allows every call that is not in the table. The calls of another architecture
//! have other numbers, and would not be reported. So a call with 32 bits kills the program, and the calls of x32 fail
//! as if the kernel did not have them.

use sandbox::bpf::{Answer, Architecture, Case, Condition, Filter};

use crate::{
    options::Scope,
    seccomp::syscall_table::{COMMON, Call, Flags, LEGACY, Line, RECEIVES, SOCKETS, Test, WAITS},
};

/// The filter of a program of which this is seen. `has_timed_waits` says whether waits with a limit on time are seen as
/// well, and `has_server` whether calls about sockets are.
pub(crate) fn here(scope: Scope, has_timed_waits: bool, has_server: bool) -> Filter {
    let waits = if has_timed_waits { WAITS } else { &[] };
    let sockets = if has_server { SOCKETS } else { &[] };
    let receives = if has_timed_waits && has_server {
        RECEIVES
    } else {
        &[]
    };
    let lines = COMMON
        .iter()
        .chain(waits)
        .chain(LEGACY)
        .chain(sockets)
        .chain(receives)
        .copied();
    filter(
        Architecture::HERE,
        lines.filter_map(|line| within(line, scope)),
    )
}

/// A line of the table as it is in the filter for `scope`, if it is there at all.
fn within(line: Line, scope: Scope) -> Option<Line> {
    match (scope, line.call) {
        (Scope::Reads { has_kernel_files }, Call::Open { flags, .. }) => {
            Some(opens(line, flags, has_kernel_files, &CHANGING))
        }
        (Scope::Surroundings { has_kernel_files }, Call::Open { flags, .. }) => {
            let may_matter = has_kernel_files || !matches!(flags, Flags::Fixed(_));
            may_matter.then(|| opens(line, flags, has_kernel_files, &WITHOUT_ATIME))
        }
        (Scope::Reads { .. }, _)
        | (
            _,
            Call::GetAffinity | Call::SetAffinity | Call::AsyncIo | Call::NoAtime | Call::Socket(_),
        ) => Some(line),
        (Scope::Surroundings { .. }, _) => None,
    }
}

/// The line of a call that opens a file: all such calls if the program can open files of the kernel, else those for
/// which one of `tests` holds. Flags in the program's memory are not visible to the filter, so these calls are always
/// reported.
fn opens(line: Line, flags: Flags, has_kernel_files: bool, tests: &'static [[Test; 1]; 2]) -> Line {
    match flags {
        Flags::Argument(argument) if !has_kernel_files => Line {
            tests: &tests[usize::from(argument == 2)],
            ..line
        },
        _ => line,
    }
}

/// The flag `O_NOATIME` is set, in the second or in the third argument.
const WITHOUT_ATIME: [[Test; 1]; 2] = {
    let flags = libc::O_NOATIME.cast_unsigned();
    [[Test::Has(1, flags)], [Test::Has(2, flags)]]
};

/// The flags, in the second or in the third argument, let the program change the file or hide that it reads it.
const CHANGING: [[Test; 1]; 2] = {
    let flags = libc::O_NOATIME | libc::O_WRONLY | libc::O_RDWR | libc::O_TRUNC;
    let flags = flags.cast_unsigned();
    [[Test::Has(1, flags)], [Test::Has(2, flags)]]
};

/// The filter for the calls in `lines`, by their numbers on an architecture.
fn filter(architecture: Architecture, lines: impl IntoIterator<Item = Line>) -> Filter {
    let cases = lines.into_iter().map(|line| Case {
        number: u32::try_from(line.number).expect("numbers of calls are small"),
        conditions: line.tests.iter().map(condition).collect(),
        answer: Answer::Notify,
    });
    Filter {
        only: Some(architecture),
        none_from: architecture.second_table(),
        cases: cases.collect(),
    }
}

fn condition(test: &Test) -> Condition {
    match *test {
        Test::Is(argument, value) => Condition::Is(argument, u32::MAX, vec![value]),
        Test::Has(argument, bits) => Condition::HasAny(argument, bits),
        Test::HasNot(argument, bits) => Condition::HasNone(argument, bits),
        Test::OneOf(argument, mask, values) => Condition::Is(argument, mask, values.to_vec()),
        Test::NoneOf(argument, values) => Condition::IsNot(argument, u32::MAX, values.to_vec()),
        Test::Given(argument) => Condition::Given(argument),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sandbox::bpf::interpret;

    const BOTH: [Architecture; 2] = [Architecture::X86_64, Architecture::Aarch64];

    fn run(architecture: Architecture, number: libc::c_long, arguments: [u64; 6]) -> u32 {
        let filter = filter(architecture, COMMON.iter().chain(LEGACY).copied()).assemble();
        let number = u32::try_from(number).unwrap();
        interpret(&filter, architecture.audit_number(), number, arguments)
    }

    #[test]
    fn the_filter_reports_the_calls_of_the_table_and_no_others() {
        for architecture in BOTH {
            let here = |number, arguments| run(architecture, number, arguments);
            let (report, allow) = (libc::SECCOMP_RET_USER_NOTIF, libc::SECCOMP_RET_ALLOW);
            for line in COMMON.iter().chain(LEGACY).filter(|l| l.tests.is_empty()) {
                assert_eq!(here(line.number, [0; 6]), report, "{line:?}");
            }
            assert_eq!(here(libc::SYS_write, [0; 6]), allow);
            assert_eq!(here(libc::SYS_futex, [0; 6]), allow);
            let anonymous = libc::MAP_ANONYMOUS.cast_unsigned().into();
            assert_eq!(here(libc::SYS_mmap, [0, 0, 0, anonymous, 3, 0]), allow);
            assert_eq!(here(libc::SYS_mmap, [0, 0, 0, 2, 3, 0]), report);
            // The position of a descriptor is looked up when it is read.
            assert_eq!(here(libc::SYS_lseek, [3, 0, 0, 0, 0, 0]), allow);
            let setfl = libc::F_SETFL.cast_unsigned().into();
            let noatime = libc::O_NOATIME.cast_unsigned().into();
            assert_eq!(here(libc::SYS_fcntl, [3, setfl, noatime, 0, 0, 0]), report);
            assert_eq!(here(libc::SYS_fcntl, [3, setfl, 0, 0, 0, 0]), allow);
            assert_eq!(here(libc::SYS_fcntl, [3, 1, noatime, 0, 0, 0]), allow);
            let dumpable = libc::PR_SET_DUMPABLE.cast_unsigned().into();
            assert_eq!(here(libc::SYS_prctl, [dumpable, 0, 0, 0, 0, 0]), report);
            assert_eq!(here(libc::SYS_prctl, [dumpable, 1, 0, 0, 0, 0]), allow);
        }
    }

    /// Decides every call by the table alone, and compares with the filter's answer.
    #[test]
    fn the_filter_decides_every_number_and_argument_as_the_table_does() {
        let mut values: Vec<u64> = vec![0, 1, u64::MAX, 1 << 32];
        for line in COMMON.iter().chain(WAITS).chain(LEGACY) {
            for test in line.tests {
                let of_test = match test {
                    Test::Is(_, value) | Test::Has(_, value) | Test::HasNot(_, value) => {
                        std::slice::from_ref(value)
                    }
                    Test::OneOf(_, _, values) | Test::NoneOf(_, values) => values,
                    Test::Given(_) => &[0],
                };
                for &value in of_test {
                    let value = u64::from(value);
                    values.extend([value, value + 1, !value, value | 1 << 32, value | 1 << 30]);
                }
            }
        }
        values.sort_unstable();
        values.dedup();
        let is_reported = |number: u32, arguments: [u64; 6]| {
            let mut lines = COMMON.iter().chain(WAITS).chain(LEGACY);
            lines
                .find(|line| line.number == libc::c_long::from(number))
                .is_some_and(|line| {
                    line.tests.iter().all(|test| {
                        let low = |argument: u32| arguments[argument as usize] & 0xffff_ffff;
                        match *test {
                            Test::Is(argument, value) => low(argument) == u64::from(value),
                            Test::Has(argument, bits) => low(argument) & u64::from(bits) != 0,
                            Test::HasNot(argument, bits) => low(argument) & u64::from(bits) == 0,
                            Test::OneOf(argument, mask, values) => values
                                .iter()
                                .any(|&value| low(argument) & u64::from(mask) == u64::from(value)),
                            Test::NoneOf(argument, values) => !values
                                .iter()
                                .any(|&value| low(argument) == u64::from(value)),
                            Test::Given(argument) => arguments[argument as usize] != 0,
                        }
                    })
                })
        };
        for architecture in BOTH {
            let filter = filter(
                architecture,
                COMMON.iter().chain(WAITS).chain(LEGACY).copied(),
            )
            .assemble();
            let mut reported = 0;
            for number in 0..600 {
                for &first in &values {
                    for &second in &values {
                        for arguments in [
                            [first, second, 0, 0, 0, 0],
                            [0, first, second, 0, 0, 0],
                            [0, 0, second, first, 0, 0],
                        ] {
                            let expected = if is_reported(number, arguments) {
                                reported += 1;
                                libc::SECCOMP_RET_USER_NOTIF
                            } else {
                                libc::SECCOMP_RET_ALLOW
                            };
                            let own = architecture.audit_number();
                            let answer = interpret(&filter, own, number, arguments);
                            assert_eq!(
                                answer, expected,
                                "{architecture:?} {number} {arguments:x?}"
                            );
                        }
                    }
                }
            }
            assert!(reported > 0);
        }
    }

    #[test]
    fn of_a_program_whose_reads_are_not_observed_only_the_surroundings_are_seen() {
        let reported = |has_kernel_files, number: libc::c_long, arguments| {
            let filter = here(Scope::Surroundings { has_kernel_files }, false, false).assemble();
            let own = Architecture::HERE.audit_number();
            let number = u32::try_from(number).unwrap();
            interpret(&filter, own, number, arguments) == libc::SECCOMP_RET_USER_NOTIF
        };
        let noatime = libc::O_NOATIME.cast_unsigned().into();
        for has_kernel_files in [false, true] {
            let is = |number, arguments| reported(has_kernel_files, number, arguments);
            for number in [
                libc::SYS_sched_getaffinity,
                libc::SYS_sched_setaffinity,
                libc::SYS_io_uring_setup,
                libc::SYS_openat2,
            ] {
                assert!(is(number, [0; 6]), "{number}");
            }
            for number in [
                libc::SYS_read,
                libc::SYS_mmap,
                libc::SYS_clone3,
                libc::SYS_exit,
            ] {
                assert!(!is(number, [0; 6]), "{number}");
            }
            assert!(is(libc::SYS_openat, [0, 0, noatime, 0, 0, 0]));
            assert_eq!(is(libc::SYS_openat, [0; 6]), has_kernel_files);
        }
    }

    #[test]
    fn opens_that_only_read_are_seen_where_there_are_files_of_the_kernel() {
        let reported = |has_kernel_files, number: libc::c_long, arguments| {
            let filter = here(Scope::Reads { has_kernel_files }, false, false).assemble();
            let own = Architecture::HERE.audit_number();
            let number = u32::try_from(number).unwrap();
            interpret(&filter, own, number, arguments) == libc::SECCOMP_RET_USER_NOTIF
        };
        let open = |has_kernel_files, flags: i32| {
            let flags = flags.cast_unsigned().into();
            reported(has_kernel_files, libc::SYS_openat, [0, 0, flags, 0, 0, 0])
        };
        assert!(open(true, 0) && !open(false, 0));
        assert!(!open(false, libc::O_CLOEXEC | libc::O_DIRECTORY));
        for flag in [libc::O_NOATIME, libc::O_WRONLY, libc::O_RDWR, libc::O_TRUNC] {
            assert!(open(false, flag | libc::O_CLOEXEC), "{flag:x}");
        }
        for number in [libc::SYS_openat2, libc::SYS_read, libc::SYS_unlinkat] {
            assert!(reported(false, number, [0; 6]), "{number}");
        }
        #[cfg(target_arch = "x86_64")]
        {
            let written = libc::O_WRONLY.cast_unsigned().into();
            assert!(reported(false, libc::SYS_open, [0, written, 0, 0, 0, 0]));
            assert!(!reported(false, libc::SYS_open, [0, 0, written, 0, 0, 0]));
            assert!(reported(false, libc::SYS_creat, [0; 6]));
        }
    }

    #[test]
    fn waits_with_a_limit_are_seen_only_where_they_take_virtual_time() {
        let reported = |has_timed_waits, number: libc::c_long, arguments| {
            let reads = Scope::Reads {
                has_kernel_files: false,
            };
            let filter = here(reads, has_timed_waits, false).assemble();
            let own = Architecture::HERE.audit_number();
            let number = u32::try_from(number).unwrap();
            interpret(&filter, own, number, arguments) == libc::SECCOMP_RET_USER_NOTIF
        };
        let futex = |command: i32, limit| [7, command.cast_unsigned().into(), 0, limit, 0, 0];
        let forever = u64::from(u32::MAX);
        for (number, arguments, is_limited) in [
            (libc::SYS_futex, futex(libc::FUTEX_WAIT | 128, 9), true),
            (
                libc::SYS_futex,
                futex(libc::FUTEX_WAIT_BITSET, 1 << 40),
                true,
            ),
            (
                libc::SYS_futex,
                futex(libc::FUTEX_WAIT_BITSET | 128, 0),
                false,
            ),
            (libc::SYS_futex, futex(libc::FUTEX_WAKE | 128, 9), false),
            (libc::SYS_epoll_pwait, [3, 7, 8, 100, 0, 0], true),
            (libc::SYS_epoll_pwait, [3, 7, 8, forever, 0, 0], false),
            (libc::SYS_epoll_pwait, [3, 7, 8, 0, 0, 0], false),
            (libc::SYS_epoll_pwait2, [3, 7, 8, 9, 0, 0], true),
            (libc::SYS_nanosleep, [9, 0, 0, 0, 0, 0], true),
            (libc::SYS_clock_nanosleep, [1, 0, 9, 0, 0, 0], true),
        ] {
            assert_eq!(reported(true, number, arguments), is_limited, "{number}");
            assert!(!reported(false, number, arguments), "{number}");
        }
    }

    #[test]
    fn every_attempt_to_connect_is_reported_where_there_is_a_server() {
        let reads = Scope::Reads {
            has_kernel_files: false,
        };
        let surroundings = Scope::Surroundings {
            has_kernel_files: false,
        };
        for scope in [reads, surroundings] {
            for has_server in [false, true] {
                let filter = here(scope, false, has_server).assemble();
                let own = Architecture::HERE.audit_number();
                let is_reported = |number: libc::c_long, with| {
                    let number = u32::try_from(number).unwrap();
                    interpret(&filter, own, number, with) == libc::SECCOMP_RET_USER_NOTIF
                };
                let tcp = libc::IPPROTO_TCP.cast_unsigned().into();
                for with in [[0; 6], [3, 7, 16, 0, 0, 0], [u64::MAX; 6]] {
                    assert_eq!(is_reported(libc::SYS_connect, with), has_server);
                }
                for number in [libc::SYS_setsockopt, libc::SYS_getsockopt] {
                    assert_eq!(is_reported(number, [3, tcp, 1, 0, 0, 0]), has_server);
                    assert!(!is_reported(number, [3, 1, 1, 0, 0, 0]));
                }
                assert_eq!(is_reported(libc::SYS_getpeername, [3; 6]), has_server);
                assert!(!is_reported(libc::SYS_recvfrom, [3; 6]));
            }
        }
    }

    #[test]
    fn calls_that_wait_at_a_socket_are_seen_where_the_server_and_timed_waits_are() {
        let reads = Scope::Reads {
            has_kernel_files: false,
        };
        let surroundings = Scope::Surroundings {
            has_kernel_files: false,
        };
        let dont_wait = libc::MSG_DONTWAIT.cast_unsigned().into();
        for scope in [reads, surroundings] {
            for (has_timed_waits, has_server) in [(true, true), (true, false), (false, true)] {
                let filter = here(scope, has_timed_waits, has_server).assemble();
                let own = Architecture::HERE.audit_number();
                let is_reported = |number: libc::c_long, with| {
                    let number = u32::try_from(number).unwrap();
                    interpret(&filter, own, number, with) == libc::SECCOMP_RET_USER_NOTIF
                };
                let expected = scope == reads && has_timed_waits && has_server;
                assert_eq!(is_reported(libc::SYS_recvfrom, [3; 6]), expected);
                assert_eq!(is_reported(libc::SYS_recvmsg, [3; 6]), expected);
                assert!(!is_reported(libc::SYS_recvfrom, [3, 7, 9, dont_wait, 0, 0]));
                assert!(!is_reported(libc::SYS_recvmsg, [3, 7, dont_wait, 0, 0, 0]));
            }
        }
    }

    #[test]
    fn calls_of_another_architecture_do_not_pass() {
        for architecture in BOTH {
            let filter = filter(architecture, COMMON.iter().copied()).assemble();
            let read = u32::try_from(libc::SYS_read).unwrap();
            let kill = libc::SECCOMP_RET_KILL_PROCESS;
            for other in [0x4000_0003, 0xc000_003e, 0xc000_00b7, 0x4000_0028] {
                let is_own = other == architecture.audit_number();
                let answer = interpret(&filter, other, read, [0; 6]);
                assert_eq!(answer == kill, !is_own, "{architecture:?} {other:#x}");
            }
        }
        let refused = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.cast_unsigned();
        for number in [0x4000_0000, 0x4000_0000 + libc::SYS_read, 0x7fff_ffff] {
            assert_eq!(run(Architecture::X86_64, number, [0; 6]), refused);
        }
    }
}
