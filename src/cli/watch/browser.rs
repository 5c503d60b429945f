//! Opens a file in the browser of the person who asked for it.
//!
//! Never waits for the browser, and never opens anything but what this program has written.

use std::{
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Command, Stdio},
    thread,
};

/// Open the file. False if there is no program that does.
#[expect(
    clippy::disallowed_methods,
    reason = "the user's own program shows the user's own report, on the user's request"
)]
pub(super) fn open(file: &Path) -> bool {
    let started = Command::new("xdg-open")
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Ctrl-C at the terminal is not for it.
        .process_group(0)
        .spawn();
    let Ok(mut child) = started else {
        return false;
    };
    // It may live as long as the browser; somebody has to ask for its end.
    thread::spawn(move || child.wait());
    true
}
