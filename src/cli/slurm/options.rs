//! The options of `sbatch` that the user gives, and which of the two jobs each is for.
//!
//! Most are for both. The merge is one small job, so what belongs to the array, and how much of a node a task has, is left
//! out of it. Never checks what Slurm checks itself.

use std::num::NonZeroU32;

use crate::fault::Fault;

/// What the user gave behind `--`, divided.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(in crate::cli) struct SbatchOptions {
    /// For the array.
    pub(super) array: Vec<String>,
    /// For the job that merges.
    pub(super) merge: Vec<String>,
    /// How many tasks of the array may run at a time, if the user says so.
    pub(super) at_a_time: Option<NonZeroU32>,
}

/// How much of a node each task of the array has: long options with a value, and their letters.
const OF_A_TASK: [(&str, Option<char>); 6] = [
    ("--cpus-per-task", Some('c')),
    ("--ntasks", Some('n')),
    ("--mem", None),
    ("--mem-per-cpu", None),
    ("--mem-per-gpu", None),
    ("--mem-bind", None),
];

/// The options that say how much memory a task has, of which Slurm takes one.
const MEMORY: [&str; 3] = ["--mem", "--mem-per-cpu", "--mem-per-gpu"];

impl SbatchOptions {
    /// Divide what was typed, for an array of `shards` tasks.
    pub(in crate::cli) fn divide(typed: Vec<String>, shards: NonZeroU32) -> Result<Self, Fault> {
        let mut divided = Self::default();
        let mut rest = typed.into_iter();
        while let Some(option) = rest.next() {
            if let Some(value) = value_of(&option, "--array", Some('a')) {
                let value = match value {
                    Value::Here(text) => Some(text.to_owned()),
                    Value::Next => rest.next(),
                };
                divided.at_a_time = at_a_time(&value.unwrap_or_default(), shards)?;
                continue;
            }
            let of_a_task = OF_A_TASK
                .iter()
                .find_map(|&(long, short)| value_of(&option, long, short));
            let is_exclusive = value_of(&option, "--exclusive", None).is_some();
            if of_a_task.is_none() && !is_exclusive {
                divided.merge.push(option.clone());
            }
            let takes_next = of_a_task == Some(Value::Next);
            divided.array.push(option);
            if takes_next {
                divided.array.extend(rest.next());
            }
        }
        Ok(divided)
    }

    /// Whether the user says how much memory a task has.
    pub(super) fn has_memory(&self) -> bool {
        let asks = |option: &String| {
            MEMORY
                .iter()
                .any(|long| value_of(option, long, None).is_some())
        };
        self.array.iter().any(asks)
    }
}

/// Where the value of an option is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Value<'a> {
    /// In the same argument.
    Here(&'a str),
    /// It is the next argument.
    Next,
}

/// Where the value is, if this option was typed.
fn value_of<'a>(typed: &'a str, long: &str, short: Option<char>) -> Option<Value<'a>> {
    if let Some(rest) = typed.strip_prefix(long) {
        if rest.is_empty() {
            return Some(Value::Next);
        }
        return rest.strip_prefix('=').map(Value::Here);
    }
    let rest = typed.strip_prefix('-')?.strip_prefix(short?)?;
    Some(if rest.is_empty() {
        Value::Next
    } else {
        Value::Here(rest)
    })
}

/// How many tasks may run at a time: `%T`, also behind the array that the script has.
fn at_a_time(value: &str, shards: NonZeroU32) -> Result<Option<NonZeroU32>, Fault> {
    let ours = format!("0-{}", shards.get() - 1);
    if value == ours {
        return Ok(None);
    }
    let number = value.strip_prefix(&ours).unwrap_or(value).strip_prefix('%');
    match number.and_then(|number| number.parse().ok()) {
        Some(number) => Ok(Some(number)),
        None => Err(Fault::usage(format!("failed to use the array `{value}` of Slurm"))
            .because(format!("the array has a task for each part of the class: `{ours}`"))
            .hint("choose how many tasks run at a time with `-- --array=%T`, such as `--array=%4`; grade one part again with `sbatch --array=K OUT/slurm/shard.sh`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divided(typed: &[&str]) -> Result<SbatchOptions, Fault> {
        let typed = typed.iter().map(|&option| option.to_owned()).collect();
        SbatchOptions::divide(typed, NonZeroU32::new(20).unwrap())
    }

    #[test]
    fn what_a_task_of_the_array_gets_is_not_for_the_merge() {
        let typed = [
            "--partition",
            "short",
            "-c",
            "4",
            "--mem-per-cpu",
            "2G",
            "--exclusive",
            "--time=1:00:00",
            "--cpus-per-task=2",
            "-n1",
            "--mem=0",
            "--ntasks-per-node=1",
        ];
        let both = divided(&typed).unwrap();
        assert_eq!(both.array, typed);
        let merge = [
            "--partition",
            "short",
            "--time=1:00:00",
            "--ntasks-per-node=1",
        ];
        assert_eq!(both.merge, merge);
        assert!(both.has_memory());
        for other in ["--partition=memory", "--mem-bind=local"] {
            assert!(!divided(&[other]).unwrap().has_memory(), "{other}");
        }
    }

    #[test]
    fn of_an_array_only_how_many_run_at_a_time_is_taken() {
        for typed in [
            &["--array=%4"][..],
            &["--array", "0-19%4"],
            &["-a", "%4"],
            &["-a%4"],
        ] {
            let all = divided(typed).unwrap();
            assert_eq!(all.at_a_time, NonZeroU32::new(4), "{typed:?}");
            assert!(all.array.is_empty() && all.merge.is_empty(), "{all:?}");
        }
        assert_eq!(divided(&["--array=0-19"]).unwrap().at_a_time, None);
        for typed in ["--array=0-9%4", "--array=3", "--array=%0", "--array="] {
            let fault = divided(&[typed]).unwrap_err();
            assert!(fault.cause.unwrap().contains("`0-19`"), "{typed}");
        }
    }
}
