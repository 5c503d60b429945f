//! The names of the functions in a program's file: its table of symbols, as the ELF format lays it out, and Rust's way
//! to write a path as a symbol.
//!
//! The file is made from what a stranger wrote. So every size has a bound, every place is checked, and what makes no
//! sense is left out.
//!
//! Formats: System V ABI, chapter 4 and 5 (ELF-64, little end first); *legacy symbol mangling* and *v0 symbol mangling* in
//! the rustc book. Of the latter only the names are read, in their order: enough to tell the functions of the standard
//! library from each other, which has them.

use std::{fs::File, os::unix::fs::FileExt as _};

/// The largest table that is read, in bytes.
const MOST_BYTES: u64 = 64 << 20;

/// The largest number of sections: a program has a few dozens.
const MOST_SECTIONS: u16 = 4096;

/// The longest name of a function, in characters. A longer one is cut.
const LONGEST_NAME: usize = 200;

/// Functions of a program, by their addresses.
pub(super) struct Symbols {
    /// Address and size of each function, and where its name is, in the order of addresses.
    functions: Vec<(u64, u64, usize)>,
    names: Vec<u8>,
    /// Whether the addresses count from where the program is loaded.
    pub(super) is_relocatable: bool,
}

impl Symbols {
    /// Read the table of a program. `None` if there is none.
    pub(super) fn read(file: &File) -> Option<Self> {
        Self::find(|offset, size| {
            let mut bytes = vec![0; usize::try_from(size).ok().filter(|_| size <= MOST_BYTES)?];
            file.read_exact_at(&mut bytes, offset).ok()?;
            Some(bytes)
        })
    }

    /// As [`Symbols::read`]; `bytes` gives a part of the file, by offset and size.
    fn find(bytes: impl Fn(u64, u64) -> Option<Vec<u8>>) -> Option<Self> {
        const EXECUTABLE: u64 = 2;
        const SHARED: u64 = 3;
        const SYMBOL_TABLE: u64 = 2;
        const FUNCTION: u8 = 2;
        let header = bytes(0, 64)?;
        // 64 bits, little end first.
        if header.get(..6)? != b"\x7fELF\x02\x01" {
            return None;
        }
        let kind = number(&header, 16, 2)?;
        if kind != EXECUTABLE && kind != SHARED {
            return None;
        }
        let sections_at = number(&header, 40, 8)?;
        let size = number(&header, 58, 2)?;
        let count = u16::try_from(number(&header, 60, 2)?).ok()?;
        if size != 64 || count > MOST_SECTIONS {
            return None;
        }
        let sections = bytes(sections_at, size * u64::from(count))?;
        let mut sections = sections.chunks_exact(64);
        let table = sections
            .clone()
            .find(|section| number(section, 4, 4) == Some(SYMBOL_TABLE))?;
        let names = sections.nth(usize::try_from(number(table, 40, 4)?).ok()?)?;
        let of = |section: &[u8]| bytes(number(section, 24, 8)?, number(section, 32, 8)?);
        let (table, names) = (of(table)?, of(names)?);
        let mut functions: Vec<_> = table
            .chunks_exact(24)
            .filter(|symbol| symbol[4] & 0xf == FUNCTION)
            .filter_map(|symbol| {
                let name = usize::try_from(number(symbol, 0, 4)?).ok()?;
                Some((number(symbol, 8, 8)?, number(symbol, 16, 8)?, name))
            })
            .collect();
        functions.sort_unstable();
        Some(Self {
            functions,
            names,
            is_relocatable: kind == SHARED,
        })
    }

    /// The function at an address, if it is one of Rust with a path that can be written out.
    pub(super) fn name(&self, address: u64) -> Option<String> {
        let after = self
            .functions
            .partition_point(|(start, ..)| *start <= address);
        let (start, size, name) = *self.functions.get(after.checked_sub(1)?)?;
        if address - start >= size {
            return None;
        }
        let name = self.names.get(name..)?;
        let end = name.iter().position(|&byte| byte == 0)?;
        demangled(std::str::from_utf8(&name[..end]).ok()?)
    }
}

