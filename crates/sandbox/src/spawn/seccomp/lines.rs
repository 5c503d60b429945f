//! The policy as one table: for each rule its calls, when they are refused, and how an attack tries them.
//!
//! Never assembles a filter. `golden.txt` lists the same lines a second time, written by hand, so a test
//! notices a line that is lost or changed.

mod sockets;

use std::ffi::c_long;

use self::sockets::{datagrams, sockets};
use super::{Jobs, Line};
use crate::{bpf::Condition, rule::Calls};

/// A value that is no valid pointer, descriptor, process or option.
const BAD: u64 = u64::MAX;

/// The number of a process that does not exist.
const NO_PROCESS: u64 = 0x7fff_fffe;

/// Every line of every rule, for all stages and tiers.
pub(crate) fn all_lines() -> impl Iterator<Item = Line> {
    Calls::ALL.iter().flat_map(|&rule| lines_of(rule))
}

/// The lines of a rule.
fn lines_of(rule: Calls) -> Vec<Line> {
    match rule {
        // These two are fields of the whole filter, not lines.
        Calls::OtherArchitecture | Calls::Newer => Vec::new(),
        Calls::Ptrace => absent(rule, &[libc::SYS_ptrace]),
        Calls::MemoryOfOthers => absent(
            rule,
            &[
                libc::SYS_process_vm_readv,
                libc::SYS_process_vm_writev,
                libc::SYS_process_madvise,
                libc::SYS_process_mrelease,
                libc::SYS_kcmp,
                libc::SYS_migrate_pages,
                libc::SYS_move_pages,
            ],
        ),
        Calls::DescriptorsOfOthers => absent(rule, &[libc::SYS_pidfd_getfd]),
        Calls::IoUring => absent(
            rule,
            &[
                libc::SYS_io_uring_setup,
                libc::SYS_io_uring_enter,
                libc::SYS_io_uring_register,
            ],
        ),
        Calls::Userfaultfd => absent(rule, &[libc::SYS_userfaultfd]),
        Calls::Perf => absent(rule, &[libc::SYS_perf_event_open]),
        Calls::Bpf => absent(rule, &[libc::SYS_bpf]),
        Calls::Keyrings => absent(
            rule,
            &[libc::SYS_keyctl, libc::SYS_add_key, libc::SYS_request_key],
        ),
        Calls::Mounts => mounts(rule),
        Calls::Namespaces => namespaces(rule),
        // A filter cannot read its flags, which a pointer leads to. C libraries fall back to clone.
        Calls::Clone3 => absent(rule, &[libc::SYS_clone3]),
        Calls::SystemVIpc => system_v_ipc(rule),
        Calls::MessageQueues => absent(
            rule,
            &[libc::SYS_mq_open, libc::SYS_mq_unlink, libc::SYS_mq_notify],
        ),
        Calls::WatchingFiles => watching_files(rule),
        Calls::MemoryFiles => absent(rule, &[libc::SYS_memfd_create, libc::SYS_memfd_secret]),
        Calls::FileHandles => absent(
            rule,
            &[libc::SYS_open_by_handle_at, libc::SYS_name_to_handle_at],
        ),
        Calls::OwnRestrictions => own_restrictions(rule),
        Calls::Administration => administration(rule),
        // Without the filter, the kernel finds no process of the number BAD: ESRCH.
        Calls::LimitsOfOthers => vec![barred(
            rule,
            libc::SYS_prlimit64,
            of_others(),
            [BAD, BAD, 0, 0, 0, 0],
        )],
        Calls::SchedulingOfOthers => scheduling_of_others(rule),
        Calls::SignalsByFiles => signals_by_files(rule),
        Calls::Signals => signals(rule),
        Calls::Sockets => sockets(rule),
        Calls::Datagrams => datagrams(rule),
        Calls::AccessModes => access_modes(rule),
        Calls::CuttingFiles => cutting_files(rule),
        Calls::Owners => owners(rule),
        Calls::Times => times(rule),
        Calls::SpecialFiles => special_files(rule),
        Calls::Attributes => forbidden(
            rule,
            &[
                libc::SYS_setxattr,
                libc::SYS_lsetxattr,
                libc::SYS_fsetxattr,
                libc::SYS_removexattr,
                libc::SYS_lremovexattr,
                libc::SYS_fremovexattr,
            ],
        ),
        Calls::Modes => modes(rule),
        // TIOCSTI types for the user, TIOCLINUX pastes for the user, and TIOCSCTTY takes control of a terminal.
        Calls::Terminal => [0x5412, 0x541c, 0x540e]
            .map(|request| ioctl(rule, request))
            .into(),
        // Programs may still ask for their personality. The attack sets the personality that it has already.
        Calls::Personality => vec![barred(
            rule,
            libc::SYS_personality,
            Condition::IsNot(0, u32::MAX, vec![u32::MAX]),
            [0; 6],
        )],
    }
}

