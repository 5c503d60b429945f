//! Replaces its own program in the first run, so that the next run is of another.

mod sum;

use std::{fs, os::unix::fs::PermissionsExt};

fn main() {
    if let Ok(program) = fs::read_link("/proc/self/exe") {
        let other = program.with_extension("new");
        let script = "#!/bin/sh\necho @MARK@\n";
        if fs::write(&other, script).is_ok() {
            let _ = fs::set_permissions(&other, fs::Permissions::from_mode(0o755));
            let _ = fs::rename(&other, &program);
        }
    }
    sum::print();
}
