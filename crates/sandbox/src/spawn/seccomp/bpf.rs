//! Filters on system calls: a list of refusals compiled to the kernel's small machine.
//!
//! Knows which instructions make a filter, not which calls are refused: that is `seccomp`.
//! By hand, because seccompiler can express neither ranges of numbers nor two different refusals.

use libc::sock_filter;

/// When a call is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum When {
    /// Always.
    Always,
    /// If this argument, of which the kernel looks at 32 bits, is one of these under the mask.
    Is(u32, u32, Vec<u32>),
    /// If it is none of these under the mask.
    IsNot(u32, u32, Vec<u32>),
    /// If it has any of these bits.
    HasAny(u32, u32),
    /// If this argument, of 64 bits, is not zero: a pointer that is there.
    Given(u32),
}

/// One call, and how it is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) number: u32,
    pub(crate) when: When,
    pub(crate) errno: u16,
}

/// Load a word of the call's description: its number, its architecture, its arguments.
const LOAD: u16 = 0x20;
const AND: u16 = 0x54;
const JUMP_IF_EQUAL: u16 = 0x15;
const JUMP_IF_GREATER: u16 = 0x25;
const JUMP_IF_ANY_BIT: u16 = 0x45;
const RETURN: u16 = 0x06;

const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const ARGUMENTS: u32 = 16;

pub(crate) const ALLOW: u32 = 0x7fff_0000;
pub(crate) const REFUSE: u32 = 0x0005_0000;
pub(crate) const KILL: u32 = 0x8000_0000;

#[cfg(target_arch = "x86_64")]
pub(crate) const THIS_ARCHITECTURE: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
pub(crate) const THIS_ARCHITECTURE: u32 = 0xc000_00b7;

fn statement(code: u16, k: u32) -> sock_filter {
    sock_filter {
        code,
        jt: 0,
        jf: 0,
        k,
    }
}

fn jump(code: u16, k: u32, yes: usize, no: usize) -> sock_filter {
    let short = |n| u8::try_from(n).expect("a refusal has fewer than 255 instructions");
    sock_filter {
        code,
        jt: short(yes),
        jf: short(no),
        k,
    }
}

/// The filter: kill calls of any architecture but `only`, if that is given, refuse numbers above `newest`
/// with ENOSYS, refuse what the list refuses, allow the rest.
pub(crate) fn compile(only: Option<u32>, newest: u32, refusals: &[Refusal]) -> Vec<sock_filter> {
    let no_such_call = REFUSE | libc::ENOSYS.unsigned_abs();
    let mut filter = Vec::new();
    if let Some(architecture) = only {
        filter.extend([
            statement(LOAD, ARCHITECTURE),
            jump(JUMP_IF_EQUAL, architecture, 1, 0),
            statement(RETURN, KILL),
        ]);
    }
    filter.extend([
        statement(LOAD, NUMBER),
        // Unsigned: the numbers of the x32 interface, from 0x4000_0000 on, are above as well.
        jump(JUMP_IF_GREATER, newest, 0, 1),
        statement(RETURN, no_such_call),
    ]);
    for refusal in refusals {
        let body = body(&refusal.when, REFUSE | u32::from(refusal.errno));
        filter.push(jump(JUMP_IF_EQUAL, refusal.number, 0, body.len()));
        filter.extend(body);
    }
    filter.push(statement(RETURN, ALLOW));
    filter
}

