//! Zygotes whose supervisors are shell scripts, which read a request and respond as a test needs it.

use std::{os::fd::AsFd as _, path::Path, process::Command, sync::Arc};

use rustix::process::{PidfdFlags, pidfd_open};

use super::{READY, Running, Zygote};
use crate::spawn::channel;

/// Call `body` with a zygote whose supervisors run this script. With `mute`, they report nothing from the
/// start.
pub(crate) fn with<T>(script: &str, mute: bool, body: impl FnOnce(Arc<Zygote>) -> T) -> T {
    let (ours, its) = channel::pair().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut children = Vec::new();
            while let (1.., Some(line)) = channel::receive(its.as_fd(), &mut [0]).unwrap() {
                let mut shell = Command::new("/bin/sh");
                shell.args(["-c", script]);
                shell
                    .stdin(line.try_clone().unwrap())
                    .stdout(line.try_clone().unwrap());
                let child = shell.spawn().unwrap();
                let pid = rustix::process::Pid::from_child(&child);
                let handle = pidfd_open(pid, PidfdFlags::empty()).unwrap();
                channel::send(line.as_fd(), &READY, Some(handle.as_fd())).unwrap();
                if mute {
                    rustix::net::shutdown(&line, rustix::net::Shutdown::Write).unwrap();
                }
                children.push(child);
            }
            for mut child in children {
                child.wait().unwrap();
            }
        });
        let zygote = Arc::new(Zygote::new(Path::new("/nonexistent"), false));
        *zygote.running.lock().unwrap() = Some(Running {
            requests: Some(ours),
            process: Command::new("/bin/true").spawn().unwrap(),
        });
        let result = body(Arc::clone(&zygote));
        // Others may still hold the zygote, so dropping it here would not end it.
        *zygote.running.lock().unwrap() = None;
        result
    })
}
