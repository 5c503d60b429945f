//! The rules that restrict a job, one by one, so that a test can leave out each of them.
//!
//! A rule is one thing that the sandbox refuses or limits, and has a stable name. The rules form groups by the
//! module that enforces them. That module matches on its group without a wildcard, so a rule that nothing
//! enforces does not compile. The rules of [`Setup`] are single steps in several modules; only the tests with
//! the self-test attacks show that each of them is enforced. These enums are not `non_exhaustive`, so that the
//! tests match without a wildcard as well.
//!
//! Never enforces a rule, and never decides which rules hold at which tier.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// A step of starting a job.
    Setup(Setup),
    /// A limit that the kernel keeps for each process.
    Limit(Limit),
    /// A namespace of the job's own, in the full tier.
    Namespace(Namespace),
    /// What Landlock restricts as a whole.
    Landlock(Landlock),
    /// One of Landlock's rights to files. The job has it for the paths that it was given, and for no others.
    Right(Right),
    /// System calls that the filter refuses.
    Calls(Calls),
}

/// A group of rules: an enum with the list of its variants, and the name of each.
macro_rules! group {
    (
        $(#[$doc:meta])*
        $group:ident {
            $($(#[$rule_doc:meta])* $rule:ident = $name:literal,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $group {
            $($(#[$rule_doc])* $rule,)*
        }

        impl $group {
            /// Every rule of the group.
            pub const ALL: &[Self] = &[$(Self::$rule,)*];

            /// The stable name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$rule => $name,)*
                }
            }
        }

        impl From<$group> for Rule {
            fn from(rule: $group) -> Self {
                Self::$group(rule)
            }
        }
    };
}

group! {
    /// Single steps of starting a job, and of its supervisor.
    Setup {
        /// The job has the environment variables it was given and no others.
        Environment = "environment",
        /// The job holds no descriptors but its three standard streams.
        Descriptors = "descriptors",
        /// The job leads a session of its own: it has no terminal.
        Session = "session",
        /// No program that the job starts gains privileges.
        NoNewPrivileges = "no-new-privileges",
        /// The job dies with its supervisor.
        ParentDeath = "parent-death",
        /// The job holds no capability.
        Capabilities = "capabilities",
        /// Where root starts it, the job has a user of its own.
        OwnUser = "own-user",
        /// Control groups count and limit what the job uses.
        ControlGroups = "control-groups",
        /// The supervisor's own signals reach only what it has started.
        SupervisorScope = "supervisor-scope",
    }
}

group! {
    /// Limits for each process, by `setrlimit`.
    Limit {
        /// No file of a crashed process's memory is written.
        CoreFiles = "core-files",
        /// Processor time.
        Cpu = "limit-cpu",
        /// The size of one file.
        FileSize = "limit-file-size",
        /// Descriptors.
        OpenFiles = "limit-open-files",
        /// The stack of a program's first thread.
        Stack = "limit-stack",
        /// Memory that is not swapped out.
        LockedMemory = "limit-locked-memory",
        /// POSIX message queues.
        Queues = "limit-queues",
        /// Priorities above the usual one.
        Priority = "limit-priority",
        /// Signals that wait in the kernel.
        Signals = "limit-signals",
        /// Processes and threads of the job's user.
        Tasks = "limit-tasks",
    }
}

group! {
    /// Namespaces of the full tier.
    Namespace {
        /// Users: who the job is outside of it, and no rights outside of it.
        User = "user-namespace",
        /// Processes: the job sees its own.
        Process = "process-namespace",
        /// Mounts: the job sees the files it may open.
        Mount = "mount-namespace",
        /// Network: the job has no interface.
        Network = "network-namespace",
        /// System V and POSIX queues, semaphores and shared memory.
        Ipc = "ipc-namespace",
        /// The machine's name.
        HostName = "host-name-namespace",
    }
}

group! {
    /// What Landlock restricts as a whole.
    Landlock {
        /// Only allowed paths can be opened.
        Paths = "paths",
        /// No TCP port can be bound to or connected to.
        Ports = "ports",
        /// No signal reaches a process outside of the job.
        SignalScope = "signal-scope",
        /// No abstract socket outside of the job can be connected to.
        AbstractSockets = "abstract-sockets",
    }
}

group! {
    /// Landlock's rights to files and folders. Under the rule, a job has the right only for the paths that it
    /// was given.
    Right {
        /// To execute files.
        Execute = "right-to-execute",
        /// To read files.
        ReadFiles = "right-to-read-files",
        /// To list folders.
        ReadFolders = "right-to-read-folders",
        /// To write files.
        WriteFiles = "right-to-write-files",
        /// To cut files short.
        Truncate = "right-to-truncate",
        /// To remove files.
        RemoveFiles = "right-to-remove-files",
        /// To remove folders.
        RemoveFolders = "right-to-remove-folders",
        /// To make files.
        MakeFiles = "right-to-make-files",
        /// To make folders.
        MakeFolders = "right-to-make-folders",
        /// To make symbolic links.
        MakeLinks = "right-to-make-links",
        /// To make named pipes.
        MakePipes = "right-to-make-pipes",
        /// To make sockets in the file system.
        MakeSockets = "right-to-make-sockets",
        /// To make character devices.
        MakeDevices = "right-to-make-devices",
        /// To send commands to devices.
        CommandDevices = "right-to-command-devices",
    }
}

group! {
    /// System calls that the filter refuses. The table with the reasons is in `seccomp`.
    Calls {
        /// Calls of another architecture, whose numbers mean other calls.
        OtherArchitecture = "architecture",
        /// Calls newer than the table.
        Newer = "newer-calls",
        /// `ptrace`.
        Ptrace = "ptrace",
        /// The memory of other processes.
        MemoryOfOthers = "memory-of-others",
        /// The descriptors of other processes.
        DescriptorsOfOthers = "descriptors-of-others",
        /// `io_uring`, whose operations no filter sees.
        IoUring = "io-uring",
        /// Page faults handled by a program.
        Userfaultfd = "userfaultfd",
        /// Performance counters.
        Perf = "perf",
        /// Programs that run in the kernel.
        Bpf = "bpf",
        /// The kernel's keyrings.
        Keyrings = "keyrings",
        /// Changes of what is mounted where.
        Mounts = "mounts",
        /// New namespaces, and those of others.
        Namespaces = "namespaces",
        /// `clone3`, whose flags no filter sees.
        Clone3 = "clone3",
        /// System V queues, semaphores and shared memory, which outlive a process.
        SystemVIpc = "system-v-ipc",
        /// POSIX message queues, which outlive a process.
        MessageQueues = "message-queues",
        /// Notifications about what happens to files.
        WatchingFiles = "watching-files",
        /// Files that are in no file system.
        MemoryFiles = "memory-files",
        /// Files named by handle in place of a path.
        FileHandles = "file-handles",
        /// Filters and Landlock restrictions that the job makes for itself, and hiding its memory from the
        /// supervisor.
        OwnRestrictions = "own-restrictions",
        /// The administration of the machine.
        Administration = "administration",
        /// The limits of other processes.
        LimitsOfOthers = "limits-of-others",
        /// The scheduling of other processes.
        SchedulingOfOthers = "scheduling-of-others",
        /// Signals that the kernel sends when a file is ready.
        SignalsByFiles = "signals-by-files",
        /// Signals to other processes, where Landlock does not confine them.
        Signals = "signals",
        /// Sockets.
        Sockets = "sockets",
        /// Datagrams, which reach any socket in the file system.
        Datagrams = "datagrams",
        /// Opening a file neither to read nor to write.
        AccessModes = "access-modes",
        /// Cutting files short, where Landlock has no right for it.
        CuttingFiles = "cutting-files",
        /// The owners of files.
        Owners = "owners",
        /// The times of files.
        Times = "times",
        /// Devices, pipes and sockets in the file system.
        SpecialFiles = "special-files",
        /// The attributes of files.
        Attributes = "attributes",
        /// The modes of files.
        Modes = "modes",
        /// Typing and pasting into a terminal, and taking control of one.
        Terminal = "terminal",
        /// Another personality, as of a 32-bit program.
        Personality = "personality",
    }
}

impl Rule {
    /// Every rule.
    pub fn all() -> impl Iterator<Item = Self> {
        fn of<T: Copy + Into<Rule>>(group: &[T]) -> impl Iterator<Item = Rule> {
            group.iter().map(|&rule| rule.into())
        }
        of(Setup::ALL)
            .chain(of(Limit::ALL))
            .chain(of(Namespace::ALL))
            .chain(of(Landlock::ALL))
            .chain(of(Right::ALL))
            .chain(of(Calls::ALL))
    }

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Setup(rule) => rule.as_str(),
            Self::Limit(rule) => rule.as_str(),
            Self::Namespace(rule) => rule.as_str(),
            Self::Landlock(rule) => rule.as_str(),
            Self::Right(rule) => rule.as_str(),
            Self::Calls(rule) => rule.as_str(),
        }
    }

    /// Its number among all rules.
    const fn number(self) -> usize {
        match self {
            Self::Setup(rule) => rule as usize,
            Self::Limit(rule) => FIRST_LIMIT + rule as usize,
            Self::Namespace(rule) => FIRST_NAMESPACE + rule as usize,
            Self::Landlock(rule) => FIRST_LANDLOCK + rule as usize,
            Self::Right(rule) => FIRST_RIGHT + rule as usize,
            Self::Calls(rule) => FIRST_CALLS + rule as usize,
        }
    }
}

const FIRST_LIMIT: usize = Setup::ALL.len();
const FIRST_NAMESPACE: usize = FIRST_LIMIT + Limit::ALL.len();
const FIRST_LANDLOCK: usize = FIRST_NAMESPACE + Namespace::ALL.len();
const FIRST_RIGHT: usize = FIRST_LANDLOCK + Landlock::ALL.len();
const FIRST_CALLS: usize = FIRST_RIGHT + Right::ALL.len();
const COUNT: usize = FIRST_CALLS + Calls::ALL.len();

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// No rule has this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRule(String);

impl fmt::Display for UnknownRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no rule is named `{}`", self.0)
    }
}