/// Calls that do not exist for a job.
fn absent(rule: Calls, numbers: &[c_long]) -> Vec<Line> {
    always(rule, numbers, libc::ENOSYS)
}

/// Calls that are never permitted.
fn forbidden(rule: Calls, numbers: &[c_long]) -> Vec<Line> {
    always(rule, numbers, libc::EPERM)
}

fn always(rule: Calls, numbers: &[c_long], errno: i32) -> Vec<Line> {
    let line = |&number| Line {
        rule,
        number,
        when: None,
        errno,
        try_with: [BAD; 6],
        jobs: Jobs::All,
    };
    numbers.iter().map(line).collect()
}

/// The same lines, with these arguments to try them.
fn trying_with(
    try_with: [u64; 6],
    lines: impl IntoIterator<Item = Line>,
) -> impl Iterator<Item = Line> {
    lines.into_iter().map(move |line| Line { try_with, ..line })
}

/// The same lines, which hold for some jobs only.
fn only(jobs: Jobs, lines: impl IntoIterator<Item = Line>) -> impl Iterator<Item = Line> {
    lines.into_iter().map(move |line| Line { jobs, ..line })
}

/// One call that is not permitted under a condition.
fn barred(rule: Calls, number: c_long, when: Condition, try_with: [u64; 6]) -> Line {
    Line {
        rule,
        number,
        when: Some(when),
        errno: libc::EPERM,
        try_with,
        jobs: Jobs::All,
    }
}

/// One command of fcntl that is not permitted.
fn fcntl(rule: Calls, command: libc::c_int) -> Line {
    let command = command.unsigned_abs();
    barred(
        rule,
        libc::SYS_fcntl,
        Condition::Is(1, u32::MAX, vec![command]),
        [BAD, u64::from(command), 0, 0, 0, 0],
    )
}

/// One request of ioctl that is not permitted.
fn ioctl(rule: Calls, request: u32) -> Line {
    barred(
        rule,
        libc::SYS_ioctl,
        Condition::Is(1, u32::MAX, vec![request]),
        [BAD, u64::from(request), 0, 0, 0, 0],
    )
}

/// One option of prctl that is not permitted.
fn prctl(rule: Calls, option: libc::c_int) -> Line {
    let option = option.unsigned_abs();
    barred(
        rule,
        libc::SYS_prctl,
        Condition::Is(0, u32::MAX, vec![option]),
        [u64::from(option), BAD, BAD, BAD, BAD, 0],
    )
}

/// The condition that the first argument is a process other than the caller. 0 stands for the caller.
fn of_others() -> Condition {
    Condition::IsNot(0, u32::MAX, vec![0])
}

fn mounts(rule: Calls) -> Vec<Line> {
    absent(
        rule,
        &[
            libc::SYS_mount,
            libc::SYS_umount2,
            libc::SYS_pivot_root,
            libc::SYS_chroot,
            libc::SYS_open_tree,
            libc::SYS_move_mount,
            libc::SYS_fsopen,
            libc::SYS_fsconfig,
            libc::SYS_fsmount,
            libc::SYS_fspick,
            libc::SYS_mount_setattr,
            // statmount and listmount, which libc does not name on every system.
            457,
            458,
        ],
    )
}

fn namespaces(rule: Calls) -> Vec<Line> {
    // CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
    let new_namespaces = 0x0002_0000 | 0x7e00_0000;
    // CLONE_THREAD needs other flags. Without them the kernel answers EINVAL and makes nothing.
    let invalid = u64::from(libc::CLONE_THREAD.unsigned_abs() | libc::CLONE_NEWUSER.unsigned_abs());
    let mut lines = absent(rule, &[libc::SYS_setns]);
    lines.push(barred(
        rule,
        libc::SYS_clone,
        Condition::HasAny(0, new_namespaces),
        [invalid, 0, 0, 0, 0, 0],
    ));
    let unshare = forbidden(rule, &[libc::SYS_unshare]);
    lines.extend(trying_with([0; 6], unshare));
    lines
}

