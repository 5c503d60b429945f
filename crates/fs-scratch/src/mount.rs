//! On which file system a folder is, and which machines see a lock there.
//!
//! # Theory of operation
//!
//! A lock (`flock`) on a disk of this machine is seen by all processes that can use the disk. On a network file system
//! that is so only if the lock is sent to the server, which depends on the file system and on how it was
//! mounted. No call reports it: a lock that only this machine sees is taken as well as any other. So the mount table
//! decides: the kernel names the mount of an open folder (`fdinfo`), and the options of each mount (`mountinfo`).
//!
//! Locks on *folders* never reach another machine on NFS, SMB and FUSE, which send those on files only. So what
//! depends on locked folders asks [`Mount::is_of_this_machine`] instead.
//!
//! Never refuses anything: the caller does. A kind of file system that is not in the tables here has locks that are
//! [`Locks::Unknown`].

use std::{
    fs::{self, OpenOptions},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    os::{fd::AsRawFd as _, unix::fs::OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;

/// Kinds of file systems that one machine has for itself.
const OF_ONE_MACHINE: &[&str] = &[
    "aufs", "bcachefs", "btrfs", "ecryptfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "fuseblk",
    "hfsplus", "jfs", "nilfs2", "ntfs", "ntfs3", "overlay", "ramfs", "reiserfs", "tmpfs", "ubifs",
    "udf", "vfat", "xfs", "zfs",
];

/// Kinds of file systems that are in memory.
const IN_MEMORY: &[&str] = &["ramfs", "tmpfs"];

/// A kind of file system that several machines use.
struct Network {
    kinds: &'static [&'static str],
    locks: Reach,
}

/// Where a lock on a file is known.
enum Reach {
    /// At the server, unless it is mounted with one of these options.
    Server {
        unless: &'static [&'static str],
        remedy: &'static str,
    },
    /// On the machine that took it.
    Machine,
    /// Depends on what cannot be seen here.
    Unknown,
}

const NETWORK: &[Network] = &[
    Network {
        kinds: &["nfs", "nfs4"],
        locks: Reach::Server {
            unless: &["local_lock=all", "local_lock=flock", "nolock"],
            remedy: "with `local_lock=none` and without `nolock`",
        },
    },
    Network {
        kinds: &["cifs", "smb3"],
        locks: Reach::Server {
            unless: &["nobrl"],
            remedy: "without `nobrl`",
        },
    },
    Network {
        kinds: &["lustre"],
        locks: Reach::Server {
            unless: &["localflock"],
            remedy: "with `flock`",
        },
    },
    Network {
        kinds: &["gfs2", "ocfs2"],
        locks: Reach::Server {
            unless: &["localflocks"],
            remedy: "without `localflocks`",
        },
    },
    Network {
        kinds: &["ceph", "fuse.ceph", "fuse.ceph-fuse", "fuse.glusterfs"],
        locks: Reach::Server {
            unless: &[],
            remedy: "",
        },
    },
    Network {
        kinds: &[
            "fuse.blobfuse2",
            "fuse.curlftpfs",
            "fuse.davfs",
            "fuse.gcsfuse",
            "fuse.goofys",
            "fuse.gvfsd-fuse",
            "fuse.mount-s3",
            "fuse.rclone",
            "fuse.s3fs",
            "fuse.sshfs",
        ],
        locks: Reach::Machine,
    },
    Network {
        kinds: &[
            "afs",
            "beegfs",
            "fhgfs",
            "fuse.juicefs",
            "fuse.mfs",
            "gpfs",
            "orangefs",
            "pvfs2",
        ],
        locks: Reach::Unknown,
    },
];

/// Who sees a lock on a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Locks {
    /// All that can use the file system.
    All,
    /// Only the machine that took it, although other machines use the file system.
    ThisMachine {
        /// The option with which it was mounted, if that is the reason.
        option: Option<String>,
        /// How to mount it so that locks reach other machines, as in "mount it REMEDY"; `None` if it never does that.
        remedy: Option<&'static str>,
    },
    /// It cannot be told.
    Unknown,
}

