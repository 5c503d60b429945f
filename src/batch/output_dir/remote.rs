//! What is otherwise on a file server than on a disk of this machine.
//!
//! Hides the errors by which it shows. Never touches a file itself.

use std::io;

/// Whether permissions were set, as far as the file system has any: SMB and some FUSE file systems have none.
pub(super) fn if_there_are_any(set: io::Result<()>) -> io::Result<()> {
    match set {
        // The file is new and ours, so it is not a matter of whose it is.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        other => other,
    }
}

/// Read once more if another machine replaced the file between opening and reading it, which a local disk hides and
/// NFS does not.
pub(super) fn read_again_if_stale<T>(read: impl Fn() -> io::Result<T>) -> io::Result<T> {
    match read() {
        Err(error) if error.kind() == io::ErrorKind::StaleNetworkFileHandle => read(),
        other => other,
    }
}

/// Whether a folder cannot be removed because a process has one of its files open.
pub(super) fn is_in_use(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ResourceBusy | io::ErrorKind::DirectoryNotEmpty
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_another_machine_replaced_is_read_once_more() {
        let stale = || io::Error::from(io::ErrorKind::StaleNetworkFileHandle);
        let count = std::cell::Cell::new(0);
        let read = |failures: u32| {
            count.set(0);
            read_again_if_stale(|| {
                count.set(count.get() + 1);
                if count.get() <= failures {
                    Err(stale())
                } else {
                    Ok(count.get())
                }
            })
        };
        assert_eq!(read(0).unwrap(), 1);
        assert_eq!(read(1).unwrap(), 2);
        assert_eq!(read(9).unwrap_err().kind(), stale().kind());
        assert_eq!(count.get(), 2);
    }

    #[test]
    fn permissions_are_set_where_there_are_any() {
        for kind in [io::ErrorKind::PermissionDenied, io::ErrorKind::Unsupported] {
            if_there_are_any(Err(kind.into())).unwrap();
        }
        if_there_are_any(Err(io::ErrorKind::StorageFull.into())).unwrap_err();
        assert!(is_in_use(&io::ErrorKind::ResourceBusy.into()));
        assert!(!is_in_use(&io::ErrorKind::NotFound.into()));
    }
}
