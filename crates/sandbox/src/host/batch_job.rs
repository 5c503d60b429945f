//! The job of a batch system in which this program runs, and what that system gave to it.
//!
//! A batch system tells its jobs by variables what they may use. It does not always keep them to it, so nothing but
//! these variables may say so. Hides how they are called. Never asks the batch system itself, and trusts no number
//! that is missing or is no number.

use std::num::NonZeroUsize;

/// The batch systems that are known, with the variable that numbers their jobs.
const SYSTEMS: [(&str, &str); 3] = [
    ("Slurm", "SLURM_JOB_ID"),
    ("PBS", "PBS_JOBID"),
    ("LSF", "LSB_JOBID"),
];

const MIB: u64 = 1 << 20;

/// A job of a batch system.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchJob {
    /// The name of the batch system.
    pub system: &'static str,
    /// What this system calls the job; a task of an array as `ARRAY_TASK`.
    pub id: String,
    /// How many processors it was given here.
    pub processors: Option<NonZeroUsize>,
    /// How many bytes of memory it was given here.
    pub memory: Option<u64>,
}

impl BatchJob {
    /// The job of this process.
    pub(super) fn of_this_process() -> Option<Self> {
        Self::read(|name| std::env::var(name).ok())
    }

    /// The job that the variables tell, if there is one.
    fn read(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let (system, id) = SYSTEMS
            .iter()
            .find_map(|(system, name)| Some((*system, variable(name)?)))?;
        let mut job = Self {
            system,
            id,
            processors: None,
            memory: None,
        };
        if system == "Slurm" {
            job.read_slurm(&variable);
        }
        Some(job)
    }

    /// One with these limits.
    #[cfg(test)]
    pub(super) fn of(processors: Option<NonZeroUsize>, memory: Option<u64>) -> Self {
        Self {
            system: "Slurm",
            id: "1".to_owned(),
            processors,
            memory,
        }
    }

    fn read_slurm(&mut self, variable: impl Fn(&str) -> Option<String>) {
        let number = |name: &str| variable(name)?.parse::<u64>().ok().filter(|&n| n > 0);
        if let Some(array) = variable("SLURM_ARRAY_JOB_ID")
            && let Some(task) = variable("SLURM_ARRAY_TASK_ID")
        {
            self.id = format!("{array}_{task}");
        }
        // Only where the job asked for processors by task. Those of all its tasks on this node otherwise.
        let on_node = number("SLURM_CPUS_ON_NODE");
        let processors = number("SLURM_CPUS_PER_TASK").or(on_node);
        self.processors = processors
            .and_then(|processors| usize::try_from(processors).ok())
            .and_then(NonZeroUsize::new);
        // `--mem=0` asks for all memory of the node: no limit.
        let for_each = || number("SLURM_MEM_PER_CPU")?.checked_mul(on_node.or(processors)?);
        let memory = number("SLURM_MEM_PER_NODE").or_else(for_each);
        self.memory = memory.and_then(|memory| memory.checked_mul(MIB));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(variables: &[(&str, &str)]) -> Option<BatchJob> {
        BatchJob::read(|name| {
            let found = variables.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[track_caller]
    fn gives(variables: &[(&str, &str)], processors: Option<usize>, memory: Option<u64>) {
        let all: Vec<_> = [("SLURM_JOB_ID", "7")]
            .iter()
            .chain(variables)
            .copied()
            .collect();
        let job = job(&all).unwrap();
        let found = (
            job.processors.map(NonZeroUsize::get),
            job.memory.map(|memory| memory / MIB),
        );
        assert_eq!(found, (processors, memory), "{variables:?}");
    }

    #[test]
    fn outside_of_a_job_there_is_none() {
        assert_eq!(
            job(&[("SLURM_CPUS_PER_TASK", "4"), ("SLURM_CONF", "x")]),
            None
        );
    }

    #[test]
    fn the_batch_system_and_the_job_are_named_as_its_own_tools_name_them() {
        let named = |variables: &[(&str, &str)]| {
            let job = job(variables).unwrap();
            (job.system, job.id)
        };
        let task = [
            ("SLURM_JOB_ID", "13"),
            ("SLURM_ARRAY_JOB_ID", "11"),
            ("SLURM_ARRAY_TASK_ID", "2"),
        ];
        assert_eq!(named(&task), ("Slurm", "11_2".to_owned()));
        assert_eq!(named(&task[..1]), ("Slurm", "13".to_owned()));
        assert_eq!(
            named(&[("PBS_JOBID", "5.host")]),
            ("PBS", "5.host".to_owned())
        );
        assert_eq!(named(&[("LSB_JOBID", "6")]), ("LSF", "6".to_owned()));
    }

    #[test]
    fn what_slurm_gave_to_the_job_is_read() {
        let per_task = ("SLURM_CPUS_PER_TASK", "2");
        let on_node = ("SLURM_CPUS_ON_NODE", "8");
        gives(&[], None, None);
        gives(&[per_task, on_node], Some(2), None);
        gives(&[on_node], Some(8), None);
        gives(
            &[("SLURM_MEM_PER_NODE", "3000"), on_node],
            Some(8),
            Some(3000),
        );
        // All processors on the node bring their memory, whichever task uses it.
        let for_each = ("SLURM_MEM_PER_CPU", "1000");
        gives(&[for_each, per_task, on_node], Some(2), Some(8000));
        gives(&[for_each, per_task], Some(2), Some(2000));
        gives(&[for_each], None, None);
    }

    #[test]
    fn what_is_no_number_is_no_limit() {
        for text in ["0", "", "-1", "2(x3)", "99999999999999999999"] {
            gives(
                &[("SLURM_CPUS_PER_TASK", text), ("SLURM_MEM_PER_NODE", text)],
                None,
                None,
            );
        }
        let huge = ("SLURM_MEM_PER_CPU", "18446744073709551615");
        gives(&[huge, ("SLURM_CPUS_ON_NODE", "2")], Some(2), None);
    }
}
