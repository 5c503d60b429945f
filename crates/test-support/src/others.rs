//! Run a test program again: as an ordinary user, and where user namespaces are refused.

#![expect(
    unsafe_code,
    reason = "refuses namespaces by a seccomp filter, as a container does"
)]

use std::{
    env, fs, io,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::Command,
};

/// The variable by which a run knows that it is one of these, and does not start more.
const AGAIN: &str = "TEST_RUNS_AGAIN";

/// The variable by which a run knows that namespaces are refused to it.
const CONTAINER: &str = "TEST_RUNS_IN_A_CONTAINER";

/// Which tests of this program run again, and with what.
#[derive(Debug, Clone, Copy)]
pub struct Again<'a> {
    /// The part of their names that the tests have in common.
    pub filter: &'a str,
    /// What the output must contain: a filter that matches no test succeeds as well.
    pub expected: &'a str,
    /// The program under test. It is copied to where every user can reach it.
    pub program: &'a Path,
    /// The variable that names the copy.
    pub variable: &'a str,
    /// More variables.
    pub environment: &'a [(&'a str, PathBuf)],
}

/// Whether namespaces are refused to this run.
#[must_use]
pub fn in_a_container() -> bool {
    env::var_os(CONTAINER).is_some()
}

/// Whether this run is one that [`run_again_as_others`] started.
#[must_use]
pub fn is_again() -> bool {
    env::var_os(AGAIN).is_some()
}

/// Run tests of this program again as others would: as an ordinary user, as one to whom namespaces are
/// refused, and as this user to whom they are refused. If this user is root, the last one has no capability to
/// look into processes of other users, as root in a container.
///
/// # Panics
/// A run fails, or nothing was run.
#[expect(clippy::disallowed_methods, reason = "starts this test program again")]
pub fn run_again_as_others(again: &Again<'_>) {
    if is_again() {
        return;
    }
    // Where an ordinary user can reach it.
    let folder = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir()
        .expect("a temporary folder");
    let (program, tests) = (folder.path().join("program"), folder.path().join("tests"));
    copy_program(again.program, &program);
    let own = env::current_exe().expect("this program has a path");
    copy_program(&own, &tests);

    let is_root = rustix::process::geteuid().is_root();
    for (ordinary, namespaces) in [(true, true), (true, false), (false, false)] {
        let mut command = if is_root {
            let mut command = Command::new("setpriv");
            command.args(if ordinary {
                ["--reuid=20001", "--regid=20001", "--clear-groups"]
            } else {
                // By default, root in a container may not look into processes of other users.
                ["--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace", "--"]
            });
            command.arg(&tests);
            command
        } else {
            Command::new(&tests)
        };
        if !is_root && (ordinary == namespaces) {
            // This combination is the same as another one for an ordinary user.
            continue;
        }
        if !namespaces {
            // SAFETY: the closure makes two system calls and allocates nothing.
            unsafe { command.env(CONTAINER, "yes").pre_exec(refuse_namespaces) };
        }
        let output = command
            .arg(again.filter)
            .env(AGAIN, "yes")
            .envs(again.environment.iter().map(|(name, value)| (name, value)))
            .env(again.variable, &program)
            .current_dir("/")
            .output()
            .expect("this program can be started again");
        let user = if ordinary {
            "an ordinary user"
        } else {
            "the user that runs this"
        };
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "as {user}, namespaces {namespaces}:\n{text}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(text.contains(again.expected), "{text}");
        assert!(text.contains("test result: ok"), "{text}");
    }
}

/// Copy a program, so that the copy can be started at once. Another process writes it: while this one had it
/// open for writing, a process that another test starts at that moment would inherit the descriptor, and
/// the kernel refuses to start a program that is open for writing.
///
/// # Panics
/// It cannot be copied.
#[expect(clippy::disallowed_methods, reason = "starts `cp`")]
pub fn copy_program(from: &Path, to: &Path) {
    let copy = Command::new("cp").arg("--").args([from, to]).status();
    assert!(copy.is_ok_and(|copy| copy.success()), "{}", from.display());
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
