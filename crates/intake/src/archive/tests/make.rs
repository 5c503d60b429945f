//! Make archives byte by byte, the right ones and those that no library would write.

use std::io::Write as _;

use flate2::{
    Compression, Crc,
    write::{DeflateEncoder, GzEncoder},
};

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::fast());
    deflate.write_all(bytes).unwrap();
    deflate.finish().unwrap()
}

/// One entry of a zip archive; every field of its headers can be made to lie.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) name: Vec<u8>,
    pub(super) local_name: Vec<u8>,
    pub(super) packed: Vec<u8>,
    pub(super) method: u16,
    pub(super) flags: u16,
    pub(super) crc: u32,
    pub(super) size: u64,
    pub(super) mode: u32,
    /// Which system made it: 3 is Unix, 0 is MS-DOS.
    pub(super) system: u8,
    pub(super) is_zip64: bool,
    /// More extra fields, of the local header and of the directory.
    pub(super) extras: [Vec<u8>; 2],
    /// Whether checksum and sizes follow the data, and the local header has zeros.
    pub(super) has_descriptor: bool,
    /// Where the directory says that its local header is, if not where it is.
    pub(super) at: Option<u32>,
}

impl Item {
    pub(super) fn new(name: &[u8], data: &[u8]) -> Self {
        let mut crc = Crc::new();
        crc.update(data);
        Self {
            name: name.to_vec(),
            local_name: name.to_vec(),
            packed: deflate(data),
            method: 8,
            // UTF-8 names.
            flags: 1 << 11,
            crc: crc.sum(),
            size: data.len() as u64,
            mode: 0o100_644,
            system: 3,
            is_zip64: false,
            extras: [Vec::new(), Vec::new()],
            has_descriptor: false,
            at: None,
        }
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// What both headers have in the middle, from the flags to the length of the extra field.
    fn common(&self, name: &[u8], extra: usize, is_local: bool) -> Vec<u8> {
        let mut header = Vec::new();
        let descriptor = if self.has_descriptor { 1 << 3 } else { 0 };
        header.extend((self.flags | descriptor).to_le_bytes());
        header.extend(self.method.to_le_bytes());
        // Midnight of the first day there is.
        header.extend([0, 0, 0x21, 0]);
        let is_later = is_local && self.has_descriptor;
        header.extend(if is_later { 0 } else { self.crc }.to_le_bytes());
        for size in [self.packed.len() as u64, self.size] {
            let short = u32::try_from(size).unwrap_or(u32::MAX);
            let short = if is_later { 0 } else { short };
            header.extend(if self.is_zip64 { u32::MAX } else { short }.to_le_bytes());
        }
        header.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        header.extend(u16::try_from(extra).unwrap().to_le_bytes());
        header
    }

    fn extra(&self, which: usize) -> Vec<u8> {
        let mut extra = Vec::new();
        if self.is_zip64 {
            extra.extend([1, 0, 16, 0]);
            extra.extend(self.size.to_le_bytes());
            extra.extend((self.packed.len() as u64).to_le_bytes());
        }
        extra.extend(&self.extras[which]);
        extra
    }
}

/// The extra field with a second name of an entry, in UTF-8.
pub(super) fn unicode_path(name: &[u8], unicode: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(name);
    let length = u16::try_from(unicode.len() + 5).unwrap();
    let head = [0x7075_u16.to_le_bytes(), length.to_le_bytes()].concat();
    [&head, [1].as_slice(), &crc.sum().to_le_bytes(), unicode].concat()
}

/// A zip archive.
#[derive(Debug, Clone, Default)]
pub(super) struct Zip {
    pub(super) items: Vec<Item>,
}

impl Zip {
    pub(super) fn item(mut self, item: Item) -> Self {
        self.items.push(item);
        self
    }