/// A number of so many bytes, little end first.
fn number(bytes: &[u8], at: usize, size: usize) -> Option<u64> {
    let mut all = [0; 8];
    all.get_mut(..size)?
        .copy_from_slice(bytes.get(at..at.checked_add(size)?)?);
    Some(u64::from_le_bytes(all))
}

/// The path that a symbol stands for, without the hash at its end.
fn demangled(symbol: &str) -> Option<String> {
    let path = match symbol.strip_prefix("_R") {
        Some(symbol) => names(symbol).join("::"),
        None => legacy(symbol)?,
    };
    let mut path = path;
    if let Some((end, _)) = path.char_indices().nth(LONGEST_NAME) {
        path.truncate(end);
    }
    (!path.is_empty() && path.chars().all(|c| !c.is_control())).then_some(path)
}

/// The names in a symbol of version 0, in their order: each is its length, perhaps an underscore, and the name. The
/// hash of a crate begins with `s`, and what refers to an earlier part with `B`. Both end with an underscore, and their
/// digits are no length.
fn names(symbol: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = symbol;
    while let Some(sign) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix(['s', 'B']) {
            rest = after.split_once('_').map_or("", |(_, after)| after);
        } else if sign.is_ascii_digit() {
            let digits = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            let length = rest[..digits].parse().unwrap_or(usize::MAX);
            let after = rest[digits..].strip_prefix('_').unwrap_or(&rest[digits..]);
            let Some(name) = after.get(..length) else {
                break;
            };
            if !name.is_empty() {
                names.push(name);
            }
            rest = &after[length..];
        } else {
            rest = &rest[sign.len_utf8()..];
        }
    }
    names
}

/// The path that a symbol of the older kind stands for.
fn legacy(symbol: &str) -> Option<String> {
    let mut rest = symbol.strip_prefix("_ZN")?;
    let mut parts = Vec::new();
    while !rest.starts_with('E') {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let length: usize = rest[..digits].parse().ok()?;
        let end = digits.checked_add(length)?;
        parts.push(rest.get(digits..end)?);
        rest = &rest[end..];
    }
    let is_hash = |part: &&str| {
        part.len() == 17
            && part.starts_with('h')
            && part[1..].bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let parts = match parts.split_last() {
        Some((last, before)) if is_hash(last) => before,
        _ => &parts,
    };
    let path: Vec<String> = parts.iter().map(|part| unescaped(part)).collect();
    Some(path.join("::"))
}

/// One part of a path, with the signs that a symbol may not have: `$LT$` is `<`, `$u7b$` is the sign of this number, and
/// `..` is `::`. An underscore at the beginning stands before such a sign.
fn unescaped(part: &str) -> String {
    let part = match part.strip_prefix('_') {
        Some(rest) if rest.starts_with('$') => rest,
        _ => part,
    };
    let mut text = String::new();
    let mut rest = part;
    while let Some(sign) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("..") {
            text.push_str("::");
            rest = after;
            continue;
        }
        let escape = rest
            .strip_prefix('$')
            .and_then(|after| after.split_once('$'))
            .and_then(|(name, after)| Some((meaning(name)?, after)));
        if let Some((meaning, after)) = escape {
            text.push(meaning);
            rest = after;
        } else {
            text.push(sign);
            rest = &rest[sign.len_utf8()..];
        }
    }
    text
}