/// A file system where it is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Its kind, as the kernel calls it: `ext4`, `nfs4`, `fuse.sshfs`.
    pub kind: String,
    /// Where it is mounted.
    pub point: PathBuf,
    options: Vec<String>,
}

impl Mount {
    /// That of a folder or file. `None` if the kernel does not say.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        // Opened without permission to read, so that nothing happens to it.
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(OFlags::PATH.bits().cast_signed())
            .open(path)
            .ok()?;
        let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", file.as_raw_fd())).ok()?;
        let id = info
            .lines()
            .find_map(|line| line.strip_prefix("mnt_id:"))?
            .trim();
        Self::find(&fs::read_to_string("/proc/self/mountinfo").ok()?, id)
    }

    /// The mount with this number in the text of a `mountinfo`.
    #[must_use]
    pub fn find(mountinfo: &str, id: &str) -> Option<Self> {
        let line = mountinfo
            .lines()
            .find(|line| line.split(' ').next() == Some(id))?;
        // NUMBER PARENT DEVICE ROOT POINT OPTIONS [TAGS…] - KIND SOURCE OPTIONS
        let (mount, system) = line.split_once(" - ")?;
        let mut mount = mount.split(' ').skip(4);
        let (point, here) = (mount.next()?, mount.next()?);
        let mut system = system.split(' ');
        let kind = system.next()?;
        let options = system.nth(1).unwrap_or_default();
        Some(Self {
            kind: kind.to_owned(),
            point: PathBuf::from(unescape(point)),
            options: options
                .split(',')
                .chain(here.split(','))
                .map(str::to_owned)
                .collect(),
        })
    }

    /// Whether no other machine can use it, as far as its kind tells.
    #[must_use]
    pub fn is_of_this_machine(&self) -> bool {
        OF_ONE_MACHINE.contains(&self.kind.as_str())
    }

    /// Whether it is in memory.
    #[must_use]
    pub fn is_in_memory(&self) -> bool {
        IN_MEMORY.contains(&self.kind.as_str())
    }

    /// Whether it is known as one that several machines use.
    #[must_use]
    pub fn is_network(&self) -> bool {
        self.network().is_some()
    }

    /// Who sees a lock on a file there.
    #[must_use]
    pub fn locks(&self) -> Locks {
        match self.network().map(|network| &network.locks) {
            None if self.is_of_this_machine() => Locks::All,
            None | Some(Reach::Unknown) => Locks::Unknown,
            Some(Reach::Machine) => Locks::ThisMachine {
                option: None,
                remedy: None,
            },
            Some(Reach::Server { unless, remedy }) => {
                let option = self
                    .options
                    .iter()
                    .find(|option| unless.contains(&option.as_str()));
                option.map_or(Locks::All, |option| Locks::ThisMachine {
                    option: Some(option.clone()),
                    remedy: Some(remedy),
                })
            }
        }
    }

    fn network(&self) -> Option<&'static Network> {
        NETWORK
            .iter()
            .find(|network| network.kinds.contains(&self.kind.as_str()))
    }
}

/// A path as `mountinfo` writes it: space, tab, newline and backslash are written as octal numbers.
#[must_use]
pub fn unescape(text: &str) -> String {
    [
        ("\\040", " "),
        ("\\011", "\t"),
        ("\\012", "\n"),
        ("\\134", "\\"),
    ]
    .into_iter()
    .fold(text.to_owned(), |text, (escaped, plain)| {
        text.replace(escaped, plain)
    })
}

