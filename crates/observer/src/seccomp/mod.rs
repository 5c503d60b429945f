//! The kernel's side of the observer: which system calls of the program reach it, and what it answers.
//!
//! `syscall_table` is the one list of calls, `filter` makes the seccomp filter from it, and `notify` receives
//! the calls and sends the responses. `handlers` decides what each call means, and `affinity` answers the calls
//! about processors.
//!
//! This folder hides numbers and arguments of system calls. It never decides when a held read returns.

pub(crate) mod affinity;
pub(crate) mod filter;
pub(crate) mod handlers;
pub(crate) mod notify;
pub(crate) mod syscall_table;
