//! The system calls that a job is refused, each with a reason and with arguments to try it harmlessly.
//!
//! # Theory of operation
//!
//! Landlock and the mount namespace decide about paths, because a filter sees only numbers and pointers, and
//! the memory behind a pointer can change after the filter has run. The filter refuses what Landlock allows:
//! signals by other means than `kill`, the limits and the scheduling of other processes, sockets of every
//! family, everything that outlives a process, and parts of the kernel that ordinary programs do not need.
//!
//! There are three kinds of refusal. A family of calls that a program may probe for *does not exist* (ENOSYS),
//! so that the program uses another way. A call that is allowed with some arguments *is not permitted* with
//! others (EPERM). A call that honest programs make and that must not fail *does nothing* and succeeds (0).
//! Calls that are newer than this list do not exist either.
//!
//! Every line belongs to a rule of [`Calls`], which a test can leave out. Its `try_with` are arguments that do
//! no harm where the filter is missing, and for which the kernel then gives another answer than the filter. So
//! a self-test attack can tell for every single line whether the filter has it.
//!
//! Each build runs under this filter as well, so compilers and linkers must keep every call that they need.
//!
//! # Jobs that may connect
//!
//! The filter of such a job has no line for `connect`, because the kernel would take its refusal in place of the
//! monitor's answer: of the answers of two filters it takes the stricter one. The supervisor starts such a job only if
//! the filter of its monitor answers every `connect`, whatever its arguments are. So no address in the job's memory is
//! ever used by the kernel. The other lines leave it TCP sockets of IPv4, and no other way to give one an address.

mod lines;

use std::ffi::c_long;

use self::lines::all_lines;
use crate::{
    bpf::{Answer, Architecture, Case, Condition, Filter},
    job::Stage,
    rule::{Calls, RuleSet},
    tier::Tier,
};

/// The newest call that jobs may use: `mseal`, Linux 6.10. Both architectures number calls alike from
/// 424 on.
const NEWEST: u32 = 462;

/// The jobs that a line holds for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Jobs {
    All,
    /// Not for builds: GNU ld changes the mode of the file that it has linked.
    Runs,
    /// Only where Landlock does not confine signals.
    WeakTier,
    /// Only those that may connect.
    Connecting,
    /// Only those that may not.
    Unconnected,
}

/// What decides which lines hold for a job.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JobKind {
    pub(crate) stage: Stage,
    pub(crate) tier: Tier,
    pub(crate) may_connect: bool,
}

impl Jobs {
    /// Whether a job of this kind is one of them.
    fn contain(self, kind: JobKind) -> bool {
        match self {
            Self::All => true,
            Self::Runs => kind.stage == Stage::Run,
            Self::WeakTier => kind.tier == Tier::Weak,
            Self::Connecting => kind.may_connect,
            Self::Unconnected => !kind.may_connect,
        }
    }
}

/// One line: a call, when it is refused, and how to try it.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// The rule that this line is part of.
    pub(crate) rule: Calls,
    pub(crate) number: c_long,
    /// The condition under which it is refused; `None` if always.
    pub(crate) when: Option<Condition>,
    /// The error that the program gets; 0 for a call that does nothing and succeeds.
    pub(crate) errno: i32,
    /// Arguments with which the call is refused, and harmless where it is not.
    pub(crate) try_with: [u64; 6],
    jobs: Jobs,
}

/// The lines that hold for a job.
pub(crate) fn lines_for(kind: JobKind) -> impl Iterator<Item = Line> {
    all_lines().filter(move |line| line.jobs.contain(kind))
}