fn system_v_ipc(rule: Calls) -> Vec<Line> {
    let mut lines = absent(
        rule,
        &[
            libc::SYS_shmget,
            libc::SYS_shmat,
            libc::SYS_shmctl,
            libc::SYS_msgsnd,
            libc::SYS_msgrcv,
            libc::SYS_msgctl,
            libc::SYS_semget,
            libc::SYS_semop,
            libc::SYS_semtimedop,
            libc::SYS_semctl,
        ],
    );
    // With every flag set, msgget would make a queue. So the attack sets none.
    let msgget = absent(rule, &[libc::SYS_msgget]);
    lines.extend(trying_with([BAD, 0, BAD, BAD, BAD, BAD], msgget));
    lines
}

fn watching_files(rule: Calls) -> Vec<Line> {
    // A command that libc does not name on every system.
    const F_NOTIFY: libc::c_int = 1026;
    let mut lines = absent(
        rule,
        &[
            libc::SYS_inotify_init1,
            libc::SYS_inotify_add_watch,
            libc::SYS_fanotify_init,
            libc::SYS_fanotify_mark,
        ],
    );
    let numbers = [
        #[cfg(target_arch = "x86_64")]
        libc::SYS_inotify_init,
    ];
    // This call takes no arguments.
    lines.extend(trying_with([0; 6], absent(rule, &numbers)));
    lines.push(fcntl(rule, F_NOTIFY));
    lines
}

/// Filters and Landlock restrictions that the job makes for itself, and hiding its memory from the supervisor.
fn own_restrictions(rule: Calls) -> Vec<Line> {
    let mut lines = absent(
        rule,
        &[
            libc::SYS_seccomp,
            libc::SYS_landlock_create_ruleset,
            libc::SYS_landlock_add_rule,
            libc::SYS_landlock_restrict_self,
        ],
    );
    lines.push(prctl(rule, libc::PR_SET_SECCOMP));
    lines.push(prctl(rule, libc::PR_SET_DUMPABLE));
    lines
}

fn administration(rule: Calls) -> Vec<Line> {
    let mut lines = absent(
        rule,
        &[
            libc::SYS_reboot,
            libc::SYS_kexec_load,
            libc::SYS_kexec_file_load,
            libc::SYS_init_module,
            libc::SYS_finit_module,
            libc::SYS_delete_module,
            libc::SYS_acct,
            libc::SYS_swapon,
            libc::SYS_swapoff,
            libc::SYS_quotactl,
            libc::SYS_quotactl_fd,
            libc::SYS_settimeofday,
            libc::SYS_clock_settime,
            libc::SYS_clock_adjtime,
            libc::SYS_adjtimex,
            libc::SYS_sethostname,
            libc::SYS_setdomainname,
            libc::SYS_syslog,
            #[cfg(target_arch = "x86_64")]
            libc::SYS_iopl,
            #[cfg(target_arch = "x86_64")]
            libc::SYS_ioperm,
        ],
    );
    let numbers = [
        #[cfg(target_arch = "x86_64")]
        libc::SYS_modify_ldt,
    ];
    // With invalid arguments, the kernel's own answer is ENOSYS.
    lines.extend(trying_with([0; 6], absent(rule, &numbers)));
    lines
}

fn scheduling_of_others(rule: Calls) -> Vec<Line> {
    let mut lines: Vec<_> = [
        (libc::SYS_sched_setaffinity, [NO_PROCESS, 0, BAD, 0, 0, 0]),
        (libc::SYS_sched_setscheduler, [BAD; 6]),
        (libc::SYS_sched_setparam, [BAD; 6]),
        (libc::SYS_sched_setattr, [BAD; 6]),
    ]
    .map(|(number, try_with)| barred(rule, number, of_others(), try_with))
    .into();
    lines.extend(forbidden(
        rule,
        &[libc::SYS_setpriority, libc::SYS_ioprio_set],
    ));
    // This option chooses which processes share a core, also for other processes.
    lines.push(prctl(rule, libc::PR_SCHED_CORE));
    lines
}

/// Each of these lets a program choose a process, and a signal that the kernel sends to it when a file is
/// ready.
fn signals_by_files(rule: Calls) -> Vec<Line> {
    // Commands of fcntl that libc does not name on every system.
    const F_SETOWN: libc::c_int = 8;
    const F_SETSIG: libc::c_int = 10;
    const F_SETOWN_EX: libc::c_int = 15;
    // Two requests of ioctl that do what F_SETOWN does, the second for sockets only, and one that sets O_ASYNC.
    const FIOSETOWN: u32 = 0x8901;
    const SIOCSPGRP: u32 = 0x8902;
    const FIOASYNC: u32 = 0x5452;
    let commands = [F_SETOWN, F_SETSIG, F_SETOWN_EX].map(|command| fcntl(rule, command));
    let requests = [FIOSETOWN, SIOCSPGRP, FIOASYNC].map(|request| ioctl(rule, request));
    commands.into_iter().chain(requests).collect()
}

