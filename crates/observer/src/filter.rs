//! The filter that the observed program runs under, assembled at compile time, and its installation.
//!
//! It decides nothing about safety: what is not in the table of calls passes. A call of a foreign
//! architecture (32 bits, x32) would pass unseen, so the one kills and the other does not exist.

#![expect(unsafe_code, reason = "seccomp has no safe wrapper")]

use std::{
    io,
    os::fd::{FromRawFd, OwnedFd},
};

use super::syscalls::{ARCHITECTURE, COMMON, FOREIGN_FROM, LEGACY, Line, Test};

/// Instructions that a filter of ours may have; the kernel allows 4096.
const CAPACITY: usize = 256;

/// Offsets in the kernel's `seccomp_data`.
const NUMBER: u32 = 0;
const ARCH: u32 = 4;
const ARGUMENTS: u32 = 16;

/// Since Linux 5.19: a signal does not tear a thread out of our hands. Without it a program with a timer
/// restarts its reads for ever.
const WAIT_KILLABLE_RECV: libc::c_ulong = 1 << 5;

struct Program {
    code: [libc::sock_filter; CAPACITY],
    length: usize,
}

/// In the program's memory for as long as it runs: nothing is allocated between fork and exec.
static PROGRAM: Program = assemble();

const LOAD: u16 = code(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS);
const IF_EQUAL: u16 = code(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K);
const IF_ANY_BIT: u16 = code(libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K);
const IF_AT_LEAST: u16 = code(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K);
const RETURN: u16 = code(libc::BPF_RET | libc::BPF_K);

#[expect(clippy::cast_possible_truncation, reason = "all codes are below 256")]
const fn code(bits: u32) -> u16 {
    bits as u16
}

impl Program {
    const fn push(mut self, code: u16, k: u32, jt: u8, jf: u8) -> Self {
        self.code[self.length] = libc::sock_filter { code, jt, jf, k };
        self.length += 1;
        self
    }

    /// Unless the loaded number is this line's, skip it; ask us if all its tests hold, else allow.
    const fn line(mut self, line: &Line) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "numbers of system calls are small and positive"
        )]
        let number = line.number as u32;
        let tests = line.tests.len();
        // Each test is a load and a comparison; behind them stand `notify` and, with tests, `allow`.
        let size = if tests == 0 { 1 } else { 2 * tests + 2 };
        #[expect(clippy::cast_possible_truncation, reason = "few instructions")]
        let skip = size as u8;
        self = self.push(IF_EQUAL, number, 0, skip);
        let mut i = 0;
        while i < tests {
            #[expect(clippy::cast_possible_truncation, reason = "few instructions")]
            let to_allow = (2 * (tests - i) - 1) as u8;
            let (argument, code, k, jt, jf) = match line.tests[i] {
                Test::Is(argument, value) => (argument, IF_EQUAL, value, 0, to_allow),
                Test::Has(argument, bits) => (argument, IF_ANY_BIT, bits, 0, to_allow),
                Test::HasNot(argument, bits) => (argument, IF_ANY_BIT, bits, to_allow, 0),
            };
            // The low half: both architectures are little-endian.
            let offset = ARGUMENTS + 8 * argument;
            self = self.push(LOAD, offset, 0, 0).push(code, k, jt, jf);
            i += 1;
        }
        self = self.push(RETURN, libc::SECCOMP_RET_USER_NOTIF, 0, 0);
        if tests > 0 {
            self = self.push(RETURN, libc::SECCOMP_RET_ALLOW, 0, 0);
        }
        self
    }

    const fn lines(mut self, lines: &[Line]) -> Self {
        let mut i = 0;
        while i < lines.len() {
            self = self.line(&lines[i]);
            i += 1;
        }
        self
    }
}

const fn assemble() -> Program {
    let nothing = libc::sock_filter {
        code: 0,
        jt: 0,
        jf: 0,
        k: 0,
    };
    let mut program = Program {
        code: [nothing; CAPACITY],
        length: 0,
    };
    program = program
        .push(LOAD, ARCH, 0, 0)
        .push(IF_EQUAL, ARCHITECTURE, 1, 0)
        .push(RETURN, libc::SECCOMP_RET_KILL_PROCESS, 0, 0)
        .push(LOAD, NUMBER, 0, 0);
    if let Some(foreign) = FOREIGN_FROM {
        let no_such_call = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.cast_unsigned();
        program = program
            .push(IF_AT_LEAST, foreign, 0, 1)
            .push(RETURN, no_such_call, 0, 0);
    }
    program = program.lines(COMMON).lines(LEGACY);
    program.push(RETURN, libc::SECCOMP_RET_ALLOW, 0, 0)
}

