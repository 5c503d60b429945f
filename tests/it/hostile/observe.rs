//! Observe from outside what a submission achieved.
//!
//! Everything here is either a thing that only a successful attack can move (a folder, a listener, a
//! process) or a secret that only a successful attack can print.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs, io,
    net::{TcpListener, UdpSocket},
    os::{
        linux::net::SocketAddrExt as _,
        unix::{
            fs::{MetadataExt as _, PermissionsExt as _},
            net::{SocketAddr, UnixDatagram, UnixListener},
        },
    },
    path::{Path, PathBuf},
};

use rustix::process::{Pid, Signal, kill_process};

use super::{attempt::Secrets, expect::Effect, grading::Graded, text};

/// The state of a folder: name, mode, owner, time of change and bytes of each entry.
#[derive(Debug, PartialEq)]
pub(crate) struct FolderState(Vec<(OsString, u32, u32, i64, i64, Vec<u8>)>);

impl FolderState {
    pub(crate) fn take(folder: &Path) -> Self {
        let mut entries = Vec::new();
        let mut see = |path: &Path| {
            let Ok(found) = fs::symlink_metadata(path) else {
                return;
            };
            let mut bytes = if found.is_file() {
                fs::read(path).unwrap_or_default()
            } else {
                Vec::new()
            };
            bytes.extend(attributes(path));
            let name = path.as_os_str().to_owned();
            let (seconds, part) = (found.mtime(), found.mtime_nsec());
            entries.push((name, found.mode(), found.uid(), seconds, part, bytes));
        };
        see(folder);
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            see(&entry.path());
        }
        entries.sort();
        Self(entries)
    }
}

/// The names of the extended attributes.
fn attributes(path: &Path) -> Vec<u8> {
    let mut names = vec![0; 4096];
    let count = rustix::fs::llistxattr(path, &mut names[..]).unwrap_or(0);
    names.truncate(count);
    names
}

/// Everything that listens.
#[derive(Debug)]
pub(crate) struct Listeners {
    tcp: TcpListener,
    udp: UdpSocket,
    file: UnixListener,
    datagrams: UnixDatagram,
    named: UnixListener,
}

impl Listeners {
    /// Listen, with the sockets that are files in `folder`.
    pub(crate) fn open(folder: &Path, name: &str) -> io::Result<Self> {
        let open_to_all =
            |path: PathBuf| fs::set_permissions(path, fs::Permissions::from_mode(0o777));
        let listeners = Self {
            tcp: TcpListener::bind("127.0.0.1:0")?,
            udp: UdpSocket::bind("127.0.0.1:0")?,
            file: UnixListener::bind(folder.join("stream"))?,
            datagrams: UnixDatagram::bind(folder.join("datagram"))?,
            named: UnixListener::bind_addr(&SocketAddr::from_abstract_name(name)?)?,
        };
        open_to_all(folder.join("stream"))?;
        open_to_all(folder.join("datagram"))?;
        listeners.tcp.set_nonblocking(true)?;
        listeners.udp.set_nonblocking(true)?;
        listeners.file.set_nonblocking(true)?;
        listeners.datagrams.set_nonblocking(true)?;
        listeners.named.set_nonblocking(true)?;
        Ok(listeners)
    }

    pub(crate) fn ports(&self) -> io::Result<(u16, u16)> {
        Ok((self.tcp.local_addr()?.port(), self.udp.local_addr()?.port()))
    }

    fn add_effects(&self, effects: &mut BTreeSet<Effect>) {
        let mut buffer = [0; 64];
        if self.tcp.accept().is_ok() {
            effects.insert(Effect::Connected);
        }
        if self.udp.recv(&mut buffer).is_ok() || self.datagrams.recv(&mut buffer).is_ok() {
            effects.insert(Effect::Datagram);
        }
        if self.file.accept().is_ok() || self.named.accept().is_ok() {
            effects.insert(Effect::UnixConnected);
        }
    }
}

/// What a person may be asked to read, in bytes: a few hundred lines.
const LONGEST_REPORT: usize = 32 << 10;