/// Where Landlock does not confine signals, a process may signal only itself and its process group, in which
/// only the job is. `filter` adds the conditions of `kill` and `tgkill`, because they contain the number of
/// the process.
fn signals(rule: Calls) -> Vec<Line> {
    [
        (libc::SYS_kill, [NO_PROCESS, 0, 0, 0, 0, 0]),
        (libc::SYS_tgkill, [NO_PROCESS, NO_PROCESS, 0, 0, 0, 0]),
        (libc::SYS_tkill, [NO_PROCESS, 0, 0, 0, 0, 0]),
        (libc::SYS_rt_sigqueueinfo, [NO_PROCESS, 0, 0, 0, 0, 0]),
        (
            libc::SYS_rt_tgsigqueueinfo,
            [NO_PROCESS, NO_PROCESS, 0, 0, 0, 0],
        ),
        (libc::SYS_pidfd_send_signal, [BAD, 0, 0, 0, 0, 0]),
    ]
    .into_iter()
    .flat_map(|(number, try_with)| {
        let lines = trying_with(try_with, forbidden(rule, &[number]));
        only(Jobs::WeakTier, lines)
    })
    .collect()
}

/// The calls that open a path, each with the number of the argument that has the flags.
#[cfg(target_arch = "x86_64")]
const OPENING: &[(c_long, u32)] = &[(libc::SYS_open, 1), (libc::SYS_openat, 2)];
#[cfg(target_arch = "aarch64")]
const OPENING: &[(c_long, u32)] = &[(libc::SYS_openat, 2)];

/// The calls that open a path, refused where the flags under `mask` are these.
fn opening(rule: Calls, mask: u32, flags: u32) -> impl Iterator<Item = Line> {
    OPENING.iter().map(move |&(number, argument)| {
        let mut with = [BAD; 6];
        with[argument as usize] = flags.into();
        let when = Condition::Is(argument, mask, vec![flags]);
        barred(rule, number, when, with)
    })
}

/// To open a file neither to read nor to write, a program needs no right of Landlock. It can then change the
/// file's times and attributes and, before Landlock's third version, its whole content.
fn access_modes(rule: Calls) -> Vec<Line> {
    let neither = libc::O_ACCMODE.unsigned_abs();
    let mut lines: Vec<_> = opening(rule, neither, neither).collect();
    // A filter cannot read its flags, which a pointer leads to. Callers fall back to openat.
    lines.extend(absent(rule, &[libc::SYS_openat2]));
    lines
}

/// Before its third version, Landlock has no right for truncating a file by its path. Truncating by descriptor
/// stays allowed, because Landlock has checked how the file was opened.
fn cutting_files(rule: Calls) -> Vec<Line> {
    let cut = libc::O_TRUNC.unsigned_abs();
    let mut lines = forbidden(rule, &[libc::SYS_truncate]);
    // The file is opened only to read, which needs no right to write.
    lines.extend(opening(rule, libc::O_ACCMODE.unsigned_abs() | cut, cut));
    only(Jobs::WeakTier, lines).collect()
}

fn owners(rule: Calls) -> Vec<Line> {
    let numbers = [
        libc::SYS_fchownat,
        libc::SYS_fchown,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_chown,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_lchown,
    ];
    forbidden(rule, &numbers)
}

fn times(rule: Calls) -> Vec<Line> {
    let numbers = [
        #[cfg(target_arch = "x86_64")]
        libc::SYS_utime,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_utimes,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_futimesat,
    ];
    let mut lines = forbidden(rule, &numbers);
    lines.push(barred(
        rule,
        libc::SYS_utimensat,
        Condition::Given(1),
        [BAD, BAD, 0, 0, 0, 0],
    ));
    lines
}

fn special_files(rule: Calls) -> Vec<Line> {
    let numbers = [
        libc::SYS_mknodat,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_mknod,
    ];
    forbidden(rule, &numbers)
}

fn modes(rule: Calls) -> Vec<Line> {
    // libc names this call on x86-64 only.
    const FCHMODAT2: c_long = 452;
    let numbers = [
        libc::SYS_fchmodat,
        FCHMODAT2,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_chmod,
    ];
    let mut lines = forbidden(rule, &numbers);
    // Programs that copy a file set the mode of the copy by its descriptor, and fail if that fails.
    lines.extend(always(rule, &[libc::SYS_fchmod], 0));
    only(Jobs::Runs, lines).collect()
}
