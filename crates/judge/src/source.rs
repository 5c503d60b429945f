//! The source text of a submission, as a witness that chooses words.
//!
//! Other evidence decides every check. Where it does not tell two mistakes apart that need different words, the text
//! may; and it names the line to look at. rustc's own lexer reads it, so comments and texts in quotes are no code.
//! Never decides whether a check passes, and never looks at more than [`MOST_BYTES`].

use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};

/// The most text that is looked at. Programs of students are far smaller.
pub const MOST_BYTES: usize = 128 << 10;

/// How far a statement or a call is followed, in tokens: a hostile text takes no long time.
const FARTHEST: usize = 2000;

/// The Rust files of a submission, in byte order of their paths.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Source {
    files: Vec<(String, String)>,
}

/// A place in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spot<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    text: &'a str,
}

impl Spot<'_> {
    /// File and line.
    pub(crate) fn line(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }

    /// File, line and column.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}:{}", self.file, self.line, self.column)
    }

    /// File, line, and what is in that line.
    pub(crate) fn quoted(&self) -> String {
        quoted(&self.line(), self.text)
    }
}

/// A place, and what is in that line, for one line of a report.
pub(crate) fn quoted(place: &str, line: &str) -> String {
    /// The longest piece of a line that is shown, in characters.
    const LONGEST: usize = 100;
    let line = crate::check::shortened(line.trim(), LONGEST);
    format!("{place} is `{}`", ids::words::within_backticks(&line))
}

/// One token that is code.
#[derive(Debug, Clone, Copy)]
struct Token<'a> {
    text: &'a str,
    at: usize,
}

impl Source {
    /// The source in these files, each with its path. What exceeds [`MOST_BYTES`] in all is left out.
    #[must_use]
    pub fn new(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut left = MOST_BYTES;
        let fits = |(_, text): &(String, String)| {
            let fits = text.len() <= left;
            left -= if fits { text.len() } else { 0 };
            fits
        };
        Self {
            files: files.into_iter().filter(fits).collect(),
        }
    }

    /// Whether there is a `static mut`, which threads can change without a lock.
    #[must_use]
    pub fn has_static_mut(&self) -> bool {
        self.find(&["static", "mut"]).is_some()
    }

    /// A line of a file, counted from one.
    pub(crate) fn line(&self, path: &str, line: usize) -> Option<&str> {
        let (_, text) = self.files.iter().find(|(file, _)| file == path)?;
        text.lines().nth(line.checked_sub(1)?)
    }

