//! The targets of the attacks: real files, listeners and processes, which exist only for the self-test.

use std::{
    fs,
    io::{self, Read as _},
    net::{TcpListener, UdpSocket},
    os::{
        fd::OwnedFd,
        linux::net::SocketAddrExt as _,
        unix::{
            fs::PermissionsExt as _,
            net::{SocketAddr, UnixDatagram, UnixListener},
        },
    },
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
};

use super::attempt::{Call, TargetInfo};
use crate::{client::protocol::SELF_TEST_ARGUMENT, tier::Tier};

/// The second argument of a process that is a victim.
pub(crate) const VICTIM: &str = "victim";

/// The content of the hidden file.
pub(crate) const SECRET: &str = "nobody may read this";

/// The attacks that reach a TCP listener in an unusual way. Each has a listener of its own, which shows that the attack
/// succeeded: Landlock's rule about ports stops the usual way, and not all of these.
pub(crate) const OTHER_WAYS: [&str; 4] = [
    "connect-tcp-while-sending",
    "connect-tcp-of-ipv6",
    "connect-tcp-anew",
    "connect-tcp-by-many-paths",
];

/// All targets. Dropping them removes the files and kills the processes.
pub(crate) struct Targets {
    folder: tempfile::TempDir,
    victim: Child,
    /// The process that is to get a signal from the kernel. If it were the first victim, the kill would hide
    /// it.
    second_victim: Child,
    tcp: TcpListener,
    /// A listener for each attack in [`OTHER_WAYS`].
    other_tcp: Vec<TcpListener>,
    udp: UdpSocket,
    unix: UnixListener,
    datagrams: UnixDatagram,
    named: UnixListener,
    name: String,
}