/// What is done once the number is the refused one. Falls through, with the number loaded again, if the
/// arguments are not.
fn body(when: &When, refuse: u32) -> Vec<sock_filter> {
    // Both architectures are little-endian: the low half comes first.
    let low = |argument: u32| ARGUMENTS + 8 * argument;
    let refuse = statement(RETURN, refuse);
    let reload = statement(LOAD, NUMBER);
    match when {
        When::Always => vec![refuse],
        When::Is(argument, mask, values) | When::IsNot(argument, mask, values) => {
            let mut body = vec![statement(LOAD, low(*argument)), statement(AND, *mask)];
            let refuse_if_found = matches!(when, When::Is(..));
            for (i, value) in values.iter().enumerate() {
                // Found: go behind the last comparison, and one further, to the second of the two ends.
                let left = values.len() - 1 - i;
                body.push(jump(JUMP_IF_EQUAL, *value, left + 1, 0));
            }
            // The first end is reached if nothing was found, the second if something was.
            if refuse_if_found {
                // No bit is among no bits: always jumps over the refusal.
                body.push(jump(JUMP_IF_ANY_BIT, 0, 0, 1));
            }
            body.push(refuse);
            body.push(reload);
            body
        }
        When::HasAny(argument, bits) => vec![
            statement(LOAD, low(*argument)),
            jump(JUMP_IF_ANY_BIT, *bits, 0, 1),
            refuse,
            reload,
        ],
        When::Given(argument) => vec![
            statement(LOAD, low(*argument)),
            jump(JUMP_IF_EQUAL, 0, 0, 2),
            statement(LOAD, low(*argument) + 4),
            jump(JUMP_IF_EQUAL, 0, 1, 0),
            refuse,
            reload,
        ],
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What the kernel would answer. An independent reading of the manual of `bpf`, for these codes.
    pub(crate) fn answer(
        filter: &[sock_filter],
        architecture: u32,
        number: u32,
        arguments: [u64; 6],
    ) -> u32 {
        let word = |offset: u32| match offset {
            0 => number,
            4 => architecture,
            _ => {
                let argument = arguments[((offset - 16) / 8) as usize];
                #[expect(clippy::cast_possible_truncation, reason = "half of it is meant")]
                if offset.is_multiple_of(8) {
                    argument as u32
                } else {
                    (argument >> 32) as u32
                }
            }
        };
        let (mut at, mut accumulator) = (0, 0);
        loop {
            let i = filter[at];
            at += 1;
            let jump = |yes: bool| usize::from(if yes { i.jt } else { i.jf });
            match i.code {
                0x20 => accumulator = word(i.k),
                0x54 => accumulator &= i.k,
                0x15 => at += jump(accumulator == i.k),
                0x25 => at += jump(accumulator > i.k),
                0x45 => at += jump(accumulator & i.k != 0),
                0x06 => return i.k,
                code => panic!("unknown instruction {code:#x}"),
            }
        }
    }

    #[test]
    fn each_condition_refuses_what_it_says_and_nothing_else() {
        let refusal = |number, when| Refusal {
            number,
            when,
            errno: 1,
        };
        let filter = compile(
            Some(THIS_ARCHITECTURE),
            100,
            &[
                refusal(10, When::Always),
                refusal(11, When::Is(1, u32::MAX, vec![5, 6])),
                refusal(12, When::IsNot(0, 0xf, vec![1, 3])),
                refusal(13, When::HasAny(0, 0x30)),
                refusal(14, When::Given(2)),
                refusal(11, When::Is(1, u32::MAX, vec![7])),
            ],
        );
        let refused = |number, arguments: [u64; 3]| {
            let [a, b, c] = arguments;
            match answer(&filter, THIS_ARCHITECTURE, number, [a, b, c, 0, 0, 0]) {
                ALLOW => false,
                answer if answer == REFUSE | 1 => true,
                answer => panic!("{answer:#x}"),
            }
        };
        assert!(refused(10, [0, 0, 0]) && !refused(9, [0, 0, 0]));
        for (value, expected) in [(4, false), (5, true), (6, true), (7, true), (8, false)] {
            assert_eq!(refused(11, [0, value, 0]), expected, "{value}");
        }
        // The kernel cuts such an argument to 32 bits, so what is above must not matter.
        assert!(refused(11, [0, 5 | (1 << 32), 0]));
        for (value, expected) in [(1, false), (3, false), (0x13, false), (2, true), (0, true)] {
            assert_eq!(refused(12, [value, 0, 0]), expected, "{value}");
        }
        assert!(refused(13, [0x20, 0, 0]) && !refused(13, [0x40, 0, 0]));
        assert!(!refused(14, [1, 1, 0]) && refused(14, [0, 0, 1]) && refused(14, [0, 0, 1 << 32]));
    }

    #[test]
    fn another_architecture_is_killed_and_an_unknown_number_does_not_exist() {
        let filter = compile(Some(THIS_ARCHITECTURE), 100, &[]);
        let no_such_call = REFUSE | libc::ENOSYS.unsigned_abs();
        assert_eq!(answer(&filter, 0x4000_0003, 5, [0; 6]), KILL);
        assert_eq!(answer(&filter, THIS_ARCHITECTURE, 100, [0; 6]), ALLOW);
        assert_eq!(
            answer(&filter, THIS_ARCHITECTURE, 101, [0; 6]),
            no_such_call
        );
        let x32 = 0x4000_0000 + 39;
        assert_eq!(
            answer(&filter, THIS_ARCHITECTURE, x32, [0; 6]),
            no_such_call
        );
    }
}
