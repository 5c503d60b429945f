//! The lines of the filter: which call, under which rule, refused when, tried how.

use std::ffi::c_long;

use super::{Line, Where};
use crate::sandbox::bpf::Condition;

/// What neither is a pointer, nor a descriptor, nor a process, nor an option of anything.
const BAD: u64 = u64::MAX;

/// Calls of one rule that do not exist for a job.
fn absent(rule: &'static str, numbers: &[c_long]) -> impl Iterator<Item = Line> {
    numbers.iter().map(move |&number| absent_one(rule, number))
}

fn absent_one(rule: &'static str, number: c_long) -> Line {
    Line {
        rule,
        number,
        when: None,
        errno: libc::ENOSYS,
        try_with: [BAD; 6],
        place: Where::Everywhere,
    }
}

/// One call that is not permitted under a condition.
fn barred(rule: &'static str, number: c_long, when: Condition, try_with: [u64; 6]) -> Line {
    Line {
        rule,
        number,
        when: Some(when),
        errno: libc::EPERM,
        try_with,
        place: Where::Everywhere,
    }
}

/// One call that is never permitted.
fn forbidden(rule: &'static str, number: c_long) -> Line {
    Line {
        errno: libc::EPERM,
        ..absent_one(rule, number)
    }
}

/// Every line of every rule, for all stages and tiers.
pub(super) fn all_lines() -> Vec<Line> {
    let mut lines = Vec::new();
    families(&mut lines);
    processes(&mut lines);
    sockets(&mut lines);
    files(&mut lines);
    others(&mut lines);
    lines
}

/// Whole families that no submission needs.
const FAMILIES: &[(&str, &[c_long])] = &[
    ("ptrace", &[libc::SYS_ptrace]),
    (
        "memory-of-others",
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
    ("descriptors-of-others", &[libc::SYS_pidfd_getfd]),
    (
        "io-uring",
        &[
            libc::SYS_io_uring_setup,
            libc::SYS_io_uring_enter,
            libc::SYS_io_uring_register,
        ],
    ),
    ("userfaultfd", &[libc::SYS_userfaultfd]),
    ("perf", &[libc::SYS_perf_event_open]),
    ("bpf", &[libc::SYS_bpf]),
    (
        "keyrings",
        &[libc::SYS_keyctl, libc::SYS_add_key, libc::SYS_request_key],
    ),
    (
        "mounts",
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
    ),
    ("namespaces", &[libc::SYS_setns]),
    (
        "system-v-ipc",
        &[
            libc::SYS_shmget,
            libc::SYS_shmat,
            libc::SYS_shmctl,
            libc::SYS_msgget,
            libc::SYS_msgsnd,
            libc::SYS_msgrcv,
            libc::SYS_msgctl,
            libc::SYS_semget,
            libc::SYS_semop,
            libc::SYS_semtimedop,
            libc::SYS_semctl,
        ],
    ),
    (
        "message-queues",
        &[libc::SYS_mq_open, libc::SYS_mq_unlink, libc::SYS_mq_notify],
    ),
    (
        "watching-files",
        &[
            libc::SYS_inotify_init1,
            libc::SYS_inotify_add_watch,
            libc::SYS_fanotify_init,
            libc::SYS_fanotify_mark,
        ],
    ),
    (
        "memory-files",
        &[libc::SYS_memfd_create, libc::SYS_memfd_secret],
    ),
    (
        "file-handles",
        &[libc::SYS_open_by_handle_at, libc::SYS_name_to_handle_at],
    ),
    (
        "own-fences",
        &[
            libc::SYS_seccomp,
            libc::SYS_landlock_create_ruleset,
            libc::SYS_landlock_add_rule,
            libc::SYS_landlock_restrict_self,
        ],
    ),
    (
        "administration",
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
        ],
    ),
];

