//! Texts with places for what is drawn: names of files, and their contents.
//!
//! Hides how a template is written. Never knows which file it makes.

use std::io::Write as _;

use crate::cpython::Random;

/// The fewest and the most letters of a `{word}`.
const WORD: (i64, i64) = (3, 8);
/// The most letters of a `{letters:N}`.
const MOST_LETTERS: u32 = 10_000;

/// A text with places for what is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// `{i}`: which of the files of one template it is, from 0, with so many digits at least.
    Index(usize),
    /// `{number:LOW..HIGH}`.
    Number(i64, i64),
    /// `{word}`.
    Word,
    /// `{letters:N}`.
    Letters(u32),
}

impl Template {
    /// Read a template.
    ///
    /// # Errors
    /// A place in braces is none that there is; the error is a predicate without full stop.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            plain.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('{') {
                plain.push('{');
                rest = after;
                continue;
            }
            let Some((place, after)) = rest.split_once('}') else {
                return Err("has a `{` without a `}`; write `{{` for a brace".to_owned());
            };
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(part(place)?);
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self(parts))
    }

    /// Whether it has an `{i}`.
    pub(super) fn has_index(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Index(_)))
    }

    /// Whether nothing in it is drawn, so that it can be a name.
    pub(super) fn is_fixed(&self) -> bool {
        let is_fixed = |part: &Part| matches!(part, Part::Text(_) | Part::Index(_));
        self.0.iter().all(is_fixed)
    }

    /// The most bytes that it makes.
    pub(super) fn most_bytes(&self) -> u64 {
        let bytes = |part: &Part| match part {
            Part::Text(text) => text.len(),
            Part::Index(digits) => (*digits).max(10),
            Part::Number(low, high) => low.to_string().len().max(high.to_string().len()),
            Part::Word => 8,
            Part::Letters(count) => *count as usize,
        };
        self.0.iter().map(|part| bytes(part) as u64).sum()
    }

    /// Append the text for the file with this number; what is drawn is drawn from left to right.
    pub(super) fn fill(&self, index: u32, random: &mut Random, out: &mut Vec<u8>) {
        for part in &self.0 {
            // Writing to memory cannot fail.
            match part {
                Part::Text(text) => out.extend_from_slice(text.as_bytes()),
                Part::Index(digits) => {
                    let _ = write!(out, "{index:0digits$}");
                }
                Part::Number(low, high) => {
                    let _ = write!(out, "{}", random.randint(*low, *high));
                }
                Part::Word => {
                    let letters = random.randint(WORD.0, WORD.1);
                    random.small_letters(u32::try_from(letters).unwrap_or_default(), out);
                }
                Part::Letters(count) => random.small_letters(*count, out),
            }
        }
    }

    /// The text for the file with this number, if nothing in it is drawn.
    pub(super) fn name(&self, index: u32) -> String {
        let text = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Index(digits) => format!("{index:0digits$}"),
            Part::Number(..) | Part::Word | Part::Letters(_) => String::new(),
        };
        self.0.iter().map(text).collect()
    }
}

/// What stands between two braces.
fn part(place: &str) -> Result<Part, String> {
    let wrong = || {
        format!(
            "has the place `{{{}}}`; places are `{{number:LOW..HIGH}}`, `{{word}}`, `{{letters:N}}`, `{{i}}` and `{{i:02}}`",
            place.escape_debug()
        )
    };
    match place.split_once(':') {
        None if place == "i" => Ok(Part::Index(1)),
        None if place == "word" => Ok(Part::Word),
        Some(("i", digits)) => {
            let digits = digits.strip_prefix('0').and_then(|text| text.parse().ok());
            let digits = digits.filter(|digits| (1..=9).contains(digits));
            digits.map(Part::Index).ok_or_else(wrong)
        }
        Some(("letters", count)) => {
            let count = count.parse().ok();
            let count = count.filter(|count| (1..=MOST_LETTERS).contains(count));
            count.map(Part::Letters).ok_or_else(|| {
                format!(
                    "has the place `{{{}}}`; N of `{{letters:N}}` is 1 to {MOST_LETTERS}",
                    place.escape_debug()
                )
            })
        }
        Some(("number", range)) => {
            let (low, high) = range.split_once("..").ok_or_else(wrong)?;
            match (low.parse(), high.parse()) {
                (Ok(low), Ok(high)) if low <= high => Ok(Part::Number(low, high)),
                (Ok(low), Ok(high)) => Err(format!(
                    "has the place `{{number:{low}..{high}}}`, and nothing lies between {low} and {high}"
                )),
                _ => Err(wrong()),
            }
        }
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, index: u32, seed: u64) -> String {
        let mut out = Vec::new();
        let template = Template::parse(text).unwrap();
        template.fill(index, &mut Random::seed(seed), &mut out);
        assert!(out.len() as u64 <= template.most_bytes());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn places_are_filled_and_the_rest_stays() {
        assert_eq!(filled("{{a} {i}-{i:03}}", 7, 0), "{a} 7-007}");
        assert_eq!(filled("{number:-3..-3}|", 0, 0), "-3|");
        for seed in 0..50 {
            let text = filled("{number:1..99} {word} {letters:4}", 0, seed);
            let parts: Vec<_> = text.split(' ').collect();
            assert!(
                (1..=99).contains(&parts[0].parse::<u32>().unwrap()),
                "{text}"
            );
            assert!(
                (3..=8).contains(&parts[1].len()) && parts[2].len() == 4,
                "{text}"
            );
            assert!(
                parts[1].bytes().all(|byte| byte.is_ascii_lowercase()),
                "{text}"
            );
        }
        assert_ne!(filled("{word}{word}", 0, 1), filled("{word}{word}", 0, 2));
    }

    #[test]
    fn what_is_no_place_is_refused_with_what_there_is() {
        for (wrong, word) in [
            ("{", "without a `}`"),
            ("a {x} b", "the place `{x}`"),
            ("{number}", "the place `{number}`"),
            ("{number:1}", "the place"),
            ("{number:5..1}", "nothing lies between 5 and 1"),
            ("{number:1..many}", "the place"),
            ("{letters:0}", "is 1 to 10000"),
            ("{letters:10001}", "is 1 to 10000"),
            ("{i:2}", "`{i:02}`"),
            ("{i:00}", "`{i:02}`"),
            ("{word:3}", "the place"),
        ] {
            let error = Template::parse(wrong).unwrap_err();
            assert!(error.contains(word), "{wrong}: {error}");
        }
    }
}
