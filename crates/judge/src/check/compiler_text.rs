//! What is shown of an error of the compiler: its words without what helps no beginner.
//!
//! Left out are lists of the types that have a trait, which lead into the standard library, and notes about a file or an
//! option that the reader does not have. All else stays as the compiler wrote it.

/// The compiler's text of one error, shortened, without blank lines at its end.
pub(super) fn shown(rendered: &str) -> String {
    let mut shown: Vec<&str> = Vec::new();
    let mut lines = rendered.trim_end().lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("help: ") && is_list(line) {
            // As far as the next message of its own.
            while lines.next_if(|line| !is_message(line)).is_some() {}
        } else if line.trim_start().starts_with("= help: ") && is_list(line) {
            while lines.next_if(|line| continues(line)).is_some() {}
        } else if !is_about_elsewhere(line) {
            shown.push(line);
        }
    }
    // What stood before something that was left out.
    while shown.last().is_some_and(|line| line.trim() == "|") {
        shown.pop();
    }
    shown.join("\n")
}

fn is_list(line: &str) -> bool {
    line.contains("the following other types implement trait")
}

/// Whether a message begins in this line.
fn is_message(line: &str) -> bool {
    ["help: ", "note: ", "error", "warning"]
        .iter()
        .any(|word| line.starts_with(word))
}

/// Whether a line goes on with a message that began with `=`.
fn continues(line: &str) -> bool {
    let text = line.trim_start();
    line.len() > text.len() && !text.starts_with(['=', '|', '-'])
}

/// Whether a note names a file that is deleted by now, or an option for the compiler.
fn is_about_elsewhere(line: &str) -> bool {
    line.trim_start()
        .strip_prefix("= note: ")
        .is_some_and(|note| {
            note.starts_with("the full name for the type has been written to")
                || note.starts_with("the full type name has been written to")
                || note.starts_with("consider using `--verbose` to print the full type name")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_types_is_left_out_and_what_follows_stays() {
        let rendered = "error[E0277]: cannot multiply `u64` by `u32`
  --> src/main.rs:23:10
   |
23 |     l[2] * l[16] as u32
   |          ^ no implementation for `u64 * u32`
   |
   = help: the trait `Mul<u32>` is not implemented for `u64`
help: the following other types implement trait `Mul<Rhs>`
  --> /rustc/x/library/core/src/ops/arith.rs:346:8
   |
   = note: `u64` implements `Mul`
  ::: /rustc/x/library/core/src/ops/arith.rs:361:0
   |
   = note: in this macro invocation
help: consider this
   |
23 |     x
";
        let text = shown(rendered);
        assert!(
            text.ends_with("for `u64`\nhelp: consider this\n   |\n23 |     x"),
            "{text}"
        );
        assert!(!text.contains("rustc"), "{text}");
        let rendered = "error: x
   |
   = help: the trait `Add` is not implemented for `u64`
   = help: the following other types implement trait `Add<Rhs>`:
             `&u64` implements `Add<u64>`
             `u64` implements `Add`
   = note: last
";
        let text = shown(rendered);
        assert!(text.ends_with("for `u64`\n   = note: last"), "{text}");
    }

    #[test]
    fn a_note_about_a_file_that_is_gone_is_left_out() {
        let rendered =
            "error[E0614]: type `Result<MutexGuard<'_, u64>, ...>` cannot be dereferenced
   |
   = note: the full name for the type has been written to 'OUT/program.long-type-1.txt'
   = note: consider using `--verbose` to print the full type name to the console

";
        assert!(shown(rendered).ends_with("dereferenced"));
    }
}
