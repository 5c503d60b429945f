//! Shared memory that no file in a folder stands for, such as that of `memfd_create` or a shared anonymous
//! mapping.
//!
//! It stays allocated when a process unmaps some of its pages, so the sizes of processes do not show all of
//! it. The kernel tells only root how much of it exists; but `/proc` tells its owner which parts of it are
//! mapped. So all that is mapped counts as used, and what was mapped in an earlier sample counts for as long
//! as any part of the same memory is mapped.

use std::collections::HashMap;

use rustix::fs::{MemfdFlags, fstat, major, memfd_create, minor};

use super::procfs::Process;

/// The shared memory of one job, by what was seen mapped of it.
#[derive(Debug, Default)]
pub(crate) struct SharedMemory {
    /// The device number of the file system that such memory is on, as `maps` spells it. `None` if this kernel
    /// has no such file system.
    device: Option<String>,
    /// The end of what was seen mapped, in bytes, by inode.
    extents: HashMap<u64, u64>,
}

impl SharedMemory {
    pub(crate) fn new() -> Self {
        let own = memfd_create("sandbox", MemfdFlags::CLOEXEC);
        let status = own.and_then(fstat).ok();
        Self {
            device: status.map(|s| format!("{:02x}:{:02x}", major(s.st_dev), minor(s.st_dev))),
            extents: HashMap::new(),
        }
    }

    /// Look at the maps of the job's processes. Returns how many bytes of shared memory the job uses.
    pub(crate) fn update(&mut self, processes: &[Process]) -> u64 {
        let Some(device) = &self.device else {
            return 0;
        };
        let mut now: HashMap<u64, u64> = HashMap::new();
        for process in processes {
            // The process may have ended, or may not let us look.
            let mapped = |maps: &[u8]| (!maps.is_empty()).then(|| maps.to_vec());
            let Ok(Some(maps)) = process.read_memory_file("maps", mapped) else {
                continue;
            };
            for (inode, end) in maps
                .split(|&byte| byte == b'\n')
                .filter_map(|line| extent(line, device))
            {
                let known = self.extents.get(&inode).copied().unwrap_or(0);
                let most = now.entry(inode).or_insert(known);
                *most = end.max(*most);
            }
        }
        self.extents = now;
        self.extents.values().copied().fold(0, u64::saturating_add)
    }
}

/// The inode that a line of `maps` is about, and where in it the mapping ends, if it is on `device`.
fn extent(line: &[u8], device: &str) -> Option<(u64, u64)> {
    let mut fields = line.split(|&byte| byte == b' ').map(std::str::from_utf8);
    let mut field = || fields.next()?.ok();
    let (range, _, offset, on) = (field()?, field()?, field()?, field()?);
    if on != device {
        return None;
    }
    let inode = field()?.parse().ok()?;
    let hexadecimal = |text: &str| u64::from_str_radix(text, 16).ok();
    let (start, end) = range.split_once('-')?;
    let length = hexadecimal(end)?.checked_sub(hexadecimal(start)?)?;
    Some((inode, hexadecimal(offset)?.checked_add(length)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_on_the_device_is_measured_to_its_end() {
        let of = |line: &str| extent(line.as_bytes(), "00:01");
        assert_eq!(
            of("7f0000000000-7f0000100000 rw-s 00200000 00:01 42   /dev/zero (deleted)"),
            Some((42, 0x30_0000))
        );
        assert_eq!(of("7f00-7f10 rw-p 00000000 00:00 0 "), None);
        assert_eq!(of("7f10-7f00 rw-s 00000000 00:01 42 "), None);
        for nonsense in ["", " ", "x-y z 0 00:01 1", "1-2 rw-s 0 00:01", "\u{0}"] {
            assert_eq!(of(nonsense), None);
        }
    }

    #[test]
    fn this_machine_spells_the_device_as_we_expect() {
        let device = SharedMemory::new().device.unwrap();
        let (major, minor) = device.split_once(':').unwrap();
        assert!(u32::from_str_radix(major, 16).is_ok() && u32::from_str_radix(minor, 16).is_ok());
    }
}
