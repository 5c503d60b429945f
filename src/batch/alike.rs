//! The fingerprint of a submission's source without comments and formatting: two submissions that differ in
//! nothing else have the same one.
//!
//! rustc's own lexer reads the source. Text that is not Rust has a fingerprint too, so nothing fails here but
//! the reading of the private copy. Never says that a student copied: a short exercise has short solutions.

use std::iter;

use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};
use sha2::Digest as _;

use crate::fault::Fault;
use ids::Digest;
use intake::Snapshot;

/// The digest of all Rust source of a submission without its formatting; none if there is no source.
///
/// # Errors
/// The private copy cannot be read.
pub(super) fn source_fingerprint(snapshot: &Snapshot) -> Result<Option<Digest>, Fault> {
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

/// The tokens of Rust source without white space and comments. An iterator, since a file may have as many
/// tokens as it has bytes. A comma before a closing bracket is formatting too.
fn tokens(source: &str) -> impl Iterator<Item = &str> {
    let mut rest = source;
    let tokens = tokenize(source, FrontmatterAllowed::No).filter_map(move |token| {
        let (text, behind) = rest.split_at(token.len as usize);
        rest = behind;
        let is_formatting = matches!(
            token.kind,
            TokenKind::Whitespace | TokenKind::LineComment { .. } | TokenKind::BlockComment { .. }
        );
        (!is_formatting).then_some(text)
    });
    let mut tokens = tokens.peekable();
    iter::from_fn(move || {
        let token = tokens.next()?;
        let closes = |next: &&str| matches!(*next, ")" | "]" | "}");
        if token == "," && tokens.peek().is_some_and(closes) {
            return tokens.next();
        }
        Some(token)
    })
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
            ["'\"'", "'\\''", "'a", "'x'"]
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
        fn any_text_has_a_fingerprint(text in any::<String>(), rust in "[a-z\"'#/* \\\\\n(),br]{0,40}") {
            tokens_of(&text);
            tokens_of(&rust);
        }
    }
}
