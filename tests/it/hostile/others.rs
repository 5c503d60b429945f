//! Run these tests again as other people would: as an ordinary user, and where user namespaces are refused.

#![expect(
    unsafe_code,
    reason = "refuses namespaces by a seccomp filter, as a container does"
)]

use std::{
    io,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::PathBuf,
    process::Command,
};

use crate::support::{files::copy_program, program};

/// By which a run knows that it is one of these, and does not start more.
const AS_OTHERS: &str = "GRADE_TEST_AS_OTHERS";

/// Whether this run is one of those that [`run_again_as_others`] starts.
pub(crate) fn runs_as_others() -> bool {
    std::env::var_os(AS_OTHERS).is_some()
}

/// Run all tests of this module again, as others would, with more variables in their environment.
#[expect(clippy::disallowed_methods, reason = "starts this test program again")]
pub(crate) fn run_again_as_others(environment: &[(&str, PathBuf)]) {
    if runs_as_others() {
        return;
    }
    // Where an ordinary user can reach it.
    let folder = tempfile::Builder::new()
        .permissions(std::fs::Permissions::from_mode(0o755))
        .tempdir()
        .unwrap();
    let (tested, tests) = (folder.path().join("grade"), folder.path().join("tests"));
    copy_program(&program(), &tested);
    copy_program(&std::env::current_exe().unwrap(), &tests);

    let is_root = rustix::process::geteuid().is_root();
    for (ordinary, namespaces) in [(true, true), (true, false), (false, false)] {
        let mut command = if ordinary && is_root {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", "20001", "--regid", "20001", "--clear-groups"]);
            command.arg(&tests);
            command
        } else {
            Command::new(&tests)
        };
        if !is_root && (ordinary == namespaces) {
            // It is what has just been run, or what the next one runs.
            continue;
        }
        if !namespaces {
            // SAFETY: the closure makes two system calls and allocates nothing.
            unsafe { command.pre_exec(refuse_namespaces) };
        }
        let output = command
            .arg("hostile::")
            .env(AS_OTHERS, "yes")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env("GRADE_UNDER_TEST", &tested)
            .current_dir("/")
            .output()
            .unwrap();
        let who = if ordinary {
            "an ordinary user"
        } else {
            "whoever runs this"
        };
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "as {who}, namespaces {namespaces}:\n{text}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        // A filter that finds nothing ends well too.
        let attacks = "every_attack_ends_as_expected_and_honest_grades_stay ... ok";
        assert!(text.contains(attacks), "{text}");
        assert!(text.contains("test result: ok"), "{text}");
    }
}

/// Refuse namespaces to this process and all it starts, the way Docker's default profile does.
fn refuse_namespaces() -> io::Result<()> {
    let (load, equal, any, answer) = (0x20, 0x15, 0x45, 0x06);
    let (allow, not_permitted, no_such_call) = (0x7fff_0000, 0x0005_0001, 0x0005_0026);
    let number = |number: libc::c_long| u32::try_from(number).unwrap_or(u32::MAX);
    let step = |code, k, jt, jf| libc::sock_filter { code, jt, jf, k };
    let filter = [
        step(load, 0, 0, 0),
        step(equal, number(libc::SYS_unshare), 4, 0),
        step(equal, number(libc::SYS_clone3), 4, 0),
        step(equal, number(libc::SYS_clone), 0, 4),
        step(load, 16, 0, 0),
        step(any, 0x7e02_0000, 0, 2),
        step(answer, not_permitted, 0, 0),
        step(answer, no_such_call, 0, 0),
        step(answer, allow, 0, 0),
    ];
    let program = libc::sock_fprog {
        len: 9,
        filter: filter.as_ptr().cast_mut(),
    };
    rustix::thread::set_no_new_privs(true)?;
    // SAFETY: the program lives through the call.
    let done = unsafe { libc::syscall(libc::SYS_seccomp, 1, 0, &raw const program) };
    if done == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
