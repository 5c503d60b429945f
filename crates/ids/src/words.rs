//! Parts of every message and of names: a number with its noun, the months, the characters that are visible, and names
//! in backticks.
//!
//! Never makes a whole sentence: each room has its own.

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

/// The word among `known` that was most likely meant by `word`: at most a third of its letters differ.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |other: &str| strsim::damerau_levenshtein(other, word);
    let nearest = known.into_iter().min_by_key(|other| distance(other))?;
    (distance(nearest) <= nearest.len().max(word.len()) / 3).then_some(nearest)
}

/// A foreign text for a place between backticks. Its own backticks are shown by their number, or it could end there and go on
/// as a sentence of ours.
#[must_use]
pub fn within_backticks(text: &str) -> String {
    text.replace('`', "\\u{60}")
}

/// The months in English, in small letters. A short form is the beginning of one, of three letters at least.
pub const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Whether a terminal draws the character as itself, and does nothing else with it.
#[must_use]
pub fn is_visible(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    // The standard library escapes invisible characters in `Debug`: controls, format characters (also those
    // that change the direction of text), unusual spaces, and unassigned characters. The character is tested
    // after another one, because a combining mark alone is escaped as well.
    let pair = ['a', c];
    let shows = pair.iter().collect::<String>().escape_debug().eq(pair);
    // These have a meaning, but are drawn as nothing: joiners, fillers, variation selectors.
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
    fn a_slip_in_a_word_is_told_from_another_word() {
        let meant = |word: &str| nearest(word, ["as-completed", "two-tasks"]);
        assert_eq!(meant("two-taks"), Some("two-tasks"));
        assert_eq!(meant("As-completed"), Some("as-completed"));
        assert_eq!(meant("old"), None);
        assert_eq!(nearest("old", []), None);
    }

    #[test]
    fn only_characters_that_are_drawn_as_themselves_are_visible() {
        for c in "aZ~ '\"\\é数🦀→…\u{301}\u{308}".chars() {
            assert!(is_visible(c), "{c:?}");
        }
        // Controls, format characters, marks of direction, unusual spaces, characters that are drawn as
        // nothing.
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
    fn a_text_between_backticks_does_not_end_them() {
        assert_eq!(within_backticks("a` is `b"), "a\\u{60} is \\u{60}b");
        assert_eq!(within_backticks("src/größe.rs"), "src/größe.rs");
    }

    #[test]
    fn one_is_singular_and_every_other_number_is_plural() {
        let counts = [
            count(0, "file"),
            count(1, "process"),
            count(2, "process"),
            count(2, "batch"),
        ];
        assert_eq!(counts, ["0 files", "1 process", "2 processes", "2 batches"]);
    }
}
