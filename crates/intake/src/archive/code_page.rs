//! Code page 437, in which a zip archive's names are if nothing else is said.
//!
//! Never fails: every byte is a character. The lower half is ASCII.

/// The characters of the bytes from 0x80 on.
const UPPER: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
    αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// The text that these bytes are.
pub(super) fn decode(bytes: &[u8]) -> String {
    let upper = UPPER.chars().collect::<Vec<_>>();
    let bytes = bytes.iter().map(|&byte| match byte.checked_sub(0x80) {
        None => char::from(byte),
        Some(at) => upper.get(usize::from(at)).copied().unwrap_or('\u{fffd}'),
    });
    bytes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_a_character() {
        assert_eq!(UPPER.chars().count(), 128);
        assert_eq!(decode(b"Gr\x94\xe1e.txt"), "Größe.txt");
        assert_eq!(decode(b"\x9abung1"), "Übung1");
        assert_eq!(decode(b"\x80\xb0\xdf\xfe\xff"), "Ç░▀■\u{a0}");
    }
}
