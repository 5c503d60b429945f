//! The guard before the text of a `Cargo.toml` is parsed.
//!
//! Hides the sizes and depths at which a TOML parser becomes expensive or unsafe. Two readers use it: the
//! search for the crate in this package, and the reader of the whole manifest in `compile`. Never parses.

/// The largest `Cargo.toml`, in bytes. An honest one has less than one KiB.
pub const LARGEST_MANIFEST: usize = 64 << 10;

/// The most dots. Each level of a table needs a dot or a bracket, brackets are limited by `toml`, and a tree
/// of several thousand levels (which 13 KB can hold) overflows the stack when it is dropped.
pub const MOST_DOTS: usize = 500;

/// Why bytes are not a text that is safe to parse as TOML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAManifest {
    /// It has so many bytes.
    TooLarge(usize),
    /// It is text in UTF-16, as PowerShell and Notepad write it.
    Utf16,
    /// It is neither UTF-8 nor UTF-16; the first bad byte is in this line.
    NotUtf8 {
        /// The line, counted from 1.
        line: usize,
    },
    /// It has more than [`MOST_DOTS`] dots.
    TooManyDots,
}

/// The bytes of a `Cargo.toml` as text that is safe to parse.
///
/// # Errors
/// The bytes are too many, are not UTF-8, or could become a tree that is too deep.
pub fn manifest_text(bytes: &[u8]) -> Result<&str, NotAManifest> {
    if bytes.len() > LARGEST_MANIFEST {
        return Err(NotAManifest::TooLarge(bytes.len()));
    }
    if is_utf16(bytes) {
        return Err(NotAManifest::Utf16);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = &bytes[..error.valid_up_to()];
        NotAManifest::NotUtf8 {
            line: 1 + good.split(|&byte| byte == b'\n').skip(1).count(),
        }
    })?;
    // Runs of dots count once: in a key, dots stand alone.
    if text.split('.').filter(|part| !part.is_empty()).count() > MOST_DOTS {
        return Err(NotAManifest::TooManyDots);
    }
    Ok(text)
}

/// Whether it starts with UTF-16's byte order mark, or with an ASCII character of two bytes.
fn is_utf16(bytes: &[u8]) -> bool {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [0, letter, ..] | [letter, 0, ..] => letter.is_ascii_graphic() || *letter == b'\n',
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf16_is_recognised_with_and_without_a_mark() {
        let text = "[package]\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [
            little.clone(),
            big.clone(),
            [&[0xff, 0xfe], little.as_slice()].concat(),
            [&[0xfe, 0xff], big.as_slice()].concat(),
        ] {
            assert_eq!(manifest_text(&bytes), Err(NotAManifest::Utf16));
        }
        assert_eq!(manifest_text(text.as_bytes()), Ok(text));
        assert_eq!(manifest_text(b""), Ok(""));
    }

    #[test]
    fn a_text_that_is_too_large_or_too_deep_is_not_parsed() {
        let line = |bytes: &[u8]| manifest_text(bytes).unwrap_err();
        assert_eq!(line(b"a\n\n\xe9"), NotAManifest::NotUtf8 { line: 3 });
        assert!(manifest_text(&vec![b'a'; LARGEST_MANIFEST]).is_ok());
        let large = LARGEST_MANIFEST + 1;
        assert_eq!(line(&vec![b'a'; large]), NotAManifest::TooLarge(large));
        assert!(manifest_text("a.".repeat(MOST_DOTS).as_bytes()).is_ok());
        let dots = "a.".repeat(MOST_DOTS + 1);
        assert_eq!(line(dots.as_bytes()), NotAManifest::TooManyDots);
    }
}
