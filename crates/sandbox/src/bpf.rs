//! Seccomp filters: a list of cases, assembled into instructions of the kernel's BPF machine.
//!
//! Hides the instructions and their jumps. Never decides which calls are refused or reported: the policy in
//! `seccomp` and the monitor do. Written by hand, because the crate `seccompiler` supports neither ranges of
//! numbers nor two different answers in one filter.
//!
//! # Theory of operation
//!
//! The kernel runs the filter at each system call, with the call's number, architecture and arguments as
//! input, until an instruction returns an answer. Our filters check the architecture first, because the number
//! of a call means nothing without it. Then they refuse numbers that are too high, and then they compare the
//! number with each case in turn. The first case that matches gives the answer; a call that no case matches is
//! allowed.
//!
//! A filter reads its input in 32-bit words, so it compares only the low 32 bits of an argument. The kernel
//! itself uses only these bits of the arguments that the cases are about.

use libc::sock_filter;

/// A processor architecture for which filters can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Architecture {
    /// 64-bit x86.
    X86_64,
    /// 64-bit ARM.
    Aarch64,
}

impl Architecture {
    /// The architecture that this program is compiled for.
    pub const HERE: Self = if cfg!(target_arch = "x86_64") {
        Self::X86_64
    } else if cfg!(target_arch = "aarch64") {
        Self::Aarch64
    } else {
        panic!("no filter is written for this architecture")
    };

    /// The number by which the kernel's audit subsystem, and so a filter's input, names it.
    #[must_use]
    pub const fn audit_number(self) -> u32 {
        match self {
            Self::X86_64 => 0xc000_003e,
            Self::Aarch64 => 0xc000_00b7,
        }
    }

    /// The first number of the second table of calls that has the same audit number, if there is one. On
    /// x86-64 this is the table of x32.
    #[must_use]
    pub const fn second_table(self) -> Option<u32> {
        match self {
            Self::X86_64 => Some(0x4000_0000),
            Self::Aarch64 => None,
        }
    }
}

/// What the kernel does with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// Carry it out.
    Allow,
    /// Report it to the filter's listener, and wait for its response.
    Notify,
    /// Do nothing, and return this error to the program; 0 for success.
    Errno(u16),
    /// End the process.
    KillProcess,
}

impl Answer {
    /// ENOSYS: as if the kernel had no such call.
    pub const NO_SUCH_CALL: Self = Self::Errno(38);

    fn code(self) -> u32 {
        match self {
            Self::Allow => libc::SECCOMP_RET_ALLOW,
            Self::Notify => libc::SECCOMP_RET_USER_NOTIF,
            Self::Errno(number) => libc::SECCOMP_RET_ERRNO | u32::from(number),
            Self::KillProcess => libc::SECCOMP_RET_KILL_PROCESS,
        }
    }
}

/// A condition on one argument. The first field is the number of the argument, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Condition {
    /// Under the mask (second field), its low 32 bits are one of these values.
    Is(u32, u32, Vec<u32>),
    /// Under the mask (second field), its low 32 bits are none of these values.
    IsNot(u32, u32, Vec<u32>),
    /// It has any of these bits.
    HasAny(u32, u32),
    /// It has none of these bits.
    HasNone(u32, u32),
    /// It is not zero in all its 64 bits, as a pointer that was given.
    Given(u32),
}

/// One case of a filter: the answer for a call whose arguments fulfil all conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The number of the call.
    pub number: u32,
    /// All of them must be fulfilled.
    pub conditions: Vec<Condition>,
    /// The answer if they are.
    pub answer: Answer,
}

/// A filter before it is assembled.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The only architecture whose calls are allowed; a call of another one kills the process. `None` does not
    /// check the architecture.
    pub only: Option<Architecture>,
    /// Calls from this number on do not exist. The calls of x32 are among them, since their numbers are high.
    pub none_from: Option<u32>,
    /// The cases. The first one that matches gives the answer.
    pub cases: Vec<Case>,
}

impl Filter {
    /// Whether no call of this number is carried out unless the filter's listener says so.
    pub(crate) fn always_answers(&self, number: u32) -> bool {
        let first = self.cases.iter().find(|case| case.number == number);
        first.is_some_and(|case| case.conditions.is_empty() && case.answer != Answer::Allow)
    }

