//! Unsafe code is in a few modules that are named here, and every block of it is argued for.

use std::collections::BTreeSet;

use syn::{
    spanned::Spanned as _,
    visit::{self, Visit},
};

use crate::repository::{files, read};

/// The files of the program and its crates that have unsafe code.
const WITH_UNSAFE_CODE: &[&str] = &[
    "crates/observer/src/memory.rs",
    "crates/observer/src/seccomp/notify.rs",
    "crates/observer/src/sys.rs",
    "crates/sandbox/src/self_test/attempt.rs",
    "crates/sandbox/src/self_test/kernel.rs",
    "crates/sandbox/src/self_test/processes.rs",
    "crates/sandbox/src/self_test/table.rs",
    "crates/sandbox/src/sys.rs",
    "crates/test-support/src/listener.rs",
    "crates/test-support/src/others.rs",
];

/// The reason stands at most so many lines above the block.
const REASON_WITHIN: usize = 6;

/// The lines on which unsafe code begins.
#[derive(Default)]
struct Found {
    blocks: Vec<usize>,
    others: Vec<usize>,
}

impl<'ast> Visit<'ast> for Found {
    fn visit_expr_unsafe(&mut self, block: &'ast syn::ExprUnsafe) {
        self.blocks.push(block.unsafe_token.span.start().line);
        visit::visit_expr_unsafe(self, block);
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        if let syn::Safety::Unsafe(word) = &signature.safety {
            self.others.push(word.span.start().line);
        }
        visit::visit_signature(self, signature);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.others
            .extend(item.unsafety.map(|word| word.span.start().line));
        visit::visit_item_impl(self, item);
    }

    fn visit_item_foreign_mod(&mut self, item: &'ast syn::ItemForeignMod) {
        self.others.push(item.span().start().line);
        visit::visit_item_foreign_mod(self, item);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        fn search(tokens: proc_macro2::TokenStream, blocks: &mut Vec<usize>) {
            for token in tokens {
                match token {
                    proc_macro2::TokenTree::Group(group) => search(group.stream(), blocks),
                    proc_macro2::TokenTree::Ident(word) if word == "unsafe" => {
                        blocks.push(word.span().start().line);
                    }
                    _ => {}
                }
            }
        }
        search(call.tokens.clone(), &mut self.blocks);
    }
}

/// What is wrong with a file, and whether it has unsafe code.
fn problems(path: &str, text: &str, listed: &[&str]) -> (Vec<String>, bool) {
    let mut found = Found::default();
    let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
    found.visit_file(&parsed);
    let has_any = !found.blocks.is_empty() || !found.others.is_empty();
    let mut problems = Vec::new();
    if has_any && !listed.contains(&path) {
        problems.push(format!("{path} has unsafe code and is not on the list"));
    }
    let lines: Vec<&str> = text.lines().collect();
    for line in found.blocks.into_iter().chain(found.others) {
        let before = &lines[(line - 1).saturating_sub(REASON_WITHIN)..line];
        let is_argued_for = before
            .iter()
            .any(|line| line.contains("// SAFETY:") || line.contains("# Safety"));
        if !is_argued_for {
            problems.push(format!(
                "{path}:{line} is unsafe without a `SAFETY` comment"
            ));
        }
    }
    (problems, has_any)
}

#[test]
fn unsafe_code_is_in_listed_modules_and_argued_for() {
    let mut wrong = Vec::new();
    let mut unused: BTreeSet<&str> = WITH_UNSAFE_CODE.iter().copied().collect();
    for file in [files("src", &[".rs"]), files("crates", &[".rs"])].concat() {
        if file.components().any(|part| part.as_os_str() == "tests") && !file.starts_with("src") {
            continue;
        }
        let path = file.to_str().unwrap();
        let (problems, has_any) = problems(path, &read(path), WITH_UNSAFE_CODE);
        wrong.extend(problems);
        if has_any {
            unused.remove(path);
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(
        unused.is_empty(),
        "these have no unsafe code, take them off the list: {unused:?}"
    );
}

#[test]
fn unsafe_code_is_found_where_it_must_not_be_and_without_a_reason() {
    let told = |text: &str| problems("a.rs", text, &["a.rs"]).0;
    assert_eq!(
        told("fn f() {\n    // SAFETY: it is harmless.\n    unsafe { g() }\n}"),
        [""; 0]
    );
    assert_eq!(
        told("fn f() {\n    unsafe { g() }\n}"),
        ["a.rs:2 is unsafe without a `SAFETY` comment"]
    );
    for bare in [
        "unsafe fn f() {}",
        "unsafe impl Send for A {}",
        "unsafe extern \"C\" { fn g(); }",
        "m! { unsafe { g() } }",
    ] {
        assert_eq!(
            told(bare),
            ["a.rs:1 is unsafe without a `SAFETY` comment"],
            "{bare}"
        );
    }
    let (elsewhere, _) = problems(
        "b.rs",
        "fn f() {\n    // SAFETY: no.\n    unsafe { g() }\n}",
        &["a.rs"],
    );
    assert_eq!(elsewhere, ["b.rs has unsafe code and is not on the list"]);
}