#[cfg(target_arch = "x86_64")]
const FAMILIES_HERE: &[(&str, &[c_long])] = &[
    ("watching-files", &[libc::SYS_inotify_init]),
    (
        "administration",
        &[libc::SYS_iopl, libc::SYS_ioperm, libc::SYS_modify_ldt],
    ),
];

#[cfg(target_arch = "aarch64")]
const FAMILIES_HERE: &[(&str, &[c_long])] = &[];

fn families(lines: &mut Vec<Line>) {
    for &(rule, numbers) in FAMILIES.iter().chain(FAMILIES_HERE) {
        lines.extend(absent(rule, numbers));
    }
    for line in lines.iter_mut() {
        // A call of no arguments, or one that says of nonsense that it does not exist.
        #[cfg(target_arch = "x86_64")]
        if matches!(line.number, libc::SYS_inotify_init | libc::SYS_modify_ldt) {
            line.try_with = [0; 6];
        }
        // With all flags it would make one.
        if line.number == libc::SYS_msgget {
            line.try_with[1] = 0;
        }
    }
}

// Commands of fcntl that libc does not name on every system.
const F_SETOWN: libc::c_int = 8;
const F_SETSIG: libc::c_int = 10;
const F_SETOWN_EX: libc::c_int = 15;
const F_NOTIFY: libc::c_int = 1026;

// Requests of ioctl that do what F_SETOWN does, the second for sockets only, and O_ASYNC.
const FIOSETOWN: u32 = 0x8901;
const SIOCSPGRP: u32 = 0x8902;
const FIOASYNC: u32 = 0x5452;

/// `fchmodat2`, which libc names on x86-64 only.
const FCHMODAT2: c_long = 452;

/// One request of ioctl that is not permitted.
fn ioctl(rule: &'static str, request: u32) -> Line {
    barred(
        rule,
        libc::SYS_ioctl,
        Condition::Is(1, u32::MAX, vec![request]),
        [BAD, u64::from(request), 0, 0, 0, 0],
    )
}

/// Making processes, and touching those of others.
fn processes(lines: &mut Vec<Line>) {
    // CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
    let new_namespaces = 0x0002_0000 | 0x7e00_0000;
    // With a thread's flag but not those it needs, the kernel says EINVAL before it makes anything.
    let nonsense =
        u64::from(libc::CLONE_THREAD.unsigned_abs() | libc::CLONE_NEWUSER.unsigned_abs());
    lines.push(barred(
        "namespaces",
        libc::SYS_clone,
        Condition::HasAny(0, new_namespaces),
        [nonsense, 0, 0, 0, 0, 0],
    ));
    // Its flags are behind a pointer. C libraries fall back to clone.
    lines.extend(absent("clone3", &[libc::SYS_clone3]));
    lines.push(Line {
        try_with: [0; 6],
        ..forbidden("namespaces", libc::SYS_unshare)
    });
    // 0 is oneself. BAD is a process that does not exist: ESRCH.
    let of_others = || Condition::IsNot(0, u32::MAX, vec![0]);
    let mut others =
        |rule, number, when, try_with| lines.push(barred(rule, number, when, try_with));
    others(
        "limits-of-others",
        libc::SYS_prlimit64,
        of_others(),
        [BAD, BAD, 0, 0, 0, 0],
    );
    let scheduling = "scheduling-of-others";
    let nowhere = [BAD; 6];
    others(
        scheduling,
        libc::SYS_sched_setaffinity,
        of_others(),
        [0x7fff_fffe, 0, BAD, 0, 0, 0],
    );
    others(
        scheduling,
        libc::SYS_sched_setscheduler,
        of_others(),
        nowhere,
    );
    others(scheduling, libc::SYS_sched_setparam, of_others(), nowhere);
    others(scheduling, libc::SYS_sched_setattr, of_others(), nowhere);
    lines.push(forbidden(scheduling, libc::SYS_setpriority));
    lines.push(forbidden(scheduling, libc::SYS_ioprio_set));
    // What asks the kernel to tell somebody by a signal, chosen freely; and dnotify.
    let fcntl = |rule, command: libc::c_int| {
        barred(
            rule,
            libc::SYS_fcntl,
            Condition::Is(1, u32::MAX, vec![command.unsigned_abs()]),
            [BAD, u64::from(command.unsigned_abs()), 0, 0, 0, 0],
        )
    };
    for command in [F_SETOWN, F_SETSIG, F_SETOWN_EX] {
        lines.push(fcntl("signals-by-files", command));
    }
    lines.push(fcntl("watching-files", F_NOTIFY));
    for request in [FIOSETOWN, SIOCSPGRP, FIOASYNC] {
        lines.push(ioctl("signals-by-files", request));
    }
    // Where Landlock does not confine signals: nobody but oneself and one's own group, which the
    // launcher has made the job's alone. `kill` to oneself is added where the process is known.
    for (number, try_with) in [
        (libc::SYS_kill, [0x7fff_fffe, 0, 0, 0, 0, 0]),
        (libc::SYS_tgkill, [0x7fff_fffe, 0x7fff_fffe, 0, 0, 0, 0]),
        (libc::SYS_tkill, [0x7fff_fffe, 0, 0, 0, 0, 0]),
        (libc::SYS_rt_sigqueueinfo, [0x7fff_fffe, 0, 0, 0, 0, 0]),
        (
            libc::SYS_rt_tgsigqueueinfo,
            [0x7fff_fffe, 0x7fff_fffe, 0, 0, 0, 0],
        ),
        (libc::SYS_pidfd_send_signal, [BAD, 0, 0, 0, 0, 0]),
    ] {
        lines.push(Line {
            place: Where::WeakTier,
            try_with,
            ..forbidden("signals", number)
        });
    }
}