    /// The filter as the kernel takes it.
    #[must_use]
    pub fn assemble(&self) -> Vec<sock_filter> {
        let mut code = Assembler::default();
        if let Some(architecture) = self.only {
            let ours = code.label();
            code.load(ARCHITECTURE);
            code.jump(EQUAL, architecture.audit_number(), Some(ours), None);
            code.answer(Answer::KillProcess);
            code.bind(ours);
        }
        code.load(NUMBER);
        if let Some(first) = self.none_from {
            let lower = code.label();
            code.jump(AT_LEAST, first, None, Some(lower));
            code.answer(Answer::NO_SUCH_CALL);
            code.bind(lower);
        }
        for case in &self.cases {
            let next = code.label();
            code.jump(EQUAL, case.number, None, Some(next));
            let unfulfilled = code.label();
            for condition in &case.conditions {
                code.check(condition, unfulfilled);
            }
            code.answer(case.answer);
            code.bind(unfulfilled);
            if !case.conditions.is_empty() {
                // The conditions have loaded arguments over the number.
                code.load(NUMBER);
            }
            code.bind(next);
        }
        code.answer(Answer::Allow);
        code.finish()
    }
}

// Instructions: load a word of the input, keep some of its bits, jump, return.
const LOAD: u16 = code(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS);
const AND: u16 = code(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K);
const EQUAL: u16 = code(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K);
const AT_LEAST: u16 = code(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K);
const ANY_BIT: u16 = code(libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K);
const RETURN: u16 = code(libc::BPF_RET | libc::BPF_K);

#[expect(clippy::cast_possible_truncation, reason = "all codes are below 256")]
const fn code(bits: u32) -> u16 {
    bits as u16
}

// Offsets in the input, which is the kernel's `seccomp_data`, in bytes.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const ARGUMENTS: u32 = 16;

/// The offset of an argument's low half. Both architectures are little-endian, so the low half comes first.
const fn low(argument: u32) -> u32 {
    ARGUMENTS + 8 * argument
}

/// A position in the code that jumps lead to.
#[derive(Debug, Clone, Copy)]
struct Label(usize);

/// An instruction whose jumps lead to labels; `None` is the instruction after it.
#[derive(Debug)]
struct Instruction {
    code: u16,
    k: u32,
    yes: Option<Label>,
    no: Option<Label>,
}

#[derive(Debug, Default)]
struct Assembler {
    code: Vec<Instruction>,
    /// The instruction that each label stands before, once it is known.
    labels: Vec<Option<usize>>,
}

impl Assembler {
    fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    /// Let a label stand before the instruction that comes next.
    fn bind(&mut self, label: Label) {
        self.labels[label.0] = Some(self.code.len());
    }

    fn load(&mut self, offset: u32) {
        self.jump(LOAD, offset, None, None);
    }

    fn answer(&mut self, answer: Answer) {
        self.jump(RETURN, answer.code(), None, None);
    }

    fn jump(&mut self, code: u16, k: u32, yes: Option<Label>, no: Option<Label>) {
        self.code.push(Instruction { code, k, yes, no });
    }

    /// Go on after this if the condition is fulfilled, else at a label.
    fn check(&mut self, condition: &Condition, unfulfilled: Label) {
        let no = Some(unfulfilled);
        match condition {
            Condition::Is(argument, mask, values) => {
                self.load(low(*argument));
                self.jump(AND, *mask, None, None);
                let fulfilled = self.label();
                for value in values {
                    self.jump(EQUAL, *value, Some(fulfilled), None);
                }
                // Always jumps, since no bit is set under the mask 0.
                self.jump(ANY_BIT, 0, None, no);
                self.bind(fulfilled);
            }
            Condition::IsNot(argument, mask, values) => {
                self.load(low(*argument));
                self.jump(AND, *mask, None, None);
                for value in values {
                    self.jump(EQUAL, *value, no, None);
                }
            }
            Condition::HasAny(argument, bits) => {
                self.load(low(*argument));
                self.jump(ANY_BIT, *bits, None, no);
            }
            Condition::HasNone(argument, bits) => {
                self.load(low(*argument));
                self.jump(ANY_BIT, *bits, no, None);
            }
            Condition::Given(argument) => {
                let fulfilled = self.label();
                self.load(low(*argument));
                self.jump(EQUAL, 0, None, Some(fulfilled));
                self.load(low(*argument) + 4);
                self.jump(EQUAL, 0, no, None);
                self.bind(fulfilled);
            }
        }
    }

    /// The instructions, with distances in place of labels.
    fn finish(self) -> Vec<sock_filter> {
        let distance = |at: usize, label: Option<Label>| {
            let Some(Label(label)) = label else { return 0 };
            let target = self.labels[label].expect("every label is bound");
            u8::try_from(target - at - 1).expect("a case has fewer than 256 instructions")
        };
        let code = self.code.iter().enumerate();
        code.map(|(at, instruction)| sock_filter {
            code: instruction.code,
            jt: distance(at, instruction.yes),
            jf: distance(at, instruction.no),
            k: instruction.k,
        })
        .collect()
    }
}

