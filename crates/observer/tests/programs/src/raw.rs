//! Calls that std does not make.

use std::{
    fs::File,
    io,
    os::fd::{AsRawFd, FromRawFd},
    path::Path,
    sync::atomic::{AtomicBool, AtomicI64, Ordering::SeqCst},
};

use crate::digest;

fn checked(result: isize) -> usize {
    usize::try_from(result).unwrap_or_else(|_| panic!("{}", io::Error::last_os_error()))
}

pub fn mmap(path: &Path) -> u64 {
    let file = File::open(path).unwrap();
    let length = usize::try_from(file.metadata().unwrap().len()).unwrap();
    mmap_bytes(&file, length, length)
}

/// Asks for the first byte of a file, and gets the whole page that it lies in.
pub fn mmap_one_byte(path: &Path) -> u64 {
    let file = File::open(path).unwrap();
    let length = usize::try_from(file.metadata().unwrap().len()).unwrap();
    assert!(length <= 4096, "{length} bytes are more than a page");
    mmap_bytes(&file, 1, length)
}

/// Reads `length` bytes by a mapping of so many of them as are `mapped`, in the same pages.
fn mmap_bytes(file: &File, mapped: usize, length: usize) -> u64 {
    // SAFETY: a private mapping of a file that does not change, unmapped after its last use. It reaches to
    // the end of a page, and so does what is read.
    unsafe {
        let at = libc::mmap(
            std::ptr::null_mut(),
            mapped,
            libc::PROT_READ,
            libc::MAP_PRIVATE,
            file.as_raw_fd(),
            0,
        );
        assert_ne!(at, libc::MAP_FAILED);
        let sum = digest(std::slice::from_raw_parts(at.cast(), length));
        libc::munmap(at, mapped);
        sum
    }
}

pub fn readv(file: &File) -> Vec<u8> {
    let (mut one, mut two) = ([0_u8; 10], [0_u8; 4086]);
    let buffers = [
        libc::iovec {
            iov_base: one.as_mut_ptr().cast(),
            iov_len: one.len(),
        },
        libc::iovec {
            iov_base: two.as_mut_ptr().cast(),
            iov_len: two.len(),
        },
    ];
    // SAFETY: both buffers live through the call.
    let n = checked(unsafe { libc::readv(file.as_raw_fd(), buffers.as_ptr(), 2) });
    [&one[..], &two[..]].concat()[..n].to_vec()
}

pub fn preadv(file: &File, at: i64) -> Vec<u8> {
    let mut bytes = vec![0_u8; 4096];
    let buffer = libc::iovec {
        iov_base: bytes.as_mut_ptr().cast(),
        iov_len: bytes.len(),
    };
    // SAFETY: the buffer lives through the call.
    let n = checked(unsafe { libc::preadv(file.as_raw_fd(), &raw const buffer, 1, at) });
    bytes.truncate(n);
    bytes
}

pub fn preadv2(file: &File) -> Vec<u8> {
    let mut bytes = vec![0_u8; 4096];
    let buffer = libc::iovec {
        iov_base: bytes.as_mut_ptr().cast(),
        iov_len: bytes.len(),
    };
    // SAFETY: the buffer lives through the call.
    let n = checked(unsafe { libc::preadv2(file.as_raw_fd(), &raw const buffer, 1, -1, 0) });
    bytes.truncate(n);
    bytes
}

fn memory_file() -> File {
    // SAFETY: a literal name; the descriptor is new and ours.
    unsafe { File::from_raw_fd(libc::memfd_create(c"copy".as_ptr(), 0)) }
}

fn content(file: &File) -> u64 {
    use std::os::unix::fs::FileExt;
    let mut bytes = vec![0; 4096];
    let n = file.read_at(&mut bytes, 0).unwrap();
    digest(&bytes[..n])
}

pub fn sendfile(file: &File) -> u64 {
    let copy = memory_file();
    // SAFETY: plain numbers and a null pointer.
    checked(unsafe {
        libc::sendfile(
            copy.as_raw_fd(),
            file.as_raw_fd(),
            std::ptr::null_mut(),
            4096,
        )
    });
    content(&copy)
}

pub fn splice(file: &File) -> u64 {
    let mut ends = [0; 2];
    let mut bytes = [0_u8; 4096];
    // SAFETY: the pointers are to memory that lives through the calls; both descriptors are closed once.
    unsafe {
        assert_eq!(libc::pipe(ends.as_mut_ptr()), 0);
        let n = checked(libc::splice(
            file.as_raw_fd(),
            std::ptr::null_mut(),
            ends[1],
            std::ptr::null_mut(),
            4096,
            0,
        ));
        assert_eq!(
            checked(libc::read(ends[0], bytes.as_mut_ptr().cast(), n)),
            n
        );
        libc::close(ends[0]);
        libc::close(ends[1]);
        digest(&bytes[..n])
    }
}

/// Start a timer that interrupts every millisecond.
pub fn interrupt_often() {
    extern "C" fn nothing(_: libc::c_int) {}
    // SAFETY: the handler does nothing; all pointers are to structures that live through the calls.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = nothing as *const () as usize;
        action.sa_flags = libc::SA_RESTART;
        libc::sigaction(libc::SIGALRM, &raw const action, std::ptr::null_mut());
        let often = libc::timeval {
            tv_sec: 0,
            tv_usec: 1000,
        };
        let timer = libc::itimerval {
            it_interval: often,
            it_value: often,
        };
        libc::setitimer(libc::ITIMER_REAL, &raw const timer, std::ptr::null_mut());
    }
}

