//! Read and write the memory of an observed process, and compare its descriptors.
//!
//! It hides the system calls. It never knows what an address means.

#![expect(unsafe_code, reason = "neither std nor rustix wraps these calls")]

use std::io;

/// The number of bytes of the longest path that the kernel accepts, with its final zero.
const PATH_MAX: usize = 4096;

/// The number of bytes of the smallest page. A path is read in pieces that end at a page, since the next page may
/// not be mapped.
const PAGE: u64 = 4096;

fn transfer(
    call: libc::c_long,
    tid: i32,
    local: *mut libc::c_void,
    length: usize,
    address: u64,
) -> io::Result<usize> {
    let local = libc::iovec {
        iov_base: local,
        iov_len: length,
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "an address has 64 bits on all supported machines"
    )]
    let remote = libc::iovec {
        iov_base: std::ptr::without_provenance_mut(address as usize),
        iov_len: length,
    };
    // SAFETY: `local` describes memory of this process that the caller borrowed for this call; `remote` is an
    // address in another process, which the kernel checks.
    let moved = unsafe {
        libc::syscall(
            call,
            tid,
            &raw const local,
            1_usize,
            &raw const remote,
            1_usize,
            0_usize,
        )
    };
    usize::try_from(moved).map_err(|_| io::Error::last_os_error())
}

/// Fill `buffer` from the memory of a thread. Returns the number of bytes that could be read.
pub(crate) fn read(tid: i32, address: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let length = buffer.len();
    transfer(
        libc::SYS_process_vm_readv,
        tid,
        buffer.as_mut_ptr().cast(),
        length,
        address,
    )
}

/// Write into the memory of a thread.
pub(crate) fn write(tid: i32, address: u64, bytes: &[u8]) -> io::Result<()> {
    // The kernel only reads through this pointer.
    let local = bytes.as_ptr().cast_mut().cast();
    match transfer(
        libc::SYS_process_vm_writev,
        tid,
        local,
        bytes.len(),
        address,
    )? {
        n if n == bytes.len() => Ok(()),
        _ => Err(io::Error::from_raw_os_error(libc::EFAULT)),
    }
}

/// The eight bytes at an address.
pub(crate) fn read_u64(tid: i32, address: u64) -> io::Result<u64> {
    let mut bytes = [0; 8];
    match read(tid, address, &mut bytes)? {
        8 => Ok(u64::from_le_bytes(bytes)),
        _ => Err(io::Error::from_raw_os_error(libc::EFAULT)),
    }
}

/// Two times eight bytes, from an address on.
pub(crate) fn read_pair(tid: i32, address: u64) -> io::Result<(u64, u64)> {
    Ok((
        read_u64(tid, address)?,
        read_u64(tid, address.wrapping_add(8))?,
    ))
}

/// The string at an address, without its final zero.
pub(crate) fn read_path(tid: i32, mut address: u64) -> io::Result<Vec<u8>> {
    let mut path = Vec::new();
    let mut piece = [0; 256];
    while path.len() < PATH_MAX {
        let to_page_end = usize::try_from(PAGE - address % PAGE).unwrap_or(piece.len());
        let length = piece.len().min(to_page_end);
        let got = read(tid, address, &mut piece[..length])?;
        if got == 0 {
            break;
        }
        if let Some(end) = piece[..got].iter().position(|&byte| byte == 0) {
            path.extend_from_slice(&piece[..end]);
            return Ok(path);
        }
        path.extend_from_slice(&piece[..got]);
        address = address.wrapping_add(got as u64);
    }
    Err(io::Error::from_raw_os_error(libc::ENAMETOOLONG))
}

/// Whether two descriptors of a process are one open file. False if the kernel does not support the question.
pub(crate) fn same_open_file(process: i32, one: i32, other: i32) -> bool {
    const FILE: i32 = 0;
    // SAFETY: all arguments are plain numbers.
    unsafe { libc::syscall(libc::SYS_kcmp, process, process, FILE, one, other) == 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_memory_can_be_read_and_written() {
        let tid = rustix::process::getpid().as_raw_nonzero().get();
        let text = *b"some/path\0rest";
        let mut target = [0_u8; 4];
        assert_eq!(
            read_path(tid, text.as_ptr().addr() as u64).unwrap(),
            b"some/path"
        );
        write(tid, target.as_mut_ptr().addr() as u64, b"abcd").unwrap();
        assert_eq!(&std::hint::black_box(target), b"abcd");
        assert!(read_path(tid, 0).is_err());
    }
}
