//! Text of a submission in XML: as the text of an element, or as the value of an attribute.
//!
//! What is not plainly visible is shown by its number before, so no character is left that XML forbids. The signs that
//! XML gives a meaning become references. This is the only place that makes text fit for XML.

use crate::escape::{escape_block, escape_line};

/// The text of an element. Line breaks stay.
pub(crate) fn text(text: &str) -> String {
    referenced(&escape_block(text))
}

/// The value of an attribute between double quotes, in one line.
pub(crate) fn attribute(text: &str) -> String {
    referenced(&escape_line(text))
}

fn referenced(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => written += "&amp;",
            '<' => written += "&lt;",
            // `]]>` may not stand in text.
            '>' => written += "&gt;",
            '"' => written += "&quot;",
            c => written.push(c),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_ends_an_element_or_a_value() {
        let attack = "\"/><failure>]]>&amp;\n\u{0}\u{b}\u{fffe}";
        assert_eq!(
            text(attack),
            "&quot;/&gt;&lt;failure&gt;]]&gt;&amp;amp;\n\\u{0}\\u{b}\\u{fffe}"
        );
        assert!(!attribute(attack).contains(['\n', '"', '<']));
    }

    proptest! {
        #[test]
        fn only_characters_that_xml_allows_are_left(string in any::<String>()) {
            let is_allowed = |c: char| matches!(c,
                '\n' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
            prop_assert!(text(&string).chars().all(is_allowed));
        }
    }
}