/// What the kernel would answer: an interpreter for tests, written after the manual of BPF and independent of
/// the assembler, for the instructions that are used here.
#[doc(hidden)]
#[must_use]
pub fn interpret(
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
            #[expect(clippy::cast_possible_truncation, reason = "only half of it is wanted")]
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
            0x35 => at += jump(accumulator >= i.k),
            0x45 => at += jump(accumulator & i.k != 0),
            0x06 => return i.k,
            code => panic!("unknown instruction {code:#x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOW: u32 = 0x7fff_0000;
    const NOT_PERMITTED: u32 = 0x0005_0001;
    const NO_SUCH_CALL: u32 = 0x0005_0026;
    const NOTIFY: u32 = 0x7fc0_0000;
    const KILL: u32 = 0x8000_0000;

    fn case(number: u32, conditions: &[Condition]) -> Case {
        Case {
            number,
            conditions: conditions.to_vec(),
            answer: Answer::Errno(1),
        }
    }

    #[test]
    fn each_condition_matches_what_it_says_and_nothing_else() {
        let (is, is_not) = (Condition::Is, Condition::IsNot);
        let filter = Filter {
            cases: vec![
                case(10, &[]),
                case(11, &[is(1, u32::MAX, vec![5, 6])]),
                case(12, &[is_not(0, 0xf, vec![1, 3])]),
                case(13, &[Condition::HasAny(0, 0x30)]),
                case(14, &[Condition::Given(2)]),
                case(11, &[is(1, u32::MAX, vec![7])]),
                case(15, &[Condition::HasNone(0, 0x30)]),
                case(16, &[is(0, 0xf, vec![2]), Condition::HasAny(1, 4)]),
                case(17, &[is(0, 0xf, vec![])]),
            ],
            ..Filter::default()
        };
        let filter = filter.assemble();
        let refused = |number, arguments: [u64; 3]| {
            let [a, b, c] = arguments;
            match interpret(&filter, 1, number, [a, b, c, 0, 0, 0]) {
                ALLOW => false,
                NOT_PERMITTED => true,
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
        assert!(!refused(15, [0x20, 0, 0]) && refused(15, [0x40, 0, 0]));
        // Every condition counts.
        for (arguments, expected) in [([2, 4], true), ([0x12, 12], true), ([2, 8], false)] {
            let [a, b] = arguments;
            assert_eq!(refused(16, [a, b, 0]), expected, "{arguments:?}");
        }
        assert!(!refused(16, [3, 4, 0]) && !refused(17, [0, 0, 0]));
    }

    #[test]
    fn a_case_whose_conditions_fail_leaves_the_number_for_the_cases_after_it() {
        let mut reported = case(5, &[]);
        reported.answer = Answer::Notify;
        let filter = Filter {
            cases: vec![case(5, &[Condition::HasAny(0, 1)]), reported],
            ..Filter::default()
        };
        let filter = filter.assemble();
        assert_eq!(interpret(&filter, 1, 5, [1, 0, 0, 0, 0, 0]), NOT_PERMITTED);
        // If the number were not loaded again, the argument 2 would be compared with 5.
        assert_eq!(interpret(&filter, 1, 5, [2, 0, 0, 0, 0, 0]), NOTIFY);
    }

    #[test]
    fn a_call_is_always_answered_if_its_first_case_has_no_condition_and_does_not_allow_it() {
        let mut allowed = case(5, &[]);
        allowed.answer = Answer::Allow;
        let sometimes = case(5, &[Condition::HasAny(0, 1)]);
        for (cases, expected) in [
            (vec![case(4, &[])], false),
            (vec![case(4, &[]), case(5, &[])], true),
            (vec![sometimes, case(5, &[])], false),
            (vec![allowed, case(5, &[])], false),
        ] {
            let filter = Filter {
                cases,
                ..Filter::default()
            };
            assert_eq!(filter.always_answers(5), expected, "{filter:?}");
        }
    }

    #[test]
    fn another_architecture_is_killed_and_a_number_that_is_too_high_does_not_exist() {
        for architecture in [Architecture::X86_64, Architecture::Aarch64] {
            let filter = Filter {
                only: Some(architecture),
                none_from: Some(101),
                cases: Vec::new(),
            };
            let filter = filter.assemble();
            let own = architecture.audit_number();
            let (i386, x32) = (0x4000_0003, 0x4000_0000 + 39);
            assert_eq!(interpret(&filter, i386, 5, [0; 6]), KILL);
            assert_eq!(interpret(&filter, own, 100, [0; 6]), ALLOW);
            assert_eq!(interpret(&filter, own, 101, [0; 6]), NO_SUCH_CALL);
            assert_eq!(interpret(&filter, own, x32, [0; 6]), NO_SUCH_CALL);
        }
        let free = Filter::default().assemble();
        assert_eq!(interpret(&free, 1, u32::MAX, [0; 6]), ALLOW);
    }
}
