//! What an attacker is given, what it reports, and what it needs to make an attack.

#![expect(
    unsafe_code,
    reason = "makes system calls that no library wants to make"
)]

use std::{io, time::Duration};

use serde::{Deserialize, Serialize};

use crate::limits::Limits;

/// What became of one attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It failed.
    Stopped,
    /// It succeeded.
    GotThrough,
    /// It could not be tried here.
    NotApplicable,
}

/// What the attacker is given: where the targets are, and what it must know to attack them.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct TargetInfo {
    pub(crate) hidden_file: std::path::PathBuf,
    pub(crate) hidden_folder: std::path::PathBuf,
    pub(crate) open_folder: std::path::PathBuf,
    /// Files that the attacker tries to make, in folders where everybody may make files.
    pub(crate) temporary_files: Vec<std::path::PathBuf>,
    /// The client's namespaces, for the attacker to compare with its own.
    pub(crate) namespaces: Vec<std::path::PathBuf>,
    /// The user that the client runs as.
    pub(crate) client: u32,
    pub(crate) is_full: bool,
    /// The number of a process to attack.
    pub(crate) victim: i32,
    /// The number of the process that is to get a signal from the kernel.
    pub(crate) second_victim: i32,
    pub(crate) tcp_port: u16,
    /// The ports for the attacks in `OTHER_WAYS`, in their order.
    pub(crate) other_tcp_ports: Vec<u16>,
    pub(crate) udp_port: u16,
    pub(crate) unix_socket: std::path::PathBuf,
    pub(crate) unix_datagrams: std::path::PathBuf,
    pub(crate) abstract_socket: String,
    pub(crate) calls: Vec<Call>,
}

/// A system call that the filter refuses, for the attacker to make.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) rule: String,
    pub(crate) number: i64,
    pub(crate) arguments: [u64; 6],
    pub(crate) errno: i32,
}

/// What the attacker reports about one attack, on one line.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AttackReport {
    pub(crate) name: String,
    pub(crate) outcome: Outcome,
    pub(crate) detail: String,
}

/// The limits of the job that attacks.
pub(crate) const LIMITS: Limits = Limits {
    wall: Duration::from_secs(20),
    cpu: Duration::from_secs(10),
    memory_bytes: 512 << 20,
    tasks: 64,
    open_files: 256,
    file_bytes: 1 << 20,
    disk_bytes: 4 << 20,
    disk_files: 64,
    output_bytes: 256 << 10,
};

/// The result of an attack: what the attacker gained, or why the attack failed.
pub(crate) type Attempt = Result<String, String>;

/// A reason that begins with this means that the attack could not be tried.
pub(crate) const NOT_HERE: &str = "not here: ";

/// Make a system call. Arguments that are left out are zero.
pub(crate) fn call<const N: usize>(number: libc::c_long, arguments: [u64; N]) -> io::Result<i64> {
    let argument = |i: usize| arguments.get(i).copied().unwrap_or(0);
    // SAFETY: callers pass numbers, and pointers to memory that lives through the call and is large enough.
    let answer = unsafe {
        libc::syscall(
            number,
            argument(0),
            argument(1),
            argument(2),
            argument(3),
            argument(4),
            argument(5),
        )
    };
    if answer < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(answer)
    }
}

pub(crate) fn address<T>(of: &T) -> u64 {
    std::ptr::from_ref(of).addr() as u64
}

pub(crate) fn describe<T>(result: io::Result<T>, gain: &str) -> Attempt {
    result
        .map(|_| gain.to_owned())
        .map_err(|error| error.to_string())
}