impl std::error::Error for UnknownRule {}

impl FromStr for Rule {
    type Err = UnknownRule;

    fn from_str(name: &str) -> Result<Self, UnknownRule> {
        Self::all()
            .find(|rule| rule.as_str() == name)
            .ok_or_else(|| UnknownRule(name.to_owned()))
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}

/// A set of rules, one bit for each. As text, the list of their names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Rule>", into = "Vec<Rule>")]
pub(crate) struct RuleSet(u128);

const _: () = assert!(COUNT <= u128::BITS as usize, "a bit for each rule");

impl RuleSet {
    pub(crate) fn contains(self, rule: impl Into<Rule>) -> bool {
        self.0 & (1 << rule.into().number()) != 0
    }
}

impl FromIterator<Rule> for RuleSet {
    fn from_iter<T: IntoIterator<Item = Rule>>(rules: T) -> Self {
        let bits = rules.into_iter().map(|rule| 1 << rule.number());
        Self(bits.fold(0, |all, bit: u128| all | bit))
    }
}

impl From<Vec<Rule>> for RuleSet {
    fn from(rules: Vec<Rule>) -> Self {
        Self::from_iter(rules)
    }
}

impl From<RuleSet> for Vec<Rule> {
    fn from(rules: RuleSet) -> Self {
        Rule::all().filter(|&rule| rules.contains(rule)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_rules_share_a_name_or_a_number() {
        let names: BTreeSet<_> = Rule::all().map(Rule::as_str).collect();
        let numbers: Vec<_> = Rule::all().map(Rule::number).collect();
        assert_eq!(names.len(), COUNT);
        assert!(numbers.into_iter().eq(0..COUNT));
    }

    #[test]
    fn a_rule_is_found_by_its_name_and_by_no_other() {
        for rule in Rule::all() {
            assert_eq!(rule.as_str().parse(), Ok(rule));
        }
        let unknown = "right-to-fly".parse::<Rule>().unwrap_err();
        assert_eq!(unknown.to_string(), "no rule is named `right-to-fly`");
    }

    #[test]
    fn a_set_holds_the_rules_it_was_made_of_and_no_others() {
        for rule in Rule::all() {
            let set = RuleSet::from_iter([rule]);
            let held: Vec<_> = Rule::all().filter(|&other| set.contains(other)).collect();
            assert_eq!(held, [rule]);
        }
        let two = RuleSet::from_iter([Setup::Session.into(), Calls::Ptrace.into()]);
        let text = serde_json::to_string(&two).unwrap();
        assert_eq!(text, r#"["session","ptrace"]"#);
        assert_eq!(serde_json::from_str::<RuleSet>(&text).unwrap(), two);
        assert!(serde_json::from_str::<RuleSet>(r#"["right-to-fly"]"#).is_err());
    }
}