    /// The first place where these tokens follow each other.
    pub(crate) fn find(&self, words: &[&str]) -> Option<Spot<'_>> {
        self.first(|tokens, at| starts_with(&tokens[at..], words).then_some(at))
    }

    /// The first call of a function of one of these names that is followed by these tokens, as in `spawn(…).join`. The
    /// place is that of what follows.
    pub(crate) fn find_after_call(&self, names: &[&str], then: &[&str]) -> Option<Spot<'_>> {
        self.first(|tokens, at| {
            if !names.contains(&tokens[at].text) || tokens.get(at + 1)?.text != "(" {
                return None;
            }
            let behind = closing(tokens, at + 1)? + 1;
            starts_with(&tokens[behind..], then).then_some(behind + then.len() - 1)
        })
    }

    /// The first place where a function calls itself.
    pub(crate) fn find_recursion(&self) -> Option<Spot<'_>> {
        self.first(|tokens, at| {
            let name = tokens.get(at + 1).filter(|_| tokens[at].text == "fn")?.text;
            let far = tokens.len().min(at + FARTHEST);
            // A declaration without a body ends at a semicolon.
            let is_open = |token: &Token<'_>| matches!(token.text, "{" | ";");
            let open = at + tokens[at..far].iter().position(is_open)?;
            let end = closing(tokens, open).filter(|_| tokens[open].text == "{")?;
            (open + 1..end).find(|&call| {
                // `other.name()` and `Other::name()` are most often other functions.
                let owner = match tokens[call - 1].text {
                    "." => tokens[call - 2].text == "self",
                    ":" => tokens[call - 3].text == "Self",
                    before => before != "fn",
                };
                owner && starts_with(&tokens[call..], &[name, "("])
            })
        })
    }

    /// The lines of the only function of this name in which these tokens follow each other, and its file.
    pub(crate) fn lines_in_function(
        &self,
        name: &str,
        words: &[&str],
    ) -> Option<(&str, Vec<usize>)> {
        let mut found = self.files.iter().filter_map(|(file, text)| {
            let tokens = tokens(text);
            let starts = (0..tokens.len()).filter(|&at| starts_with(&tokens[at..], &["fn", name]));
            let starts: Vec<usize> = starts.collect();
            let &[start] = starts.as_slice() else {
                return (starts.len() > 1).then(|| (file.as_str(), Vec::new()));
            };
            let open = start + tokens[start..].iter().position(|token| token.text == "{")?;
            let end = closing(&tokens, open)?;
            let lines = (open..end).filter(|&at| starts_with(&tokens[at..], words));
            let lines = lines.map(|at| {
                text[..tokens[at + words.len() - 1].at]
                    .matches('\n')
                    .count()
                    + 1
            });
            Some((file.as_str(), lines.collect()))
        });
        let only = found.next()?;
        found.next().is_none().then_some(only)
    }

    /// The first `print!` of a text that does not end with a line feed, in a program that never calls `flush`: what it
    /// prints stays in the buffer of standard output.
    pub(crate) fn find_unflushed_print(&self) -> Option<Spot<'_>> {
        if self.find(&["flush"]).is_some() {
            return None;
        }
        self.first(|tokens, at| {
            let is_print = starts_with(&tokens[at..], &["print", "!", "("]);
            let text = tokens.get(at + 3).filter(|_| is_print)?.text;
            (text.starts_with('"') && !text.ends_with("\\n\"")).then_some(at)
        })
    }

    /// Where a lock is taken: preferably one that seems to be held while `calls` are made.
    pub(crate) fn find_lock(&self, calls: &[&str]) -> Option<Spot<'_>> {
        self.find_held_lock(calls).or_else(|| {
            self.first(|tokens, at| starts_with(&tokens[at..], &LOCK).then_some(at + 1))
        })
    }

    /// Where a lock is taken that seems to be held while one of `calls` is made.
    pub(crate) fn find_held_lock(&self, calls: &[&str]) -> Option<Spot<'_>> {
        self.first(|tokens, at| {
            (starts_with(&tokens[at..], &LOCK) && is_held(tokens, at, calls)).then_some(at + 1)
        })
    }

    /// The first place of which the predicate, called with the tokens of a file and an index, gives the index.
    fn first(&self, place: impl Fn(&[Token<'_>], usize) -> Option<usize>) -> Option<Spot<'_>> {
        self.files.iter().find_map(|(file, text)| {
            let tokens = tokens(text);
            let found = (0..tokens.len()).find_map(|at| place(&tokens, at))?;
            let at = tokens[found].at;
            let before = &text[..at];
            let start = before.rfind('\n').map_or(0, |newline| newline + 1);
            Some(Spot {
                file,
                line: before.matches('\n').count() + 1,
                column: before[start..].chars().count() + 1,
                text: text[start..].lines().next().unwrap_or_default(),
            })
        })
    }
}

/// How a lock is taken.
const LOCK: [&str; 3] = [".", "lock", "("];

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut at = 0;
    tokenize(text, FrontmatterAllowed::No)
        .filter_map(|token| {
            let start = at;
            at += token.len as usize;
            let is_code = !matches!(
                token.kind,
                TokenKind::Whitespace
                    | TokenKind::LineComment { .. }
                    | TokenKind::BlockComment { .. }
            );
            is_code.then(|| Token {
                text: &text[start..at],
                at: start,
            })
        })
        .collect()
}

fn starts_with(tokens: &[Token<'_>], words: &[&str]) -> bool {
    tokens.len() >= words.len()
        && words
            .iter()
            .zip(tokens)
            .all(|(word, token)| *word == token.text)
}

/// How a token changes the depth of brackets.
fn step(token: &Token<'_>) -> i32 {
    match token.text {
        "(" | "[" | "{" => 1,
        ")" | "]" | "}" => -1,
        _ => 0,
    }
}

/// The bracket that closes the one at `open`.
fn closing(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    let mut depth = 0;
    let end = tokens.len().min(open + FARTHEST);
    (open..end).find(|&at| {
        depth += step(&tokens[at]);
        depth == 0
    })
}

/// Whether the guard of the lock at `at` seems to live while one of `calls` is made: the statement keeps it by `let`, or
/// it is in the head of a `while let`, `if let`, `match` or `for`, or the call is in the same statement.
fn is_held(tokens: &[Token<'_>], at: usize, calls: &[&str]) -> bool {
    let mut depth = 0;
    let first = at.saturating_sub(FARTHEST);
    let start = (first..at).rev().find(|&before| {
        let is_end = depth == 0 && matches!(tokens[before].text, ";" | "}");
        depth -= step(&tokens[before]);
        is_end || depth < 0
    });
    let start = start.map_or(first, |before| before + 1);
    let is_kept = tokens[start].text == "let" && {
        // `let guard = m.lock().unwrap();` keeps the guard, `let n = m.lock().unwrap().pop();` does not.
        let name = &tokens[at + 1..];
        let end = name.iter().position(|token| token.text == ";");
        let chain = &name[..end.unwrap_or(0)];
        let others = |token: &&Token<'_>| {
            matches!(
                token.text,
                "lock" | "(" | ")" | "." | "unwrap" | "expect" | "?"
            ) || token.text.starts_with('"')
        };
        tokens[start + 1].text != "_" && chain.iter().all(|token| others(&token))
    };
    let is_head = matches!(tokens[start].text, "while" | "match" | "for")
        || (tokens[start].text == "if" && tokens[start + 1].text == "let");
    // To the end of the block or of the statement; a guard that is dropped by name ends there.
    let mut depth = 0;
    let mut was_inside = false;
    let rest = tokens[at..].iter().take(FARTHEST).take_while(|token| {
        depth += step(token);
        let ends = depth < 0
            || token.text == "drop"
            || (!is_kept && !is_head && depth == 0 && token.text == ";")
            || (is_head && was_inside && depth == 0);
        was_inside |= depth > 0 && token.text == "{";
        !ends
    });
    let mut rest = rest.map(|token| token.text);
    rest.any(|text| calls.contains(&text))
}

#[cfg(test)]
mod tests;
