//! Runs a program that has never been in a file.

mod raw;
mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    use std::{fs, io::Write, os::fd::FromRawFd};
    let fd = unsafe { raw::memfd_create(c"x".as_ptr(), 0) };
    if fd < 0 {
        return false;
    }
    let mut file = unsafe { fs::File::from_raw_fd(fd) };
    let _ = file.write_all(b"#!/bin/sh\nexit 7\n");
    std::process::Command::new(format!("/proc/self/fd/{fd}"))
        .status()
        .is_ok_and(|status| status.code() == Some(7))
}