/// The network, and other programs' sockets.
fn sockets(lines: &mut Vec<Line>) {
    for number in [
        libc::SYS_socket,
        libc::SYS_connect,
        libc::SYS_bind,
        libc::SYS_listen,
        libc::SYS_accept,
        libc::SYS_accept4,
    ] {
        lines.push(forbidden("sockets", number));
    }
    // A pair of connected ends stays: runtimes wake their own threads by it. Not one of datagrams,
    // from which any socket in the file system could be written to.
    let unix = libc::AF_UNIX.unsigned_abs();
    let (stream, packets) = (
        libc::SOCK_STREAM.unsigned_abs(),
        libc::SOCK_SEQPACKET.unsigned_abs(),
    );
    lines.push(barred(
        "sockets",
        libc::SYS_socketpair,
        Condition::IsNot(0, u32::MAX, vec![unix]),
        [BAD, u64::from(stream), 0, BAD, 0, 0],
    ));
    lines.push(barred(
        "datagrams",
        libc::SYS_socketpair,
        Condition::IsNot(1, 0xf, vec![stream, packets]),
        [
            u64::from(unix),
            u64::from(libc::SOCK_DGRAM.unsigned_abs()),
            0,
            BAD,
            0,
            0,
        ],
    ));
    // With an address: only datagrams have a use for it.
    lines.push(barred(
        "datagrams",
        libc::SYS_sendto,
        Condition::Given(4),
        [BAD, 0, 0, 0, BAD, 0],
    ));
}

/// The calls that open a path, each with the argument that says how.
#[cfg(target_arch = "x86_64")]
const OPENING: &[(c_long, u32)] = &[(libc::SYS_open, 1), (libc::SYS_openat, 2)];
#[cfg(target_arch = "aarch64")]
const OPENING: &[(c_long, u32)] = &[(libc::SYS_openat, 2)];