/// Put this thread, and all it will start, under the filter. Returns the descriptor at which their calls
/// arrive; it is closed on exec.
///
/// For a process that has just been forked: it makes one or two system calls, allocates nothing and
/// takes no lock. "No new privileges" must be set. From here on, calls in the table wait until somebody
/// answers at the descriptor.
///
/// # Errors
/// `EBUSY`: somebody else already listens to this process. `EINVAL`, `ENOSYS`: the kernel cannot do it.
pub(crate) fn install() -> io::Result<OwnedFd> {
    let program = libc::sock_fprog {
        #[expect(clippy::cast_possible_truncation, reason = "at most CAPACITY")]
        len: PROGRAM.length as libc::c_ushort,
        filter: PROGRAM.code.as_ptr().cast_mut(),
    };
    let install = |flags: libc::c_ulong| {
        // SAFETY: `program` points to `length` initialised instructions, which live for ever and are
        // only read; the call reads nothing else.
        unsafe {
            libc::syscall(
                libc::SYS_seccomp,
                libc::SECCOMP_SET_MODE_FILTER,
                flags,
                &raw const program,
            )
        }
    };
    let mut result = install(libc::SECCOMP_FILTER_FLAG_NEW_LISTENER | WAIT_KILLABLE_RECV);
    if result < 0 && io::Error::last_os_error().raw_os_error() == Some(libc::EINVAL) {
        // An older kernel. Reads that a signal interrupted come again, and are known by their thread.
        result = install(libc::SECCOMP_FILTER_FLAG_NEW_LISTENER);
    }
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    let fd = i32::try_from(result).map_err(|_| io::Error::from_raw_os_error(libc::EBADF))?;
    // SAFETY: the kernel has just made this descriptor for us; nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the filter answers, by walking it as the kernel does.
    fn run(arch: u32, number: libc::c_long, arguments: [u64; 6]) -> u32 {
        let mut data = Vec::new();
        data.extend_from_slice(&i32::try_from(number).unwrap().to_le_bytes());
        data.extend_from_slice(&arch.to_le_bytes());
        data.extend_from_slice(&[0; 8]);
        for argument in arguments {
            data.extend_from_slice(&argument.to_le_bytes());
        }
        let (mut at, mut loaded) = (0, 0);
        loop {
            let op = PROGRAM.code[at];
            at += 1;
            let holds = match op.code {
                LOAD => {
                    let k = op.k as usize;
                    loaded = u32::from_le_bytes(data[k..k + 4].try_into().unwrap());
                    continue;
                }
                RETURN => return op.k,
                IF_EQUAL => loaded == op.k,
                IF_ANY_BIT => loaded & op.k != 0,
                IF_AT_LEAST => loaded >= op.k,
                other => panic!("unknown instruction {other}"),
            };
            at += usize::from(if holds { op.jt } else { op.jf });
        }
    }

    #[test]
    fn the_filter_asks_for_what_is_in_the_table_and_for_nothing_else() {
        let here = |number, arguments| run(ARCHITECTURE, number, arguments);
        let (ask, pass) = (libc::SECCOMP_RET_USER_NOTIF, libc::SECCOMP_RET_ALLOW);
        for line in COMMON.iter().chain(LEGACY).filter(|l| l.tests.is_empty()) {
            assert_eq!(here(line.number, [0; 6]), ask, "{line:?}");
        }
        assert_eq!(here(libc::SYS_write, [0; 6]), pass);
        assert_eq!(here(libc::SYS_futex, [0; 6]), pass);
        let anonymous = libc::MAP_ANONYMOUS.cast_unsigned().into();
        assert_eq!(here(libc::SYS_mmap, [0, 0, 0, anonymous, 3, 0]), pass);
        assert_eq!(here(libc::SYS_mmap, [0, 0, 0, 2, 3, 0]), ask);
        // Where a descriptor stands is looked up when it is read.
        assert_eq!(here(libc::SYS_lseek, [3, 0, 0, 0, 0, 0]), pass);
        let setfl = libc::F_SETFL.cast_unsigned().into();
        let noatime = libc::O_NOATIME.cast_unsigned().into();
        assert_eq!(here(libc::SYS_fcntl, [3, setfl, noatime, 0, 0, 0]), ask);
        assert_eq!(here(libc::SYS_fcntl, [3, setfl, 0, 0, 0, 0]), pass);
        assert_eq!(here(libc::SYS_fcntl, [3, 1, noatime, 0, 0, 0]), pass);
        let dumpable = libc::PR_SET_DUMPABLE.cast_unsigned().into();
        assert_eq!(here(libc::SYS_prctl, [dumpable, 0, 0, 0, 0, 0]), ask);
        assert_eq!(here(libc::SYS_prctl, [dumpable, 1, 0, 0, 0, 0]), pass);
    }

    #[test]
    fn calls_of_a_foreign_architecture_do_not_pass() {
        assert_eq!(
            run(0x4000_0003, libc::SYS_read, [0; 6]),
            libc::SECCOMP_RET_KILL_PROCESS
        );
        if let Some(foreign) = FOREIGN_FROM {
            let refused = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.cast_unsigned();
            assert_eq!(run(ARCHITECTURE, foreign.into(), [0; 6]), refused);
        }
    }
}
