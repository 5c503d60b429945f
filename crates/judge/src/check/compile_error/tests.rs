//! Errors as rustc 1.95 writes them, shortened.

use super::*;

fn explained(code: &str, message: &str, rendered: &str) -> Option<&'static str> {
    let error = Diagnostic {
        is_error: true,
        code: (!code.is_empty()).then(|| code.to_owned()),
        message: message.to_owned(),
        place: None,
        rendered: format!("error: {message}\n{rendered}"),
    };
    explain(&error).map(|known| known.diagnosis)
}

#[test]
fn errors_that_threads_bring_forth_are_known() {
    for (code, message, rendered, diagnosis) in [
        (
            "E0614",
            "type `Result<MutexGuard<'_, u64>, ...>` cannot be dereferenced",
            "",
            "lock-without-unwrap",
        ),
        (
            "E0373",
            "closure may outlive the current function, but it borrows `v`",
            "thread::spawn(|| v.len())",
            "borrow-in-spawn",
        ),
        (
            "E0597",
            "`v` does not live long enough",
            "argument requires that `v` is borrowed for `'static`",
            "borrow-in-spawn",
        ),
        (
            "E0716",
            "temporary value dropped while borrowed",
            "argument requires that borrow lasts for `'static`",
            "borrow-in-spawn",
        ),
        (
            "E0521",
            "borrowed data escapes outside of function",
            "argument requires that `'1` must outlive `'static`",
            "borrow-in-spawn",
        ),
        (
            "E0277",
            "`Rc<u64>` cannot be sent between threads safely",
            "",
            "rc-across-threads",
        ),
        (
            "E0277",
            "`RefCell<u64>` cannot be shared between threads safely",
            "",
            "cell-across-threads",
        ),
        (
            "E0277",
            "`std::sync::MutexGuard<'_, i32>` cannot be sent between threads safely",
            "",
            "guard-across-threads",
        ),
        (
            "E0382",
            "use of moved value: `v`",
            "value moved into closure here, in previous iteration of loop",
            "use-after-move",
        ),
        (
            "E0382",
            "borrow of moved value: `v`",
            "value moved into closure here",
            "use-after-move",
        ),
        (
            "E0499",
            "cannot borrow `t` as mutable more than once at a time",
            "borrows occur due to use of `t` in closure",
            "shared-mutable",
        ),
        (
            "E0594",
            "cannot assign to `t`, as it is a captured variable in a `Fn` closure",
            "",
            "shared-mutable",
        ),
        (
            "E0596",
            "cannot borrow data in an `Arc` as mutable",
            "",
            "shared-mutable",
        ),
        (
            "E0507",
            "cannot move out of `*h` which is behind a shared reference",
            "`*h` has type `JoinHandle<u64>`",
            "join-by-reference",
        ),
    ] {
        assert_eq!(
            explained(code, message, rendered),
            Some(diagnosis),
            "{message}"
        );
    }
}

#[test]
fn errors_of_names_types_and_spelling_are_known() {
    for (code, message, rendered, diagnosis) in [
        (
            "E0599",
            "no method named `par_iter` found for struct `Vec<u64>` in the current scope",
            "",
            "missing-prelude",
        ),
        (
            "E0599",
            "no method named `lines` found for struct `BufReader<R>` in the current scope",
            "trait `BufRead` which provides `lines` is implemented but not in scope; perhaps you want to import it",
            "missing-trait",
        ),
        (
            "E0433",
            "cannot find type `Arc` in this scope",
            "help: consider importing this struct",
            "missing-use",
        ),
        (
            "E0433",
            "cannot find module or crate `rayon` in this scope",
            "use of unresolved module or unlinked crate `rayon`",
            "unresolved-crate",
        ),
        (
            "E0425",
            "cannot find value `totl` in this scope",
            "",
            "unknown-name",
        ),
        (
            "E0308",
            "mismatched types",
            "expected `u64`, found `u32`",
            "number-types",
        ),
        (
            "E0308",
            "mismatched types",
            "expected `u64`, found `&str`",
            "text-for-number",
        ),
        (
            "E0308",
            "mismatched types",
            "help: remove this semicolon to return this value\nexpected `u64`, found `()`",
            "semicolon-at-the-end",
        ),
        ("E0277", "cannot add `u32` to `u64`", "", "number-types"),
        (
            "E0277",
            "the type `[u64]` cannot be indexed by `u64`",
            "",
            "index-type",
        ),
        (
            "E0369",
            "cannot multiply `&str` by `&str`",
            "",
            "text-for-number",
        ),
        (
            "",
            "expected `;`, found keyword `let`",
            "",
            "missing-semicolon",
        ),
        (
            "",
            "this file contains an unclosed delimiter",
            "",
            "unpaired-bracket",
        ),
        (
            "E0596",
            "cannot borrow `v` as mutable, as it is not declared as mutable",
            "",
            "missing-mut",
        ),
    ] {
        assert_eq!(
            explained(code, message, rendered),
            Some(diagnosis),
            "{message}"
        );
    }
}

#[test]
fn what_leaves_a_doubt_is_not_explained() {
    for (code, message, rendered) in [
        (
            "E0308",
            "mismatched types",
            "expected `Vec<u64>`, found `u64`",
        ),
        (
            "E0373",
            "closure may outlive the current function, but it borrows `v`",
            "returns a closure",
        ),
        (
            "E0597",
            "`v` does not live long enough",
            "borrowed value does not live long enough",
        ),
        (
            "E0599",
            "no method named `foo` found for struct `Vec<u64>` in the current scope",
            "",
        ),
        ("", "expected identifier, found `{`", ""),
        ("E0999", "expected `;`", ""),
    ] {
        assert_eq!(explained(code, message, rendered), None, "{message}");
    }
}

#[test]
fn every_explanation_says_what_is_wrong_and_what_to_try() {
    for (_, error) in KNOWN {
        assert!(
            !error.what.ends_with('.') && !error.hint.ends_with('.'),
            "{error:?}"
        );
        assert!(error.what.len() < 120, "{error:?}");
    }
}