impl Targets {
    pub(crate) fn set_up(program: &Path) -> io::Result<Self> {
        // Everybody may access the files, so that only the sandbox protects them.
        let folder = tempfile::Builder::new()
            .prefix("sandbox-target-")
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir()?;
        let path = |name: &str| folder.path().join(name);
        for (name, mode) in [("data", 0o755), ("scratch", 0o777), ("hidden", 0o777)] {
            fs::create_dir(path(name))?;
            fs::set_permissions(path(name), fs::Permissions::from_mode(mode))?;
        }
        fs::write(path("hidden/file"), SECRET)?;
        fs::set_permissions(path("hidden/file"), fs::Permissions::from_mode(0o777))?;
        fs::write(path("hidden/spare"), "")?;
        fs::create_dir(path("hidden/empty"))?;
        // A copy that the job's user can reach.
        fs::copy(program, path("program"))?;
        let name = format!("{}", folder.path().display());
        let unix = UnixListener::bind(path("listener"))?;
        let datagrams = UnixDatagram::bind(path("datagrams"))?;
        for socket in ["listener", "datagrams"] {
            fs::set_permissions(path(socket), fs::Permissions::from_mode(0o777))?;
        }
        let (tcp, udp) = (
            TcpListener::bind("127.0.0.1:0")?,
            UdpSocket::bind("127.0.0.1:0")?,
        );
        let other_tcp = OTHER_WAYS.iter().map(|_| {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            listener.set_nonblocking(true)?;
            Ok(listener)
        });
        let other_tcp = other_tcp.collect::<io::Result<_>>()?;
        let named = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name)?)?;
        tcp.set_nonblocking(true)?;
        udp.set_nonblocking(true)?;
        unix.set_nonblocking(true)?;
        datagrams.set_nonblocking(true)?;
        named.set_nonblocking(true)?;
        Ok(Self {
            folder,
            victim: start_victim(program)?,
            second_victim: start_victim(program)?,
            tcp,
            other_tcp,
            udp,
            unix,
            datagrams,
            named,
            name,
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn temporary_files(&self) -> Vec<PathBuf> {
        let own = self.folder.path().file_name().unwrap_or_default();
        let name = format!("{}-file", own.display());
        let folders = ["/tmp", "/dev/shm", "/var/tmp"];
        folders.map(|folder| Path::new(folder).join(&name)).into()
    }

    pub(crate) fn program(&self) -> PathBuf {
        self.path("program")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    pub(crate) fn scratch(&self) -> PathBuf {
        self.path("scratch")
    }

    pub(crate) fn info(&self, tier: Tier, calls: Vec<Call>) -> TargetInfo {
        let namespace = |kind| fs::read_link(format!("/proc/self/ns/{kind}")).ok();
        TargetInfo {
            namespaces: ["user", "pid", "mnt", "net", "ipc", "uts"]
                .into_iter()
                .filter_map(namespace)
                .collect(),
            client: rustix::process::getuid().as_raw(),
            is_full: tier == Tier::Full,
            hidden_file: self.path("hidden/file"),
            hidden_folder: self.path("hidden"),
            open_folder: self.path("hidden"),
            temporary_files: self.temporary_files(),
            victim: self.victim.id().cast_signed(),
            second_victim: self.second_victim.id().cast_signed(),
            tcp_port: port(&self.tcp),
            other_tcp_ports: self.other_tcp.iter().map(port).collect(),
            udp_port: self.udp.local_addr().map_or(0, |address| address.port()),
            unix_socket: self.path("listener"),
            unix_datagrams: self.path("datagrams"),
            abstract_socket: self.name.clone(),
            calls,
        }
    }

    /// Open a descriptor that started programs inherit.
    pub(crate) fn open_inheritable(&self) -> io::Result<OwnedFd> {
        let file: OwnedFd = fs::File::open(self.path("hidden/file"))?.into();
        rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty())?;
        Ok(file)
    }

    /// The attacks that have left a trace, whatever the attacker reported, each with its trace.
    pub(crate) fn traces(mut self) -> Vec<(&'static str, &'static str)> {
        let mut traces = Vec::new();
        if !matches!(self.victim.try_wait(), Ok(None)) {
            traces.push(("kill", "its victim is dead"));
        }
        // The victim waits for the end of its standard input. It then exits with 0, unless it got a signal.
        drop(self.second_victim.stdin.take());
        if !self.second_victim.wait().is_ok_and(|end| end.success()) {
            traces.push(("signal-by-file", "its victim died of it"));
        }
        if fs::read_to_string(self.path("hidden/file")).ok().as_deref() != Some(SECRET) {
            traces.push(("write-hidden-file", "the file has changed"));
        }
        if self.tcp.accept().is_ok() {
            traces.push(("connect-tcp", "somebody connected"));
        }
        for (name, listener) in OTHER_WAYS.iter().zip(&self.other_tcp) {
            if listener.accept().is_ok() {
                traces.push((name, "somebody connected"));
            }
        }
        if self.udp.recv(&mut [0; 8]).is_ok() {
            traces.push(("send-udp", "a datagram came"));
        }
        if self.unix.accept().is_ok() {
            traces.push(("connect-unix", "somebody connected"));
        }
        if self.datagrams.recv(&mut [0; 8]).is_ok() {
            traces.push(("send-unix-datagram", "a datagram came"));
        }
        if self.named.accept().is_ok() {
            traces.push(("connect-abstract", "somebody connected"));
        }
        traces
    }
}

impl Drop for Targets {
    fn drop(&mut self) {
        for file in self.temporary_files() {
            let _ = fs::remove_file(file);
        }
        for victim in [&mut self.victim, &mut self.second_victim] {
            let _ = victim.kill();
            let _ = victim.wait();
        }
    }
}

fn port(listener: &TcpListener) -> u16 {
    listener.local_addr().map_or(0, |address| address.port())
}

fn start_victim(program: &Path) -> io::Result<Child> {
    Command::new(program)
        .args([SELF_TEST_ARGUMENT, VICTIM])
        .env_clear()
        .env("SECRET", SECRET)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

/// Be a victim: wait until the process that started this one is gone.
pub(crate) fn run_victim() -> ExitCode {
    let _ = io::stdin().read(&mut [0]);
    ExitCode::SUCCESS
}
