//! Names of mistakes that a check gives and that are not explained at length.
//!
//! An exercise may have words and hints for each of them, and a slip in such a name would leave the words unused. Never
//! says what a mistake is.

/// Each name once, in the order of the alphabet. [`super::mistakes`] and `crate::mistakes::explained` have the others.
pub const BRIEFLY_NAMED: &[&str] = &[
    "aborted",
    "adds-to-a-copy",
    "asked-for-nothing",
    "async-main",
    "await-outside-async",
    "borrow-in-spawn",
    "borrowed-twice",
    "cell-across-threads",
    "channel-closed",
    "compile-error",
    "deadlock",
    "deadlock-after-panic",
    "disk-limit",
    "divide-by-zero",
    "endless-loop",
    "error-across-threads",
    "exit-code",
    "expect-failed",
    "files-changed",
    "files-left-out",
    "guard-across-threads",
    "index-out-of-bounds",
    "index-type",
    "invalid-memory",
    "join-by-reference",
    "last-line-too-long",
    "lock-without-unwrap",
    "main-panicked-thread",
    "memory-limit",
    "missing-mut",
    "missing-prelude",
    "missing-semicolon",
    "missing-trait",
    "missing-use",
    "module-file",
    "no-main",
    "no-runtime",
    "not-found",
    "not-started",
    "not-text",
    "not-utf8",
    "nothing-added",
    "number-types",
    "output-limit",
    "overflow",
    "panic",
    "parse-error",
    "permission-denied",
    "poisoned-lock",
    "processor-limit",
    "question-mark-in-main",
    "rc-across-threads",
    "read-in-part",
    "reads-standard-input",
    "semicolon-at-the-end",
    "shared-mutable",
    "signal",
    "sleeps",
    "stack-overflow",
    "text-for-number",
    "time-limit",
    "too-many-open-files",
    "too-many-threads",
    "total-not-last",
    "unknown-name",
    "unknown-type",
    "unpaired-bracket",
    "unresolved-crate",
    "unwrap-on-none",
    "use-after-move",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands between quotation marks and looks like a name of several words.
    fn names(source: &str) -> impl Iterator<Item = &str> {
        let own = source.split("#[cfg(test)]").next().unwrap_or_default();
        own.split('"').skip(1).step_by(2).filter(|text| {
            let mut words = text.split('-');
            text.contains('-')
                && words.all(|word| {
                    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase())
                })
        })
    }

    #[test]
    fn each_name_of_these_checks_is_listed() {
        let explained = super::super::mistakes().into_iter();
        let explained: Vec<String> = explained
            .chain(crate::mistakes::explained())
            .map(|mistake| mistake.name)
            .collect();
        let mut seen = 0;
        for source in [
            include_str!("build.rs"),
            include_str!("compile_error.rs"),
            include_str!("crash.rs"),
            include_str!("files_read.rs"),
            include_str!("run.rs"),
            include_str!("standing/advice.rs"),
        ] {
            for name in names(source) {
                seen += 1;
                let is_listed =
                    BRIEFLY_NAMED.contains(&name) || explained.iter().any(|other| other == name);
                assert!(is_listed, "`{name}` is given by a check and not listed");
            }
        }
        assert!(seen > 60, "{seen} names");
        assert!(BRIEFLY_NAMED.is_sorted());
        for name in BRIEFLY_NAMED {
            assert!(!explained.iter().any(|other| other == name), "{name}");
        }
    }
}
