//! What an attacker is told, what it reports, and what it needs to make an attack.

#![expect(
    unsafe_code,
    reason = "makes system calls that no library wants to make"
)]

use std::{io, time::Duration};

use serde::{Deserialize, Serialize};

use crate::limits::Limits;

/// What became of one attack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It failed.
    Stopped,
    /// It succeeded.
    GotThrough,
    /// It could not be tried here.
    NotApplicable,
}

/// What the attacker is told.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Targets {
    pub(crate) hidden_file: std::path::PathBuf,
    pub(crate) hidden_folder: std::path::PathBuf,
    pub(crate) open_folder: std::path::PathBuf,
    /// To be made, in the folders that are everybody's.
    pub(crate) temporary_files: Vec<std::path::PathBuf>,
    /// Of the client, by which one can tell whether they are one's own.
    pub(crate) namespaces: Vec<std::path::PathBuf>,
    /// The user that the client runs as.
    pub(crate) client: u32,
    pub(crate) is_full: bool,
    pub(crate) victim: i32,
    pub(crate) second_victim: i32,
    pub(crate) tcp_port: u16,
    pub(crate) udp_port: u16,
    pub(crate) unix_socket: std::path::PathBuf,
    pub(crate) unix_datagrams: std::path::PathBuf,
    pub(crate) abstract_socket: String,
    pub(crate) calls: Vec<Call>,
}

/// A line of the filter, to be tried.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) rule: String,
    pub(crate) number: i64,
    pub(crate) arguments: [u64; 6],
    pub(crate) errno: i32,
}

/// What the attacker reports, one a line.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AttackReport {
    pub(crate) name: String,
    pub(crate) outcome: Outcome,
    pub(crate) detail: String,
}

/// What an attacker may use.
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

/// An attack's answer: what it gained, or why it failed.
pub(crate) type Attempt = Result<String, String>;

/// At the start of a reason: that it could not be tried.
pub(crate) const NOT_HERE: &str = "not here: ";

/// Make a system call. What is left out is zero.
pub(crate) fn call<const N: usize>(number: libc::c_long, arguments: [u64; N]) -> io::Result<i64> {
    let argument = |i: usize| arguments.get(i).copied().unwrap_or(0);
    // SAFETY: callers pass numbers, and pointers to what lives through the call and is large enough.
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