/// The effects that the grader's output shows, and how the grader ended.
fn of_the_grader(graded: &Graded, secrets: &Secrets, effects: &mut BTreeSet<Effect>) {
    let mut see = |seen: bool, effect| {
        if seen {
            effects.insert(effect);
        }
    };
    see(graded.died, Effect::GraderDied);
    see(graded.stopped, Effect::GraderStopped);
    see(graded.hung, Effect::GraderHung);
    let report = graded.report();
    let prints = |what: &str| {
        [&graded.stdout, &graded.stderr, &report]
            .iter()
            .any(|text| text.contains(what))
    };
    see(prints(&secrets.treasure), Effect::TreasureRead);
    see(prints(&secrets.open), Effect::OpenRead);
    see(prints(&secrets.argument), Effect::ArgumentsRead);
    see(prints(&secrets.environment), Effect::EnvironmentRead);
    // Only as an answer: the compiler may show the source line with the mark.
    let answers = graded.record.iter().flat_map(|record| &record.runs);
    let is_mark_printed = answers
        .filter_map(|run| run.answer.as_deref())
        .any(|text| text == secrets.mark);
    see(is_mark_printed, Effect::Told);
    let bad = |text: &str| text::acting(text).is_some();
    see(bad(&report) || bad(&graded.stderr), Effect::ControlInReport);
    see(bad(&graded.stdout), Effect::ControlInJson);
    see(report.len() > LONGEST_REPORT, Effect::LongReport);
    let obeyed = text::command(&report).is_some() || text::command(&graded.stderr).is_some();
    see(obeyed, Effect::CommandInReport);
}

/// Whether files with the token in their names are in folders that every user may write to. They are removed.
fn outside_files(token: &str, folders: &[PathBuf]) -> bool {
    let entries = folders
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok());
    let ours: Vec<PathBuf> = entries
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().contains(token))
        .map(|entry| entry.path())
        .collect();
    for path in &ours {
        let _ = fs::remove_file(path);
    }
    !ours.is_empty()
}

/// Whether living processes have the submission's name, or its token among their arguments. They are ended.
fn processes_remain(secrets: &Secrets) -> bool {
    let mut any = false;
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<i32>().ok())
        else {
            continue;
        };
        let read = |name: &str| {
            let bytes = fs::read(entry.path().join(name)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let stat = read("stat");
        let is_dead = stat
            .rfind(')')
            .is_none_or(|end| stat[end..].starts_with(") Z"));
        if is_dead
            || !(read("comm").trim() == secrets.comm || read("cmdline").contains(&secrets.token))
        {
            continue;
        }
        any = true;
        if let Some(pid) = Pid::from_raw(pid) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
    any
}

/// The observers of one attack, made before it is graded.
pub(crate) struct Watch<'a> {
    pub(crate) secrets: &'a Secrets,
    pub(crate) treasure: (&'a Path, FolderState),
    pub(crate) open: (&'a Path, FolderState),
    pub(crate) listeners: &'a Listeners,
    pub(crate) victim: &'a super::victim::Victim,
    pub(crate) temporary: &'a Path,
    /// Where a file of the submission's would be outside.
    pub(crate) everybodys: Vec<PathBuf>,
}

impl Watch<'_> {
    /// All effects that occurred.
    pub(crate) fn effects(&self, graded: &Graded) -> BTreeSet<Effect> {
        let mut effects = BTreeSet::new();
        of_the_grader(graded, self.secrets, &mut effects);
        self.listeners.add_effects(&mut effects);
        let mut see = |seen: bool, effect| {
            if seen {
                effects.insert(effect);
            }
        };
        see(processes_remain(self.secrets), Effect::ProcessLeft);
        see(
            FolderState::take(self.treasure.0) != self.treasure.1,
            Effect::TreasureChanged,
        );
        see(
            FolderState::take(self.open.0) != self.open.1,
            Effect::OpenChanged,
        );
        see(self.victim.is_harmed(), Effect::VictimHarmed);
        see(
            outside_files(&self.secrets.token, &self.everybodys),
            Effect::OutsideFile,
        );
        let left = fs::read_dir(self.temporary).into_iter().flatten().count();
        see(left > 0, Effect::ScratchLeft);
        effects
    }
}

#[cfg(test)]
mod tests {
    use std::{
        os::unix::process::CommandExt as _,
        process::{Command, Stdio},
    };

    use super::*;

    /// No attack of the corpus gets as far as this, so only here it is shown that it would be seen.
    #[test]
    fn effects_that_no_attack_achieves_would_be_seen() {
        let secrets = Secrets::draw();
        assert!(!processes_remain(&secrets));
        #[expect(clippy::disallowed_methods, reason = "a process to be found")]
        let mut left = Command::new("sleep")
            .arg0(&secrets.token)
            .arg("600")
            .stdin(Stdio::null())
            .spawn()
            .expect("a process");
        assert!(processes_remain(&secrets));
        let _ = left.wait();
        assert!(!processes_remain(&secrets));

        let graded = Graded {
            stdout: format!("\u{9b}{}", secrets.environment),
            stderr: "\u{1b}[2J".into(),
            hung: true,
            ..Graded::default()
        };
        let mut effects = BTreeSet::new();
        of_the_grader(&graded, &secrets, &mut effects);
        let expected = [
            Effect::EnvironmentRead,
            Effect::GraderHung,
            Effect::ControlInReport,
            Effect::ControlInJson,
        ];
        assert_eq!(effects, BTreeSet::from(expected));
    }
}