/// A short name, the same for all processes that see each other's locks on the folders in `parent`: those of the running
/// kernel that reach it by the same mount.
pub(crate) fn neighbours(parent: &Path) -> String {
    let kernel = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_else(|_| {
        let host = rustix::system::uname();
        host.nodename().to_string_lossy().into_owned()
    });
    let device = rustix::fs::stat(parent).map_or(0, |found| found.st_dev);
    let mut hasher = DefaultHasher::new();
    (kernel, device).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines as kernels write them; the last column of the names says where.
    const TABLE: &str = "\
22 1 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
30 27 0:27 / /dev/shm rw - tmpfs tmpfs rw,size=24684100k
40 27 0:40 / /home rw,relatime shared:7 - nfs4 files:/home rw,vers=4.2,hard,proto=tcp,sec=sys,local_lock=none,addr=10.0.0.1
41 27 0:41 / /old\\040home rw,relatime - nfs files:/old rw,vers=3,nolock,local_lock=all,addr=10.0.0.1
42 27 0:42 / /flock rw - nfs files:/flock rw,vers=3,local_lock=flock
43 27 0:43 / /posix rw - nfs files:/posix rw,vers=3,local_lock=posix
44 27 0:44 / /share rw - cifs //files/share rw,vers=3.1.1,nobrl
45 27 0:45 / /share2 rw - cifs //files/share rw,vers=3.1.1
46 27 0:46 / /scratch rw - lustre 10.0.0.2@o2ib:/scratch rw,checksum,localflock
47 27 0:47 / /scratch2 rw - lustre 10.0.0.2@o2ib:/scratch rw,checksum,flock
48 27 0:48 / /ssh rw,nosuid - fuse.sshfs me@files:/ rw,user_id=0
49 27 0:49 / /new rw - newfs none rw
50 27 0:50 / /odd rw
";

    fn locks(id: &str) -> Locks {
        Mount::find(TABLE, id).unwrap().locks()
    }

    fn only_here(option: &str, remedy: &'static str) -> Locks {
        Locks::ThisMachine {
            option: Some(option.to_owned()),
            remedy: Some(remedy),
        }
    }

    #[test]
    fn a_mount_is_found_by_its_number_with_its_point_unescaped() {
        let mount = Mount::find(TABLE, "41").unwrap();
        assert_eq!(mount.kind, "nfs");
        assert_eq!(mount.point, Path::new("/old home"));
        assert!(mount.is_network() && !mount.is_of_this_machine());
        assert!(Mount::find(TABLE, "4").is_none());
        assert!(Mount::find(TABLE, "50").is_none());
        let memory = Mount::find(TABLE, "30").unwrap();
        assert!(memory.is_in_memory() && memory.is_of_this_machine() && !memory.is_network());
    }

    #[test]
    fn options_that_keep_locks_on_one_machine_are_named_with_the_remedy() {
        for id in ["27", "30", "40", "43", "45", "47"] {
            assert_eq!(locks(id), Locks::All, "{id}");
        }
        assert_eq!(
            locks("41"),
            only_here("nolock", "with `local_lock=none` and without `nolock`")
        );
        assert_eq!(
            locks("42"),
            only_here(
                "local_lock=flock",
                "with `local_lock=none` and without `nolock`"
            )
        );
        assert_eq!(locks("44"), only_here("nobrl", "without `nobrl`"));
        assert_eq!(locks("46"), only_here("localflock", "with `flock`"));
        let never = Locks::ThisMachine {
            option: None,
            remedy: None,
        };
        assert_eq!(locks("48"), never);
        assert_eq!(locks("49"), Locks::Unknown);
    }

    #[test]
    fn no_kind_is_of_one_machine_and_of_several() {
        for network in NETWORK {
            for kind in network.kinds {
                assert!(!OF_ONE_MACHINE.contains(kind), "{kind}");
            }
        }
        assert!(IN_MEMORY.iter().all(|kind| OF_ONE_MACHINE.contains(kind)));
    }

    #[test]
    fn the_kernel_names_the_mount_of_a_folder() {
        let mount = Mount::of(Path::new("/proc/self")).unwrap();
        assert_eq!(
            (mount.kind.as_str(), mount.point.as_path()),
            ("proc", Path::new("/proc"))
        );
        assert!(Mount::of(Path::new("/nonexistent")).is_none());
    }

    #[test]
    fn processes_on_one_mount_are_neighbours() {
        let (proc, shm) = (Path::new("/proc"), Path::new("/dev/shm"));
        assert_eq!(neighbours(proc), neighbours(&proc.join("self")));
        assert_ne!(neighbours(proc), neighbours(shm));
    }
}