    pub(super) fn file(self, name: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Self {
        self.item(Item::new(name.as_ref(), data.as_ref()))
    }

    pub(super) fn folder(self, name: &str) -> Self {
        self.item(Item::new(name.as_bytes(), b"").with(|item| item.mode = 0o040_755))
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let (mut zip, mut directory) = (Vec::new(), Vec::new());
        for item in &self.items {
            let start = u32::try_from(zip.len()).unwrap();
            let [extra, listed_extra] = [item.extra(0), item.extra(1)];
            zip.extend(b"PK\x03\x04\x14\x00");
            zip.extend(item.common(&item.local_name, extra.len(), true));
            zip.extend(&item.local_name);
            zip.extend(&extra);
            zip.extend(&item.packed);
            if item.has_descriptor {
                zip.extend(b"PK\x07\x08");
                zip.extend(item.crc.to_le_bytes());
                for size in [item.packed.len() as u64, item.size] {
                    zip.extend(u32::try_from(size).unwrap().to_le_bytes());
                }
            }
            directory.extend(b"PK\x01\x02\x14");
            directory.push(item.system);
            directory.extend([20, 0]);
            directory.extend(item.common(&item.name, listed_extra.len(), false));
            // No comment, disk 0, no internal attributes.
            directory.extend([0; 6]);
            directory.extend((item.mode << 16).to_le_bytes());
            directory.extend(item.at.unwrap_or(start).to_le_bytes());
            directory.extend(&item.name);
            directory.extend(&listed_extra);
        }
        let count = u16::try_from(self.items.len()).unwrap_or(u16::MAX);
        let start = u32::try_from(zip.len()).unwrap();
        zip.extend(&directory);
        zip.extend(b"PK\x05\x06\x00\x00\x00\x00");
        zip.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
        zip.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
        zip.extend(start.to_le_bytes());
        zip.extend([0, 0]);
        zip
    }
}

/// A tar archive.
#[derive(Debug, Clone, Default)]
pub(super) struct TarBall(pub(super) Vec<u8>);

impl TarBall {
    pub(super) fn file(self, name: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Self {
        self.entry(b'0', name.as_ref(), b"", data.as_ref())
    }

    /// One header and what follows it.
    pub(super) fn entry(mut self, kind: u8, name: &[u8], link: &[u8], data: &[u8]) -> Self {
        self.0
            .extend(header(kind, name, link, data.len() as u64, *b"ustar\x0000"));
        self.0.extend(data);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    /// A POSIX extended header with these records.
    pub(super) fn pax(self, kind: u8, records: &[(&str, &str)]) -> Self {
        let record = |(key, value): &(&str, &str)| {
            let rest = format!(" {key}={value}\n");
            // The length counts its own digits.
            let digits = (1..9).find(|digits| (rest.len() + digits).to_string().len() == *digits);
            format!("{}{rest}", rest.len() + digits.unwrap())
        };
        let data = records.iter().map(record).collect::<String>();
        self.entry(kind, b"PaxHeaders/x", b"", data.as_bytes())
    }

    pub(super) fn tar(&self) -> Vec<u8> {
        [self.0.as_slice(), &[0; 1024]].concat()
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        gzip(&self.tar())
    }
}

pub(super) fn header(kind: u8, name: &[u8], link: &[u8], size: u64, magic: [u8; 8]) -> Vec<u8> {
    let mut header = vec![0; 512];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name);
    put(100, b"0000644\x000000000\x000000000\x00");
    put(124, format!("{size:011o}\0").as_bytes());
    put(136, b"00000000000\x00        ");
    put(156, &[kind]);
    put(157, link);
    put(257, &magic);
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

pub(super) fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut xz = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    xz.write_all(bytes).unwrap();
    xz.finish().unwrap()
}

pub(super) fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip2.write_all(bytes).unwrap();
    bzip2.finish().unwrap()
}

pub(super) fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// A frame of so many zeros: a block of one repeated byte, again and again (RFC 8878, 3.1.1.2).
pub(super) fn zstd_zeros(count: usize) -> Vec<u8> {
    const BLOCK: usize = 128 << 10;
    // A window of 1 MiB, no checksum.
    let mut frame = b"\x28\xb5\x2f\xfd\x00\x50".to_vec();
    for n in 0..count / BLOCK {
        let is_last = n + 1 == count / BLOCK;
        let header = u32::try_from(BLOCK).unwrap() << 3 | 1 << 1 | u32::from(is_last);
        frame.extend(&header.to_le_bytes()[..3]);
        frame.push(0);
    }
    frame
}