/// Opening for what Landlock has no right for.
fn opening(lines: &mut Vec<Line>) {
    let neither = libc::O_ACCMODE.unsigned_abs();
    let cut = libc::O_TRUNC.unsigned_abs();
    for &(number, argument) in OPENING {
        let flags = |flags: u32| {
            let mut with = [BAD; 6];
            with[argument as usize] = flags.into();
            with
        };
        // Neither to read nor to write: no right is asked for, and times, attributes and, before its third
        // version, the whole content can be changed.
        let when = Condition::Is(argument, neither, vec![neither]);
        lines.push(barred("access-modes", number, when, flags(neither)));
        // Cut short by who opens it to read only, which also needs no right before the third version.
        let when = Condition::Is(argument, neither | cut, vec![cut]);
        lines.push(Line {
            place: Where::WeakTier,
            ..barred("cutting-files", number, when, flags(cut))
        });
    }
    // Its flags are behind a pointer. Who calls it falls back to openat.
    lines.extend(absent("access-modes", &[libc::SYS_openat2]));
}

/// What Landlock does not decide about files: owner, mode, times, attributes.
fn files(lines: &mut Vec<Line>) {
    opening(lines);
    lines.push(forbidden("owners", libc::SYS_fchownat));
    lines.push(forbidden("owners", libc::SYS_fchown));
    lines.push(barred(
        "times",
        libc::SYS_utimensat,
        Condition::Given(1),
        [BAD, BAD, 0, 0, 0, 0],
    ));
    lines.push(forbidden("special-files", libc::SYS_mknodat));
    for number in [
        libc::SYS_setxattr,
        libc::SYS_lsetxattr,
        libc::SYS_fsetxattr,
        libc::SYS_removexattr,
        libc::SYS_lremovexattr,
        libc::SYS_fremovexattr,
    ] {
        lines.push(forbidden("attributes", number));
    }
    let in_runs = |number| Line {
        place: Where::Runs,
        ..forbidden("modes", number)
    };
    lines.extend([libc::SYS_fchmodat, FCHMODAT2].map(in_runs));
    // Whoever copies a file passes its mode on, by descriptor, and gives up if that fails.
    lines.push(Line {
        errno: 0,
        ..in_runs(libc::SYS_fchmod)
    });
    // By path, which Landlock does not see before its third version. By descriptor it stays.
    lines.push(Line {
        place: Where::WeakTier,
        ..forbidden("cutting-files", libc::SYS_truncate)
    });
    #[cfg(target_arch = "x86_64")]
    {
        lines.push(forbidden("owners", libc::SYS_chown));
        lines.push(forbidden("owners", libc::SYS_lchown));
        lines.push(forbidden("times", libc::SYS_utime));
        lines.push(forbidden("times", libc::SYS_utimes));
        lines.push(forbidden("times", libc::SYS_futimesat));
        lines.push(forbidden("special-files", libc::SYS_mknod));
        lines.push(in_runs(libc::SYS_chmod));
    }
}

/// The terminal, and what a process may make of itself.
fn others(lines: &mut Vec<Line>) {
    // Typing for the user, pasting for the user, taking the terminal.
    for request in [0x5412_u32, 0x541c, 0x540e] {
        lines.push(ioctl("terminal", request));
    }
    // Reading back which one it is stays; the try sets what it reads back.
    lines.push(barred(
        "personality",
        libc::SYS_personality,
        Condition::IsNot(0, u32::MAX, vec![u32::MAX]),
        [0; 6],
    ));
    let prctl = |rule, option: libc::c_int| {
        barred(
            rule,
            libc::SYS_prctl,
            Condition::Is(0, u32::MAX, vec![option.unsigned_abs()]),
            [u64::from(option.unsigned_abs()), BAD, BAD, BAD, BAD, 0],
        )
    };
    // A filter of its own; and hiding from whoever observes it.
    lines.push(prctl("own-fences", libc::PR_SET_SECCOMP));
    lines.push(prctl("own-fences", libc::PR_SET_DUMPABLE));
    // Which processes may share a core with which: also those of others.
    lines.push(prctl("scheduling-of-others", libc::PR_SCHED_CORE));
}
