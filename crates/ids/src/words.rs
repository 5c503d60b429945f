//! What every sentence is made of: a number and its noun, and characters that can be seen.
//!
//! Never says a sentence; each is its room's own.

/// `1 file`, `2 files`, `0 files`.
#[must_use]
pub fn count(n: usize, noun: &str) -> String {
    format!("{n} {}", plural(n, noun))
}

/// `file` for one, `files` for none or several.
#[must_use]
pub fn plural(n: usize, noun: &str) -> String {
    if n == 1 {
        noun.to_owned()
    } else if noun.ends_with(['s', 'x']) || noun.ends_with("ch") || noun.ends_with("sh") {
        format!("{noun}es")
    } else {
        format!("{noun}s")
    }
}

/// Whether a terminal draws the character, as what it is, and does nothing else with it.
#[must_use]
pub fn is_visible(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    // The standard library escapes in `Debug` what does not show: controls, format characters (those that
    // turn the direction of text among them), spaces that are no space, what has no meaning of its own.
    // After another character, because a combining mark alone is escaped as well.
    let pair = ['a', c];
    let shows = pair.iter().collect::<String>().escape_debug().eq(pair);
    // And what is drawn as nothing, though it has a meaning: joiners, fillers, variation selectors.
    shows
        && !matches!(c,
            '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E0FFF}' | '\u{F0000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_as_itself_is_visible_and_nothing_else() {
        for c in "aZ~ '\"\\é数🦀→…\u{301}\u{308}".chars() {
            assert!(is_visible(c), "{c:?}");
        }
        // Controls, formats, marks of direction, spaces that are none, what is drawn as nothing.
        for c in [
            '\0',
            '\n',
            '\u{1b}',
            '\u{7f}',
            '\u{9b}',
            '\u{a0}',
            '\u{ad}',
            '\u{61c}',
            '\u{600}',
            '\u{890}',
            '\u{200b}',
            '\u{200d}',
            '\u{2028}',
            '\u{202e}',
            '\u{2066}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{fffb}',
            '\u{110bd}',
            '\u{13430}',
            '\u{1bca0}',
            '\u{1d173}',
            '\u{e000}',
            '\u{e0041}',
        ] {
            assert!(!is_visible(c), "{c:?}");
        }
    }

    #[test]
    fn one_is_one_and_all_else_is_several() {
        let told = [
            count(0, "file"),
            count(1, "process"),
            count(2, "process"),
            count(2, "batch"),
        ];
        assert_eq!(told, ["0 files", "1 process", "2 processes", "2 batches"]);
    }
}