/// The filter of a job whose first process has the number `process`, without some rules.
pub(crate) fn filter(kind: JobKind, process: u32, without: RuleSet) -> Vec<libc::sock_filter> {
    let keeps = |rule: Calls| !without.contains(rule);
    let cases = lines_for(kind)
        .filter(|line| keeps(line.rule))
        .map(|line| Case {
            number: u32::try_from(line.number).expect("numbers of calls are small"),
            conditions: match line.number {
                libc::SYS_kill => vec![Condition::IsNot(0, u32::MAX, vec![0, process])],
                libc::SYS_tgkill => vec![Condition::IsNot(0, u32::MAX, vec![process])],
                _ => Vec::from_iter(line.when),
            },
            answer: Answer::Errno(u16::try_from(line.errno).expect("error numbers are small")),
        })
        .collect();
    let filter = Filter {
        only: keeps(Calls::OtherArchitecture).then_some(Architecture::HERE),
        none_from: keeps(Calls::Newer).then_some(NEWEST + 1),
        cases,
    };
    filter.assemble()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpf::interpret;

    const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
    const REFUSE: u32 = libc::SECCOMP_RET_ERRNO;
    const KILL: u32 = libc::SECCOMP_RET_KILL_PROCESS;

    /// The kind of a job that may not connect.
    const fn kind(stage: Stage, tier: Tier) -> JobKind {
        JobKind {
            stage,
            tier,
            may_connect: false,
        }
    }

    /// The kind of a run that may connect.
    const CONNECTING: JobKind = JobKind {
        may_connect: true,
        ..kind(Stage::Run, Tier::Weak)
    };

    fn ask_of(kind: JobKind, without: RuleSet, number: c_long, with: [u64; 6]) -> u32 {
        let number = u32::try_from(number).unwrap();
        interpret(
            &filter(kind, 77, without),
            Architecture::HERE.audit_number(),
            number,
            with,
        )
    }

    fn ask(stage: Stage, tier: Tier, without: RuleSet, number: c_long, with: [u64; 6]) -> u32 {
        ask_of(kind(stage, tier), without, number, with)
    }

    #[test]
    fn every_line_refuses_its_own_try_and_leaving_out_its_rule_lets_it_through() {
        for kind in [kind(Stage::Run, Tier::Weak), CONNECTING] {
            // The other lines of a job that may connect were tried before, and two of its own cover some of them.
            let tried =
                lines_for(kind).filter(|line| !kind.may_connect || line.jobs == Jobs::Connecting);
            for line in tried {
                let with = ask_of(kind, RuleSet::default(), line.number, line.try_with);
                assert_eq!(with, REFUSE | line.errno.unsigned_abs(), "{line:?}");
                let without = RuleSet::from_iter([line.rule.into()]);
                let without = ask_of(kind, without, line.number, line.try_with);
                assert_eq!(without, ALLOW, "{line:?}");
            }
        }
    }

    #[test]
    fn a_job_that_may_connect_has_tcp_sockets_of_ipv4_and_no_other_way_to_an_address() {
        let [v4, v6, unix] = [libc::AF_INET, libc::AF_INET6, libc::AF_UNIX];
        let [stream, datagram] = [libc::SOCK_STREAM, libc::SOCK_DGRAM];
        let flags = stream | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
        let seqpacket = libc::SOCK_SEQPACKET;
        let refused = |number: c_long, with: [i32; 4]| {
            let [a, b, c, d] = with.map(|n| u64::from(n.unsigned_abs()));
            let answer = ask_of(CONNECTING, RuleSet::default(), number, [a, b, c, d, 0, 0]);
            assert!([ALLOW, REFUSE | libc::EPERM.unsigned_abs()].contains(&answer));
            answer != ALLOW
        };
        for (with, expected) in [
            ([v4, stream, 0, 0], false),
            ([v4, flags, libc::IPPROTO_TCP, 0], false),
            ([v4, stream, libc::IPPROTO_MPTCP, 0], true),
            ([v4, stream, libc::IPPROTO_SCTP, 0], true),
            ([v4, datagram, 0, 0], true),
            ([v4, seqpacket, 0, 0], true),
            ([v4, libc::SOCK_RAW, libc::IPPROTO_TCP, 0], true),
            ([v4, stream | 0x10, 0, 0], true),
            ([v6, stream, 0, 0], true),
            ([unix, stream, 0, 0], true),
            ([libc::AF_NETLINK, stream, 0, 0], true),
            ([libc::AF_UNSPEC, stream, 0, 0], true),
        ] {
            assert_eq!(refused(libc::SYS_socket, with), expected, "{with:?}");
        }
        // The monitor's filter answers these.
        assert!(!refused(libc::SYS_connect, [3, 0, 16, 0]));
        let fast = libc::MSG_FASTOPEN;
        for (number, with, expected) in [
            (libc::SYS_bind, [3, 0, 0, 0], true),
            (libc::SYS_listen, [3, 0, 0, 0], true),
            (libc::SYS_accept, [3, 0, 0, 0], true),
            (libc::SYS_accept4, [3, 0, 0, 0], true),
            (libc::SYS_sendto, [3, 0, 5, libc::MSG_NOSIGNAL], false),
            (libc::SYS_sendto, [3, 0, 5, fast], true),
            (libc::SYS_sendmsg, [3, 0, libc::MSG_NOSIGNAL, 0], false),
            (libc::SYS_sendmsg, [3, 0, fast, 0], true),
            (libc::SYS_sendmmsg, [3, 0, 1, fast], true),
            (
                libc::SYS_setsockopt,
                [3, libc::IPPROTO_TCP, libc::TCP_NODELAY, 0],
                false,
            ),
            (
                libc::SYS_setsockopt,
                [3, libc::SOL_SOCKET, libc::SO_RCVTIMEO, 0],
                false,
            ),
            (
                libc::SYS_setsockopt,
                [3, libc::SOL_SOCKET, libc::SO_KEEPALIVE, 0],
                false,
            ),
            (
                libc::SYS_setsockopt,
                [3, libc::IPPROTO_TCP, libc::TCP_FASTOPEN_CONNECT, 0],
                true,
            ),
            (
                libc::SYS_setsockopt,
                [3, libc::IPPROTO_TCP, libc::TCP_REPAIR, 0],
                true,
            ),
            (
                libc::SYS_setsockopt,
                [3, libc::IPPROTO_TCP, libc::TCP_ULP, 0],
                true,
            ),
            (
                libc::SYS_setsockopt,
                [3, libc::IPPROTO_IP, libc::SO_KEEPALIVE, 0],
                true,
            ),
            (
                libc::SYS_setsockopt,
                [3, libc::SOL_SOCKET, libc::SO_BINDTODEVICE, 0],
                true,
            ),
            (
                libc::SYS_setsockopt,
                [3, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, 0],
                true,
            ),
            // FIONREAD, FIONBIO, SIOCGIFCONF.
            (libc::SYS_ioctl, [3, 0x541b, 0, 0], false),
            (libc::SYS_ioctl, [3, 0x5421, 0, 0], false),
            (libc::SYS_ioctl, [3, 0x8912, 0, 0], true),
        ] {
            assert_eq!(refused(number, with), expected, "{number} {with:?}");
        }
        assert_ne!(
            ask(
                Stage::Run,
                Tier::Weak,
                RuleSet::default(),
                libc::SYS_connect,
                [0; 6]
            ),
            ALLOW
        );
    }

    /// A condition as `golden.txt` spells it.
    fn spelled(when: Option<&Condition>) -> String {
        let argument = |argument: u32, mask: u32| match mask {
            u32::MAX => format!("arg{argument}"),
            _ => format!("arg{argument}&{mask:#x}"),
        };
        let list = |values: &[u32]| {
            let texts: Vec<String> = values.iter().map(u32::to_string).collect();
            texts.join(",")
        };
        match when {
            None => "always".into(),
            Some(Condition::Is(n, mask, values)) => {
                format!("{}={}", argument(*n, *mask), list(values))
            }
            Some(Condition::IsNot(n, mask, values)) => {
                format!("{}!={}", argument(*n, *mask), list(values))
            }
            Some(Condition::HasAny(n, bits)) => format!("arg{n}&{bits:#x}"),
            Some(Condition::HasNone(n, bits)) => format!("!arg{n}&{bits:#x}"),
            Some(Condition::Given(n)) => format!("arg{n}!=null"),
        }
    }

    #[test]
    fn the_lines_are_those_of_the_table() {
        let own_column = if cfg!(target_arch = "x86_64") { 2 } else { 3 };
        let mut expected = Vec::new();
        for row in include_str!("golden.txt").lines() {
            let fields: Vec<&str> = row.split_whitespace().collect();
            if !row.starts_with('#') && fields[own_column] != "-" {
                let [rule, _, _, _, when, errno, jobs] = fields[..] else {
                    panic!("{row}");
                };
                let number = fields[own_column];
                expected.push(format!("{rule} {number} {when} {errno} {jobs}"));
            }
        }
        let mut found: Vec<String> = all_lines()
            .map(|line| {
                let errno = match line.errno {
                    libc::ENOSYS => "ENOSYS",
                    libc::EPERM => "EPERM",
                    0 => "done",
                    _ => "another",
                };
                let jobs = match line.jobs {
                    Jobs::All => "everywhere",
                    Jobs::Runs => "runs",
                    Jobs::WeakTier => "weak",
                    Jobs::Connecting => "connecting",
                    Jobs::Unconnected => "unconnected",
                };
                let (rule, number, when) =
                    (line.rule.as_str(), line.number, spelled(line.when.as_ref()));
                format!("{rule} {number} {when} {errno} {jobs}")
            })
            .collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected);
    }

    #[test]
    fn lines_hold_at_the_stages_and_tiers_of_the_table() {
        for (stage, tier) in [
            (Stage::Run, Tier::Full),
            (Stage::Run, Tier::Confined),
            (Stage::Run, Tier::Weak),
            (Stage::Build, Tier::Full),
            (Stage::Build, Tier::Confined),
            (Stage::Build, Tier::Weak),
        ] {
            for line in all_lines() {
                let holds = match line.jobs {
                    // A job that may not connect has a stricter line for the same call.
                    Jobs::All | Jobs::Unconnected => true,
                    Jobs::Connecting if line.number == libc::SYS_socket => true,
                    Jobs::Connecting => false,
                    Jobs::Runs => stage == Stage::Run,
                    Jobs::WeakTier => tier == Tier::Weak,
                };
                let answer = ask(stage, tier, RuleSet::default(), line.number, line.try_with);
                let refused = answer == REFUSE | line.errno.unsigned_abs();
                assert_eq!(refused, holds, "{stage:?} {tier}: {line:?}");
            }
        }
    }

    #[test]
    fn calls_of_another_architecture_are_deadly_while_the_rule_is_there() {
        let ask = |without: RuleSet| {
            let i386 = 0x4000_0003;
            let filter = filter(kind(Stage::Run, Tier::Full), 77, without);
            interpret(&filter, i386, 20, [0; 6])
        };
        assert_eq!(ask(RuleSet::default()), KILL);
        assert_eq!(
            ask(RuleSet::from_iter([Calls::OtherArchitecture.into()])),
            ALLOW
        );
    }

    #[test]
    fn signals_reach_oneself_and_ones_group_and_nobody_else() {
        let kill = |to: u64| {
            ask(
                Stage::Run,
                Tier::Weak,
                RuleSet::default(),
                libc::SYS_kill,
                [to, 9, 0, 0, 0, 0],
            )
        };
        let thread = |of: u64| {
            ask(
                Stage::Run,
                Tier::Weak,
                RuleSet::default(),
                libc::SYS_tgkill,
                [of, of, 9, 0, 0, 0],
            )
        };
        let everybody = (-1_i64).cast_unsigned();
        let other_group = (-78_i64).cast_unsigned();
        for allowed in [kill(77), kill(0), thread(77)] {
            assert_eq!(allowed, ALLOW);
        }
        for refused in [
            kill(78),
            kill(1),
            kill(everybody),
            kill(other_group),
            thread(0),
            thread(78),
        ] {
            assert_eq!(refused, REFUSE | libc::EPERM.unsigned_abs());
        }
    }

    #[test]
    fn what_honest_programs_do_is_allowed() {
        for (number, with) in [
            (libc::SYS_read, [0; 6]),
            (libc::SYS_openat, [0, 0, 0o2_100_102, 0o600, 0, 0]),
            (libc::SYS_openat, [0, 0, 0o1_101, 0o600, 0, 0]),
            (libc::SYS_openat, [0, 0, 0o10_000_000, 0, 0, 0]),
            (libc::SYS_flock, [3, 2, 0, 0, 0, 0]),
            (libc::SYS_socketpair, [1, 1 | 0o2_000_000, 0, 0, 0, 0]),
            (libc::SYS_prlimit64, [0, 7, 0, 0, 0, 0]),
            (libc::SYS_clone, [0x003d_0f00, 0, 0, 0, 0, 0]),
            (libc::SYS_kill, [77, 6, 0, 0, 0, 0]),
            (libc::SYS_tgkill, [77, 78, 6, 0, 0, 0]),
            (libc::SYS_utimensat, [3, 0, 0, 0, 0, 0]),
            (libc::SYS_ioctl, [1, 0x5401, 0, 0, 0, 0]),
            (libc::SYS_sched_setaffinity, [0, 8, 0, 0, 0, 0]),
        ] {
            assert_eq!(
                ask(Stage::Run, Tier::Weak, RuleSet::default(), number, with),
                ALLOW,
                "{number}"
            );
        }
        let chmod = |stage| {
            ask(
                stage,
                Tier::Full,
                RuleSet::default(),
                libc::SYS_fchmodat,
                [0; 6],
            )
        };
        assert_eq!(chmod(Stage::Build), ALLOW);
        assert_ne!(chmod(Stage::Run), ALLOW);
    }

    #[test]
    fn signals_are_free_where_landlock_confines_them() {
        let kill = |tier| {
            ask(
                Stage::Run,
                tier,
                RuleSet::default(),
                libc::SYS_kill,
                [1, 9, 0, 0, 0, 0],
            )
        };
        assert_eq!(kill(Tier::Confined), ALLOW);
        assert_ne!(kill(Tier::Weak), ALLOW);
    }
}