fn meaning(name: &str) -> Option<char> {
    Some(match name {
        "SP" => '@',
        "BP" => '*',
        "RF" => '&',
        "LT" => '<',
        "GT" => '>',
        "LP" => '(',
        "RP" => ')',
        "C" => ',',
        _ => char::from_u32(u32::from_str_radix(name.strip_prefix('u')?, 16).ok()?)
            .filter(|c| c.is_ascii_graphic() || *c == ' ')?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_symbol_becomes_the_path_that_it_stands_for() {
        for (symbol, path) in [
            ("_ZN4main4work17h91085a3d3b1424d8E", "main::work"),
            (
                "_ZN5crate4main28_$u7b$$u7b$closure$u7d$$u7d$17h91085a3d3b1424d8E",
                "crate::main::{{closure}}",
            ),
            (
                "_ZN49_$LT$alloc..boxed..Box$LT$F$GT$$u20$as$u20$Fn$GT$4call17h91085a3d3b1424d8E",
                "<alloc::boxed::Box<F> as Fn>::call",
            ),
            (
                "_RNvMNtNtNtNtCsjrHSEGnQ3l9_3std3sys4sync5mutex5futexNtB2_5Mutex14lock_contended",
                "std::sys::sync::mutex::futex::Mutex::lock_contended",
            ),
        ] {
            assert_eq!(demangled(symbol).as_deref(), Some(path), "{symbol}");
        }
        for no_path in [
            "main",
            "_ZN",
            "_ZN9xE",
            "_ZN1xE2",
            "_ZN99999999999999999999xE",
            "_ZNE",
        ] {
            assert!(
                demangled(no_path).is_none_or(|path| path == "x"),
                "{no_path}"
            );
        }
    }

    #[test]
    fn the_functions_of_this_program_are_found() {
        let file = File::open("/proc/self/exe").unwrap();
        let symbols = Symbols::read(&file).unwrap();
        let (start, size, _) = symbols
            .functions
            .iter()
            .copied()
            .find(|&(start, size, _)| size > 1 && symbols.name(start).is_some())
            .unwrap();
        assert_eq!(symbols.name(start), symbols.name(start + size - 1));
        assert!(symbols.name(0).is_none());
    }

    proptest! {
        #[test]
        fn any_symbol_is_read_without_a_panic(symbol in "(_ZN|_R)?[0-9a-zA-Z$_.é]{0,60}E?") {
            let _ = demangled(&symbol);
        }

        #[test]
        fn any_file_is_read_without_a_panic(
            changes in proptest::collection::vec((0usize..3000, any::<u8>()), 0..40),
            address in any::<u64>(),
        ) {
            let mut file = made_up();
            for (at, byte) in changes {
                let at = at % file.len();
                file[at] = byte;
            }
            let part = |offset: u64, size: u64| {
                let start = usize::try_from(offset).ok()?;
                let end = start.checked_add(usize::try_from(size).ok()?)?;
                file.get(start..end).map(<[u8]>::to_vec)
            };
            if let Some(symbols) = Symbols::find(part) {
                let _ = symbols.name(address);
                let _ = symbols.name(0x1008);
            }
        }
    }

    /// A file with a header, two sections, one function and its name.
    fn made_up() -> Vec<u8> {
        let mut file = vec![0; 400];
        let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, b"\x7fELF\x02\x01");
        put(16, &[3, 0]);
        put(40, &64_u64.to_le_bytes());
        put(58, &[64, 0, 2, 0]);
        // The table of symbols: kind, offset, size, and the number of the section with its names.
        put(64 + 4, &[2]);
        put(64 + 24, &200_u64.to_le_bytes());
        put(64 + 32, &24_u64.to_le_bytes());
        put(64 + 40, &[1]);
        put(128 + 4, &[3]);
        put(128 + 24, &300_u64.to_le_bytes());
        put(128 + 32, &40_u64.to_le_bytes());
        put(200, &[1, 0, 0, 0, 2]);
        put(208, &0x1000_u64.to_le_bytes());
        put(216, &0x10_u64.to_le_bytes());
        put(301, b"_ZN4main4work17h91085a3d3b1424d8E");
        file
    }

    #[test]
    fn a_function_has_its_range() {
        let file = made_up();
        let symbols = Symbols::find(|offset, size| {
            let start = usize::try_from(offset).ok()?;
            file.get(start..start + usize::try_from(size).ok()?)
                .map(<[u8]>::to_vec)
        });
        let symbols = symbols.unwrap();
        assert!(symbols.is_relocatable);
        assert_eq!(symbols.name(0x100f).as_deref(), Some("main::work"));
        assert_eq!(symbols.name(0x1010), None);
        assert_eq!(symbols.name(0xfff), None);
    }
}
