//! Which names a package, its targets and its dependencies may have.
//!
//! Hides Rust's reserved words. What passes is safe in an argument of rustc's: letters and digits of any
//! script, as cargo and rustc take them, but no `=`, `:`, `,` or leading `-`. Errors are worded to follow "the … `x` ".

/// The longest name in bytes: it becomes a file name.
const LONGEST: usize = 64;

/// Words of the language in any edition, as cargo lists them, and the lone underscore.
const KEYWORDS: &[&str] = &[
    "Self", "_", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if",
    "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
    "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Crates that come with the compiler.
const BUILT_IN: &[&str] = &["alloc", "core", "proc_macro", "std", "test"];

/// Names of cargo's own folders, which it refuses for a program.
const FOLDERS: &[&str] = &["build", "deps", "examples", "incremental"];

type NameCheck = Result<(), String>;

fn no<T>(why: &str) -> Result<T, String> {
    Err(why.to_owned())
}

/// A package's name.
pub(super) fn package(name: &str) -> NameCheck {
    spelling(name)?;
    no_digit_first(name)
}

/// A program's name. Nobody writes it in a `use`, so it may be a reserved word, as in cargo.
pub(super) fn binary(name: &str) -> NameCheck {
    spelling(name)?;
    if name == "_" {
        return no("has no letter");
    }
    if FOLDERS.contains(&name) {
        return no("is the name of one of cargo's own folders");
    }
    Ok(())
}

/// A library's name.
pub(super) fn library(name: &str) -> NameCheck {
    if name.contains('-') {
        return no("has a `-`, which the name of a library must not have");
    }
    in_use(name)
}

/// A name that stands in `use`, once each `-` is a `_`. In `--extern`, rustc takes ASCII alone.
pub(super) fn in_use(name: &str) -> NameCheck {
    spelling(name)?;
    if let Some(bad) = name.chars().find(|c| !c.is_ascii()) {
        return Err(format!(
            "has the character {bad:?}; in the name of a library, letters are a to z and A to Z"
        ));
    }
    no_digit_first(name)?;
    reserved(name)
}

fn spelling(name: &str) -> NameCheck {
    if name.is_empty() {
        return no("is empty");
    }
    if name.len() > LONGEST {
        return Err(format!("is longer than {LONGEST} bytes"));
    }
    // The same that rustc takes: no combining marks, and nothing that cannot be seen.
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    if let Some(bad) = name.chars().find(|&c| !allowed(c)) {
        return Err(format!(
            "has the character {bad:?}; allowed are letters, digits, `-` and `_`"
        ));
    }
    if name.starts_with('-') {
        return no("starts with `-`");
    }
    Ok(())
}

fn no_digit_first(name: &str) -> NameCheck {
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return no("starts with a digit");
    }
    Ok(())
}

fn reserved(name: &str) -> NameCheck {
    let name = name.replace('-', "_");
    if KEYWORDS.contains(&name.as_str()) {
        return no("is a reserved word of Rust");
    }
    if BUILT_IN.contains(&name.as_str()) {
        return no("is the name of a crate that comes with Rust");
    }
    Ok(())
}

/// A feature's name, as one may ask for it.
pub(super) fn is_feature(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '.');
    (1..=LONGEST).contains(&name.len())
        && name.chars().all(allowed)
        && !name.starts_with(['-', '.'])
}
