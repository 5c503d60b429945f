//! Errors of the compiler that exercises with threads bring forth, in words for a beginner.
//!
//! rustc's code and its words choose, and only where they leave no doubt. rustc's own text stays in the report: what is
//! said here stands beside it. Never decides whether a check passes.

use crate::evidence::Diagnostic;

/// An error of the compiler, explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CompileError {
    /// The name of the mistake.
    pub(super) diagnosis: &'static str,
    /// What is wrong, as a sentence without full stop.
    pub(super) what: &'static str,
    /// One thing to try.
    pub(super) hint: &'static str,
}

/// How an error is recognised: its code (empty for none), words of its message, and words of its whole text.
type Signs = (&'static str, &'static str, &'static str);

/// What is known, the more exact first.
const KNOWN: &[(Signs, CompileError)] = &[
    (("E0373", "", "spawn"), BORROW_IN_SPAWN),
    (("E0597", "", "'static"), LENT_TO_SPAWN),
    (("E0716", "", "'static"), LENT_TO_SPAWN),
    (("E0521", "", "'static"), LENT_TO_SPAWN),
    (
        ("E0277", "`Rc<", "between threads safely"),
        error(
            "rc-across-threads",
            "an `Rc` must not be used by several threads, because it counts its owners without protection",
            "take `std::sync::Arc` instead of `Rc`: it has the same methods",
        ),
    ),
    (
        ("E0277", "MutexGuard", "between threads safely"),
        error(
            "guard-across-threads",
            "a locked guard must stay in the thread that took the lock",
            "give the thread the `Mutex` (or an `Arc` of it), and call `lock()` inside the thread",
        ),
    ),
    (
        ("E0277", "dyn std::error::Error", "between threads safely"),
        error(
            "error-across-threads",
            "a thread returns an error of a type that may not go from one thread to another",
            "write `Box<dyn Error + Send + Sync>` as the type of the error",
        ),
    ),
    (
        ("E0277", "Cell<", "between threads safely"),
        CELL_ACROSS_THREADS,
    ),
    (
        ("E0382", "", "in previous iteration of loop"),
        error(
            "use-after-move",
            "the first turn of the loop gives the value away, so the next turn has none",
            "give each thread its own: make `let mine = Arc::clone(&value);` inside the loop and use `mine` in the \
             closure, or use `thread::scope`, whose threads may borrow",
        ),
    ),
    (
        ("E0382", "", "closure"),
        error(
            "use-after-move",
            "the closure took the value, so it cannot be used afterwards",
            "give the closure a clone (`Arc::clone(&value)`), or use `thread::scope` and no `move`, so that it borrows",
        ),
    ),
    (
        ("E0499", "as mutable more than once", "closure"),
        SHARED_MUTABLE,
    ),
    (
        ("E0594", "captured variable in a `Fn` closure", ""),
        SHARED_MUTABLE,
    ),
    (
        ("E0596", "captured variable in a `Fn` closure", ""),
        SHARED_MUTABLE,
    ),
    (("E0594", "in an `Arc`", ""), SHARED_MUTABLE),
    (("E0596", "in an `Arc`", ""), SHARED_MUTABLE),
    (("E0614", "`Result<MutexGuard", ""), LOCK_WITHOUT_UNWRAP),
    (("E0368", "`Result<MutexGuard", ""), LOCK_WITHOUT_UNWRAP),
    (("E0599", "`Result<MutexGuard", ""), LOCK_WITHOUT_UNWRAP),
    (("E0599", "no method named `par_", ""), MISSING_PRELUDE),
    (
        ("E0599", "no method named `into_par_iter`", ""),
        MISSING_PRELUDE,
    ),
    (
        ("E0599", "no method named", "use of it by adding"),
        MISSING_TRAIT,
    ),
    (
        ("E0599", "no method named", "perhaps you want to import"),
        MISSING_TRAIT,
    ),
    (
        ("E0599", "no method named", "trait which provides"),
        MISSING_TRAIT,
    ),
    (("E0425", "", "consider importing"), MISSING_USE),
    (("E0433", "", "consider importing"), MISSING_USE),
    (("E0433", "", "unlinked crate"), UNRESOLVED_CRATE),
    (("E0432", "", "unlinked crate"), UNRESOLVED_CRATE),
    (
        ("E0425", "cannot find value", ""),
        error(
            "unknown-name",
            "a variable is used that does not exist at this place",
            "compare the spelling, and check whether it was made inside another block `{ … }`",
        ),
    ),
    (
        ("E0277", "cannot be indexed by", ""),
        error(
            "index-type",
            "an index has to be a `usize`",
            "make the index a `usize`, or convert it where it is used: `list[i as usize]`",
        ),
    ),
    (("E0277", "to `u64`", "cannot add `u"), NUMBER_TYPES),
    (("E0277", "to `u32`", "cannot add `u"), NUMBER_TYPES),
    (("E0277", "to `usize`", "cannot add `u"), NUMBER_TYPES),
    (("E0277", "to `i64`", "cannot add `"), NUMBER_TYPES),
    (("E0277", "by `u", "cannot multiply `u"), NUMBER_TYPES),
    (("E0369", "cannot multiply `&str`", ""), TEXT_FOR_NUMBER),
    (("E0369", "cannot multiply `String`", ""), TEXT_FOR_NUMBER),
    (
        ("E0369", "cannot add `&str` to `&str`", ""),
        TEXT_FOR_NUMBER,
    ),
    (
        ("E0277", "the `?` operator can only be used", ""),
        error(
            "question-mark-in-main",
            "`?` returns an error from the function, and this function returns none",
            "let the function return `Result<(), Box<dyn std::error::Error>>` and end it with `Ok(())`, or use `unwrap()`",
        ),
    ),
    (
        ("E0728", "", ""),
        error(
            "await-outside-async",
            "`.await` is used in a function that is not `async`",
            "write `async fn`, and `#[tokio::main]` before `async fn main`",
        ),
    ),
    (
        ("E0752", "", ""),
        error(
            "async-main",
            "`main` cannot be `async` by itself",
            "write `#[tokio::main]` in the line before it, or use threads and no `async`",
        ),
    ),
    (
        ("E0507", "", "JoinHandle"),
        error(
            "join-by-reference",
            "`join` takes the handle away, and here it is only borrowed",
            "go over the handles themselves: `for handle in handles`, or `handles.into_iter()`",
        ),
    ),
    (("E0384", "", ""), MISSING_MUT),
    (
        ("E0596", "as it is not declared as mutable", ""),
        MISSING_MUT,
    ),
    (
        ("E0594", "as it is not declared as mutable", ""),
        MISSING_MUT,
    ),
    (
        ("E0308", "", "remove this semicolon to return this value"),
        error(
            "semicolon-at-the-end",
            "the function returns nothing, because its last line ends with a semicolon",
            "take the semicolon of the last line away",
        ),
    ),
    (("E0282", "", ""), UNKNOWN_TYPE),
    (("E0283", "", ""), UNKNOWN_TYPE),
    (("E0284", "", ""), UNKNOWN_TYPE),
    (
        ("E0583", "", ""),
        error(
            "module-file",
            "a `mod` line names a file that is not there",
            "compare the name of the file with the name of the module, in small and capital letters too: \
             `mod parser;` is the file `src/parser.rs`",
        ),
    ),
    (
        ("E0601", "", ""),
        error(
            "no-main",
            "there is no function `main`, where a program starts",
            "write `fn main() { … }` in `src/main.rs`",
        ),
    ),
    (
        ("", "expected `;`", ""),
        error(
            "missing-semicolon",
            "a semicolon is missing",
            "look at the end of the line that the compiler shows, and at the line before it",
        ),
    ),
    (("", "unclosed delimiter", ""), UNPAIRED_BRACKET),
    (("", "unexpected closing delimiter", ""), UNPAIRED_BRACKET),
    (("", "mismatched closing delimiter", ""), UNPAIRED_BRACKET),
];

const fn error(diagnosis: &'static str, what: &'static str, hint: &'static str) -> CompileError {
    CompileError {
        diagnosis,
        what,
        hint,
    }
}

const BORROW_IN_SPAWN: CompileError = error(
    "borrow-in-spawn",
    "a thread borrows a variable, and the thread may live longer than the variable",
    "write `move` before the `|` of the closure, so that the thread owns what it uses (a clone or an `Arc` of what \
     others need too); or use `thread::scope`, whose threads may borrow",
);

const LENT_TO_SPAWN: CompileError = error(
    "borrow-in-spawn",
    "a thread gets a reference to a variable, and the thread may live longer than the variable",
    "give the thread something of its own: a clone, an `Arc`, or `to_vec()` of a part of a list; or use \
     `thread::scope`, whose threads may borrow",
);

const CELL_ACROSS_THREADS: CompileError = error(
    "cell-across-threads",
    "a `Cell` or `RefCell` must not be used by several threads, because nothing protects its value",
    "take a `Mutex` or an atomic such as `AtomicU64` instead",
);

const SHARED_MUTABLE: CompileError = error(
    "shared-mutable",
    "several threads want to change the same variable",
    "let each thread return its own sum, and add up what they return; or put the variable into a `Mutex` or an atomic",
);

const LOCK_WITHOUT_UNWRAP: CompileError = error(
    "lock-without-unwrap",
    "`lock()` gives a `Result`, and the value is inside it",
    "write `.unwrap()` behind `.lock()`: `let mut total = total.lock().unwrap();`",
);

const MISSING_PRELUDE: CompileError = error(
    "missing-prelude",
    "rayon's methods, such as `par_iter`, are not imported",
    "write `use rayon::prelude::*;` at the top of the file",
);

const MISSING_TRAIT: CompileError = error(
    "missing-trait",
    "the method belongs to a trait that is not imported",
    "add the `use` line that the compiler names after `help`, such as `use std::io::Read;`",
);

const MISSING_USE: CompileError = error(
    "missing-use",
    "a name is used that was not imported",
    "add the `use` line that the compiler names after `help`",
);

const UNRESOLVED_CRATE: CompileError = error(
    "unresolved-crate",
    "a crate is used that is not in `Cargo.toml`",
    "list it under `[dependencies]` in `Cargo.toml` if the course has it, or write `mod …;` if it is a file of your own",
);

const NUMBER_TYPES: CompileError = error(
    "number-types",
    "two kinds of numbers are mixed, and Rust converts none by itself",
    "use one type from the beginning, such as `u64`: `parse::<u64>()`. Or convert: `u64::from(x)`, `x as u64`",
);

const TEXT_FOR_NUMBER: CompileError = error(
    "text-for-number",
    "the program computes with text; a line of a file is text until it is parsed",
    "turn each line into a number first: `line.trim().parse::<u64>()`",
);

const MISSING_MUT: CompileError = error(
    "missing-mut",
    "a variable is changed that was made without `mut`",
    "write `let mut` where it is made",
);

const UNKNOWN_TYPE: CompileError = error(
    "unknown-type",
    "the compiler cannot find out which type is meant",
    "say it: `let total: u64 = …`, `.sum::<u64>()` or `.parse::<u64>()`",
);

const UNPAIRED_BRACKET: CompileError = error(
    "unpaired-bracket",
    "a bracket has no partner: one of `(`, `[`, `{` is not closed, or closed twice",
    "let your editor or `cargo fmt` indent the file: the line where the indentation goes wrong is near the mistake",
);

/// Explain an error, if it is one that is known.
pub(super) fn explain(error: &Diagnostic) -> Option<CompileError> {
    let code = error.code.as_deref().unwrap_or_default();
    if code == "E0308"
        && let Some(mismatch) = mismatch(&error.rendered)
    {
        return Some(mismatch);
    }
    let fits = |((known, message, text), _): &&(Signs, CompileError)| {
        *known == code && error.message.contains(message) && error.rendered.contains(text)
    };
    KNOWN.iter().find(fits).map(|(_, error)| *error)
}

/// Two types of which one was expected: numbers of two kinds, or text where a number is expected.
fn mismatch(rendered: &str) -> Option<CompileError> {
    let (_, rest) = rendered.split_once("expected `")?;
    let (expected, rest) = rest.split_once('`')?;
    let rest = rest.strip_prefix(", found `")?;
    let (found, _) = rest.split_once('`')?;
    let is_number = |name: &str| {
        matches!(
            name,
            "u8" | "u16"
                | "u32"
                | "u64"
                | "u128"
                | "usize"
                | "i8"
                | "i16"
                | "i32"
                | "i64"
                | "i128"
                | "isize"
                | "f32"
                | "f64"
        )
    };
    if !is_number(expected) {
        return None;
    }
    match found {
        _ if is_number(found) => Some(NUMBER_TYPES),
        "&str" | "String" | "&String" => Some(TEXT_FOR_NUMBER),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
