//! What `/proc` tells of one thread: its state, how often it ran and for how long, whose it is.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    time::Duration,
};

use super::patience::Used;

/// Whether this kernel counts how often a thread runs. We do run.
pub(super) fn are_counted() -> bool {
    File::open("/proc/thread-self/schedstat")
        .and_then(|file| read_used(&file))
        .is_ok_and(|used| used.slices > 0)
}

/// Whether a thread is dead, or gone altogether.
pub(super) fn is_dead(process: i32, tid: i32) -> bool {
    open(process, tid)
        .and_then(|(stat, _)| read_state(&stat))
        .map_or(true, |state| matches!(state, b'Z' | b'X' | b'x'))
}

/// The files that tell state and counts of a thread.
pub(super) fn open(process: i32, tid: i32) -> io::Result<(File, File)> {
    let folder = format!("/proc/{process}/task/{tid}");
    Ok((
        File::open(format!("{folder}/stat"))?,
        File::open(format!("{folder}/schedstat"))?,
    ))
}

/// A thread that is gone is no error; everything else is, as a thread that we fail to look at must not
/// pass for one that is gone.
pub(super) fn unless_gone<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Processor time in nanoseconds, time of waiting for a processor, times given one.
pub(super) fn read_used(schedstat: &File) -> io::Result<Used> {
    let mut buffer = [0; 96];
    let length = schedstat.read_at(&mut buffer, 0)?;
    let parse = |text: &[u8]| {
        let mut fields = std::str::from_utf8(text).ok()?.split_ascii_whitespace();
        Some(Used {
            processor: Duration::from_nanos(fields.next()?.parse().ok()?),
            slices: fields.nth(1)?.parse().ok()?,
        })
    };
    parse(&buffer[..length]).ok_or_else(|| io::Error::other("understand no `schedstat`"))
}

/// The third field. The second, the name, may hold anything: at most 64 bytes, even parentheses.
pub(super) fn read_state(stat: &File) -> io::Result<u8> {
    let mut buffer = [0; 512];
    let length = stat.read_at(&mut buffer, 0)?;
    let end = buffer[..length].iter().rposition(|&byte| byte == b')');
    end.and_then(|end| buffer.get(end + 2).copied())
        .ok_or_else(|| io::Error::other("understand no `stat`"))
}

/// The process of a thread that nobody knows.
pub(super) fn thread_group(tid: i32) -> io::Result<i32> {
    let status = fs::read(format!("/proc/{tid}/status"))?;
    String::from_utf8_lossy(&status)
        .lines()
        .find_map(|line| line.strip_prefix("Tgid:")?.trim().parse().ok())
        .ok_or_else(|| io::Error::other("find no process of a thread"))
}