/// Runs `work` in so many forked processes, and waits for them.
pub fn fork(processes: usize, work: impl Fn(usize) -> u64) -> u64 {
    for i in 0..processes {
        // SAFETY: this process has one thread.
        let pid = unsafe { libc::fork() };
        assert!(pid >= 0);
        if pid == 0 {
            work(i);
            // SAFETY: ends the process.
            unsafe { libc::_exit(0) };
        }
    }
    for _ in 0..processes {
        // SAFETY: no status is asked for.
        assert!(unsafe { libc::wait(std::ptr::null_mut()) } > 0);
    }
    0
}

/// A read that fails, since there is no memory at the address that it is given.
pub fn read_to_nowhere(file: &File) {
    let nowhere = std::ptr::without_provenance_mut(8);
    // SAFETY: the kernel writes nothing to an address that is not mapped.
    assert_eq!(unsafe { libc::read(file.as_raw_fd(), nowhere, 100) }, -1);
}

/// How long [`sleep_and_forge`] sleeps: seconds and nanoseconds.
static SLEEP_TIME: [AtomicI64; 2] = [AtomicI64::new(5), AtomicI64::new(0)];
static ASLEEP: AtomicBool = AtomicBool::new(false);

/// Sleeps for a time that another thread can change.
pub fn sleep_and_forge() {
    ASLEEP.store(true, SeqCst);
    // SAFETY: the pointer is to two numbers that live for ever and are laid out as the kernel wants them.
    unsafe { libc::nanosleep(SLEEP_TIME.as_ptr().cast(), std::ptr::null_mut()) };
}

/// Whether [`sleep_and_forge`] is about to sleep.
pub fn sleeps() -> bool {
    ASLEEP.load(SeqCst)
}

/// Make it appear to sleep for longer than the time limit.
pub fn forge() {
    SLEEP_TIME[0].store(-1, SeqCst);
    SLEEP_TIME[1].store(999_999_999, SeqCst);
}

/// A read of one byte that asks for a hundred: there is no memory for the others. From the descriptor's
/// position, or from the start of the file.
pub fn read_one_and_nowhere(file: &File, at_position: bool) {
    let mut byte = 0_u8;
    let nowhere = std::ptr::without_provenance_mut(8);
    let buffers = [(&raw mut byte).cast(), nowhere]
        .into_iter()
        .zip([1, 99])
        .map(|(iov_base, iov_len)| libc::iovec { iov_base, iov_len })
        .collect::<Vec<_>>();
    let (fd, list) = (file.as_raw_fd(), buffers.as_ptr());
    // SAFETY: the first buffer is a byte of ours, and to the second, which is not mapped, nothing is written.
    let got = unsafe {
        if at_position {
            libc::readv(fd, list, 2)
        } else {
            libc::preadv(fd, list, 2, 0)
        }
    };
    assert_eq!(got, 1);
}

/// Puts another open file in the place of one.
pub fn replace(file: &File, by: &File) {
    // SAFETY: both descriptors are open.
    checked(unsafe { libc::dup2(by.as_raw_fd(), file.as_raw_fd()) } as isize);
}

/// Keeps this thread on one processor.
pub fn pin(processor: usize) {
    // SAFETY: a set of processors is plain memory, for which zeros are the empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the set is as large as it says.
    unsafe {
        libc::CPU_SET(processor, &mut set);
        let size = size_of_val(&set);
        assert_eq!(libc::sched_setaffinity(0, size, &raw const set), 0);
    }
}

/// A child as by `vfork`, which reads while the parent waits for it uninterruptibly, until it ends.
pub fn vfork_and_read(path: &Path) {
    let path = std::ffi::CString::new(path.as_os_str().as_encoded_bytes()).unwrap();
    let mut stack = vec![0_u8; 256 << 10];
    extern "C" fn child(path: *mut libc::c_void) -> libc::c_int {
        // SAFETY: the parent waits, and the path lives as long as it does.
        unsafe {
            let fd = libc::open(path.cast_const().cast(), libc::O_RDONLY);
            let mut bytes = [0_u8; 100];
            i32::from(libc::read(fd, bytes.as_mut_ptr().cast(), bytes.len()) <= 0)
        }
    }
    // SAFETY: the stack grows down from its aligned end, and outlives the child: the parent waits.
    unsafe {
        let top = stack.as_mut_ptr().add(stack.len()).cast::<libc::c_void>();
        let top = top.map_addr(|address| address & !15);
        let flags = libc::CLONE_VFORK | libc::CLONE_VM | libc::SIGCHLD;
        let pid = libc::clone(child, top, flags, path.as_ptr().cast_mut().cast());
        let mut status = 0;
        assert_eq!(libc::waitpid(pid, &raw mut status, 0), pid);
        assert_eq!(status, 0);
    }
}

/// Sets access and modification time to now.
pub fn touch(path: &Path) {
    let path = std::ffi::CString::new(path.as_os_str().as_encoded_bytes()).unwrap();
    // SAFETY: the path ends with a zero; a null pointer means now.
    assert_eq!(
        unsafe { libc::utimensat(libc::AT_FDCWD, path.as_ptr(), std::ptr::null(), 0) },
        0
    );
}

/// Whether the kernel refused.
pub fn hide() -> bool {
    // SAFETY: plain numbers.
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0) != 0 }
}

pub fn no_atime(file: &File) -> bool {
    // SAFETY: plain numbers.
    unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFL, libc::O_NOATIME) != 0 }
}

pub fn async_io() -> bool {
    // SAFETY: a null pointer, which the kernel refuses if it gets so far.
    let result = unsafe { libc::syscall(libc::SYS_io_uring_setup, 8, 0) };
    result < 0 && io::Error::last_os_error().raw_os_error() == Some(libc::ENOSYS)
}
