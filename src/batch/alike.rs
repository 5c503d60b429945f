//! The shape of a program: its source without comments and formatting, so that two that differ in
//! nothing else are seen to be alike.
//!
//! A lexer by hand, of just what is needed: it knows comments, strings, characters and words, and
//! takes everything else as one sign each. Text that is not Rust has a shape as well; nothing here can
//! fail.
//! Never says that somebody copied; a short exercise has short solutions.

use std::iter;

use sha2::Digest as _;

use crate::fault::Fault;
use ids::Digest;
use intake::Snapshot;

/// The digest of all Rust source of a submission without its formatting; none if there is no source.
///
/// # Errors
/// The private copy cannot be read.
pub(super) fn shape(snapshot: &Snapshot) -> Result<Option<Digest>, Fault> {
    let mut hasher = sha2::Sha256::new();
    let mut any = false;
    for file in snapshot.files() {
        let is_rust = std::path::Path::new(&file.path)
            .extension()
            .is_some_and(|extension| extension == "rs");
        if !is_rust {
            continue;
        }
        let bytes = snapshot.read(&file.path)?.unwrap_or_default();
        for token in tokens(&String::from_utf8_lossy(&bytes)) {
            any = true;
            hasher.update(token.as_bytes());
            hasher.update([0]);
        }
    }
    Ok(any.then(|| Digest::finish(hasher)))
}

/// The words and signs of Rust source, without white space and comments, one by one as they are read: a file
/// may have as many as it has bytes. A comma before a closing bracket is formatting too.
fn tokens(source: &str) -> impl Iterator<Item = &str> {
    let mut rest = source;
    let signs = iter::from_fn(move || {
        let (token, behind) = next(rest)?;
        rest = behind;
        Some(token)
    });
    let mut signs = signs.peekable();
    iter::from_fn(move || {
        let token = signs.next()?;
        let is_closed = |next: &&str| matches!(*next, ")" | "]" | "}");
        if token == "," && signs.peek().is_some_and(is_closed) {
            return signs.next();
        }
        Some(token)
    })
}

/// The first word or sign of `rest`, and what is behind it.
fn next(mut rest: &str) -> Option<(&str, &str)> {
    while let Some(first) = rest.chars().next() {
        let length = if first.is_whitespace() {
            rest = &rest[first.len_utf8()..];
            continue;
        } else if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
            continue;
        } else if rest.starts_with("/*") {
            rest = &rest[block_comment(rest)..];
            continue;
        } else if let Some(length) = string(rest) {
            length
        } else if first == '\'' {
            quote(rest)
        } else if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        return Some(rest.split_at(length));
    }
    None
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of a block comment, which may hold others. One without end is all that is left.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let here = &text[at..];
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of a string at the start of `text`: plain, raw, of bytes or for C.
fn string(text: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        text.strip_prefix(prefix).is_some_and(|rest| {
            let is_raw = prefix.ends_with('r');
            rest.starts_with('"') || is_raw && rest.trim_start_matches('#').starts_with('"')
        })
    })?;
    let rest = &text[prefix.len()..];
    let body = if prefix.ends_with('r') {
        let hashes = rest.len() - rest.trim_start_matches('#').len();
        let end = format!("\"{}", "#".repeat(hashes));
        let open = hashes + 1;
        rest[open..]
            .find(&end)
            .map_or(rest.len(), |at| open + at + end.len())
    } else {
        escaped_until(rest, '"')
    };
    Some(prefix.len() + body)
}

/// The length of a character, or of a lifetime's tick, at the start of `text`.
fn quote(text: &str) -> usize {
    let mut inside = text.chars().skip(1);
    match (inside.next(), inside.next()) {
        (Some('\\'), _) => escaped_until(text, '\''),
        (Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 1,
    }
}

/// The length up to and with the second `end` that no backslash stands before.
fn escaped_until(text: &str, end: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if is_escaped {
            is_escaped = false;
        } else if c == '\\' {
            is_escaped = true;
        } else if c == end {
            return at + c.len_utf8();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens_of(source: &str) -> Vec<&str> {
        tokens(source).collect()
    }

    #[test]
    fn formatting_and_comments_do_not_count() {
        let plain = tokens_of("fn main(){let x=vec![1,2];println!(\"{}\",x[0])}");
        let pretty = tokens_of(
            "//! what it does\nfn main( ) { // here\n  let x = vec![\n 1, /* a /* b */ c */ 2,\n];\n\
             println!(\"{}\", x[0])\n}\n",
        );
        assert_eq!(plain, pretty);
    }

    #[test]
    fn what_is_in_strings_counts() {
        assert_ne!(tokens_of("\"a  b\""), tokens_of("\"a b\""));
        assert_eq!(
            tokens_of("\"// no \\\" comment\" x"),
            ["\"// no \\\" comment\"", "x"]
        );
        assert_eq!(tokens_of("r#\"a \" b\"# y"), ["r#\"a \" b\"#", "y"]);
        assert_eq!(tokens_of("br\"/*\" z"), ["br\"/*\"", "z"]);
        assert_eq!(
            tokens_of("'\"' '\\'' 'a 'x'"),
            ["'\"'", "'\\''", "'", "a", "'x'"]
        );
        assert_eq!(tokens_of("bread r"), ["bread", "r"]);
    }

    #[test]
    fn names_and_numbers_count() {
        assert_ne!(tokens_of("let a = 1;"), tokens_of("let b = 1;"));
        assert_ne!(tokens_of("let a = 1;"), tokens_of("let a = 2;"));
        assert_ne!(tokens_of("ab"), tokens_of("a b"));
    }

    #[test]
    fn one_comma_before_a_closing_bracket_does_not_count() {
        assert_eq!(tokens_of("(a,)"), ["(", "a", ")"]);
        assert_eq!(tokens_of("(a,,)"), ["(", "a", ",", ")"]);
        assert_eq!(tokens_of("[,] , /* c */ }"), ["[", "]", "}"]);
        assert_eq!(tokens_of("a,"), ["a", ","]);
    }

    proptest! {
        #[test]
        fn any_text_has_a_shape(text in any::<String>(), rust in "[a-z\"'#/* \\\\\n(),br]{0,40}") {
            tokens_of(&text);
            tokens_of(&rust);
        }
    }
}
