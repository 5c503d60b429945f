//! The temporary folder where submissions are built and run: on a file system that records reads, and from
//! which programs can be started.
//!
//! A trial in a folder shows whether it is suitable, because no system call reports that. A network file system is
//! refused without a trial: its file times are those of another machine, and a read that its cache answers is none
//! there. This module never removes anything itself.

use std::path::Path;

use fs_scratch::{Mount, Scratch};

use crate::fault::Fault;
use observer::Stamps;

/// Make a folder in `temp_dir`, or where it works best. Also returns the resolution of its file system's time
/// stamps.
///
/// # Errors
/// No folder can be written to, or none records reads; the cause lists a reason for each.
pub fn make_scratch(temp_dir: Option<&Path>) -> Result<(Scratch, Stamps), Fault> {
    // Root's jobs run as other users, which must be able to enter the folder, but not to list it.
    let mode = if rustix::process::geteuid().is_root() {
        0o711
    } else {
        0o700
    };
    let mut builder = Scratch::builder("grade").mode(mode).executable();
    if let Some(base) = temp_dir {
        builder = builder.base(base);
    }
    let scratch = builder.create_after_trial(|folder| {
        if let Some(why) = Mount::of(folder).as_ref().and_then(unsuitable) {
            return Err(why.into());
        }
        match Stamps::probe(folder) {
            Ok(Some(stamps)) => Ok(stamps),
            Ok(None) => Err(
                "its file system does not record when files are read (mounted `noatime`?)".into(),
            ),
            Err(fault) => Err(fault.into()),
        }
    });
    Ok(scratch?)
}

/// Why no submission can be run there; `None` if a trial decides.
fn unsuitable(mount: &Mount) -> Option<String> {
    let (point, kind) = (mount.point.display(), &mount.kind);
    mount.is_network().then(|| {
        format!("`{point}` is {kind}, a network file system, which does not say when files are read here")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultKind;

    #[test]
    fn a_network_file_system_is_refused_by_name() {
        let mount = |kind: &str| Mount::find(&format!("1 0 0:1 / /home rw - {kind} x rw"), "1");
        let why = unsuitable(&mount("nfs4").unwrap()).unwrap();
        assert!(why.starts_with("`/home` is nfs4, a network file system"));
        for kind in ["ext4", "tmpfs", "overlay", "fuse.gocryptfs"] {
            assert_eq!(unsuitable(&mount(kind).unwrap()), None, "{kind}");
        }
    }

    #[test]
    fn a_missing_folder_is_named_with_what_to_do() {
        let fault = make_scratch(Some(Path::new("/nonexistent/place"))).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Disk);
        assert_eq!(fault.message, "failed to make a temporary folder");
        assert!(fault.cause.unwrap().contains("`/nonexistent/place`: "));
        assert!(fault.hint.unwrap().contains("--temp-dir"));
    }
}
