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
pub(crate) fn lines_for(stage: Stage, tier: Tier) -> impl Iterator<Item = Line> {
    all_lines().filter(move |line| match line.jobs {
        Jobs::All => true,
        Jobs::Runs => stage == Stage::Run,
        Jobs::WeakTier => tier == Tier::Weak,
    })
}

/// The filter of a job whose first process has the number `process`, without some rules.
pub(crate) fn filter(
    stage: Stage,
    tier: Tier,
    process: u32,
    without: RuleSet,
) -> Vec<libc::sock_filter> {
    let keeps = |rule: Calls| !without.contains(rule);
    let cases = lines_for(stage, tier)
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

    fn ask(stage: Stage, tier: Tier, without: RuleSet, number: c_long, with: [u64; 6]) -> u32 {
        let number = u32::try_from(number).unwrap();
        interpret(
            &filter(stage, tier, 77, without),
            Architecture::HERE.audit_number(),
            number,
            with,
        )
    }

    #[test]
    fn every_line_refuses_its_own_try_and_leaving_out_its_rule_lets_it_through() {
        for line in lines_for(Stage::Run, Tier::Weak) {
            let with = ask(
                Stage::Run,
                Tier::Weak,
                RuleSet::default(),
                line.number,
                line.try_with,
            );
            assert_eq!(with, REFUSE | line.errno.unsigned_abs(), "{line:?}");
            let without = RuleSet::from_iter([line.rule.into()]);
            let without = ask(Stage::Run, Tier::Weak, without, line.number, line.try_with);
            assert_eq!(without, ALLOW, "{line:?}");
        }
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
                    Jobs::All => true,
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
            let filter = filter(Stage::Run, Tier::Full, 77, without);
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
