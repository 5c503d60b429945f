//! Whether a run was ended because its stack was full, and where the program may have filled it.
//!
//! The standard library says so, but not where it cannot find out how large the stack is; then the program ends by
//! SIGSEGV without a word. Without `unsafe`, a program of this course has no other way to such an end. Hides both signs.
//! Never decides whether a check passes.

use crate::source::{Source, Spot};
use evidence::{Execution, Termination};

/// What happened, to follow the signal.
pub(super) const FULL: &str = "its stack was full";

/// A full stack.
pub(super) struct Overflow<'a> {
    /// A function's call of itself, if there is one.
    pub(super) spot: Option<Spot<'a>>,
}

impl Overflow<'_> {
    /// What to try.
    pub(super) fn hint(&self) -> String {
        match self.spot {
            Some(spot) => format!(
                "in {} a function calls itself, and each call needs some of the stack, the memory for local variables. Does \
                 it ever stop calling itself? Let it return without another call when the work is done, or use a loop",
                spot.line()
            ),
            None => "look for functions that call each other without end, or for a large array in a variable: put that \
                     into a `Vec`"
                .to_owned(),
        }
    }
}

/// The full stack that ended a run, if one did.
pub(super) fn overflow<'a>(execution: &Execution, source: &'a Source) -> Option<Overflow<'a>> {
    /// The signal of a program that uses memory which is not its own.
    const SIGSEGV: i32 = 11;
    let is_said = [&execution.stderr.head, &execution.stderr.tail]
        .iter()
        .any(|text| text.contains("has overflowed its stack"));
    let is_safe = source.find(&["fn"]).is_some() && source.find(&["unsafe"]).is_none();
    match execution.termination {
        Termination::Signaled { .. } if is_said => {}
        Termination::Signaled { signal: SIGSEGV } if is_safe => {}
        _ => return None,
    }
    Some(Overflow {
        spot: source.find_recursion(),
    })
}
