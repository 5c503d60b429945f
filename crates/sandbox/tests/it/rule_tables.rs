//! Which attack succeeds when a rule is left out, rule by rule.

use sandbox::{
    Tier,
    rule::{Calls, Landlock, Limit, Namespace, Right, Rule, Setup},
};

/// A tier, a rule, the rules that make up for it, and the attack that shows whether it is there.
pub(super) type Row = (Tier, Rule, &'static [Rule], &'static str);

pub(super) const EVERYWHERE: &[Row] = &[
    (
        Tier::None,
        Rule::Setup(Setup::Environment),
        &[],
        "environment",
    ),
    (
        Tier::None,
        Rule::Setup(Setup::Descriptors),
        &[],
        "descriptors",
    ),
    (Tier::None, Rule::Setup(Setup::Session), &[], "session"),
    (Tier::None, Rule::Limit(Limit::CoreFiles), &[], "core-file"),
    (
        Tier::None,
        Rule::Limit(Limit::Cpu),
        &[],
        "exceed-processor-time",
    ),
    (
        Tier::None,
        Rule::Limit(Limit::FileSize),
        &[],
        "exceed-file-size",
    ),
    (
        Tier::None,
        Rule::Limit(Limit::OpenFiles),
        &[],
        "exceed-open-files",
    ),
    (Tier::None, Rule::Limit(Limit::Stack), &[], "exceed-stack"),
    (
        Tier::None,
        Rule::Limit(Limit::LockedMemory),
        &[],
        "exceed-locked-memory",
    ),
    (Tier::None, Rule::Limit(Limit::Queues), &[], "exceed-queues"),
    (
        Tier::None,
        Rule::Limit(Limit::Priority),
        &[],
        "exceed-priority",
    ),
    (
        Tier::None,
        Rule::Limit(Limit::Signals),
        &[],
        "exceed-signals",
    ),
    (Tier::Full, Rule::Limit(Limit::Tasks), &[], "exceed-tasks"),
    (
        Tier::Weak,
        Rule::Landlock(Landlock::Paths),
        &[],
        "read-hidden-file",
    ),
    (
        Tier::Weak,
        Rule::Calls(Calls::AccessModes),
        &[],
        "open-hidden-file-for-neither",
    ),
    (
        Tier::Weak,
        Rule::Calls(Calls::SignalsByFiles),
        &[Rule::Setup(Setup::OwnUser)],
        "signal-by-file",
    ),
    (
        Tier::Confined,
        Rule::Landlock(Landlock::Paths),
        &[],
        "list-processes",
    ),
    (
        Tier::Confined,
        Rule::Landlock(Landlock::Ports),
        &[Rule::Calls(Calls::Sockets)],
        "connect-tcp",
    ),
    (
        Tier::Confined,
        Rule::Landlock(Landlock::AbstractSockets),
        &[Rule::Calls(Calls::Sockets)],
        "connect-abstract",
    ),
    (
        Tier::Confined,
        Rule::Landlock(Landlock::SignalScope),
        &[Rule::Setup(Setup::OwnUser)],
        "signal-supervisor",
    ),
    (
        Tier::Confined,
        Rule::Setup(Setup::SupervisorScope),
        &[
            Rule::Setup(Setup::OwnUser),
            Rule::Landlock(Landlock::SignalScope),
        ],
        "kill",
    ),
    (
        Tier::Confined,
        Rule::Right(Right::Execute),
        &[Rule::Right(Right::ReadFiles)],
        "run-hidden-file",
    ),
    (
        Tier::Confined,
        Rule::Right(Right::ReadFiles),
        &[],
        "read-hidden-file",
    ),
    (
        Tier::Confined,
        Rule::Right(Right::ReadFolders),
        &[],
        "list-hidden-folder",
    ),
    (
        Tier::Confined,
        Rule::Right(Right::WriteFiles),
        &[Rule::Right(Right::Truncate)],
        "write-hidden-file",
    ),
    (
        Tier::Confined,
        Rule::Right(Right::Truncate),
        &[],
        "truncate-hidden-file",
    ),
    (
        Tier::Confined,
        Rule::Right(Right::RemoveFiles),
        &[],
        "remove-hidden-file",
    ),
    (
        Tier::Confined,
        Rule::Right(Right::RemoveFolders),
        &[],
        "remove-hidden-folder",
    ),
    (
        Tier::Confined,
        Rule::Right(Right::MakeFiles),
        &[Rule::Right(Right::WriteFiles)],
        "write-outside",
    ),
    (
        Tier::Confined,
        Rule::Right(Right::MakeFolders),
        &[],
        "make-folder-outside",
    ),
    (
        Tier::Confined,
        Rule::Right(Right::MakeLinks),
        &[],
        "make-link-outside",
    ),
    (
        Tier::Confined,
        Rule::Right(Right::MakePipes),
        &[Rule::Calls(Calls::SpecialFiles)],
        "make-pipe-outside",
    ),
    (
        Tier::Confined,
        Rule::Right(Right::MakeSockets),
        &[Rule::Calls(Calls::SpecialFiles)],
        "make-socket-outside",
    ),
    (
        Tier::Confined,
        Rule::Right(Right::MakeDevices),
        &[Rule::Calls(Calls::SpecialFiles)],
        "make-device-outside",
    ),
    (
        Tier::Confined,
        Rule::Right(Right::CommandDevices),
        &[],
        "command-device",
    ),
    (
        Tier::Full,
        Rule::Namespace(Namespace::Network),
        &[],
        "share-network",
    ),
    (
        Tier::Full,
        Rule::Namespace(Namespace::Ipc),
        &[],
        "share-queues",
    ),
    (
        Tier::Full,
        Rule::Namespace(Namespace::HostName),
        &[],
        "share-host-name",
    ),
];

/// Only root's jobs have a user of their own, and capabilities to lose.
pub(super) const FOR_ROOT: &[Row] = &[
    (
        Tier::Confined,
        Rule::Setup(Setup::OwnUser),
        &[Rule::Calls(Calls::Modes)],
        "change-mode-of-hidden-file",
    ),
    (
        Tier::Confined,
        Rule::Setup(Setup::OwnUser),
        &[Rule::Calls(Calls::LimitsOfOthers)],
        "limit-process",
    ),
    (
        Tier::Weak,
        Rule::Setup(Setup::OwnUser),
        &[Rule::Calls(Calls::Signals)],
        "kill",
    ),
    (
        Tier::Confined,
        Rule::Setup(Setup::Capabilities),
        &[Rule::Setup(Setup::OwnUser)],
        "hold-capabilities",
    ),
    (
        Tier::Weak,
        Rule::Setup(Setup::NoNewPrivileges),
        &[
            Rule::Setup(Setup::OwnUser),
            Rule::Setup(Setup::Capabilities),
            Rule::Landlock(Landlock::Paths),
            Rule::Landlock(Landlock::Ports),
            Rule::Landlock(Landlock::SignalScope),
            Rule::Landlock(Landlock::AbstractSockets),
        ],
        "gain-privileges",
    ),
];

/// Rules without which nothing runs, because later steps need them.
pub(super) const REQUIRED: &[(Tier, &[Rule])] = &[
    // A process that restricts itself by Landlock loses them too; at tier `confined` the supervisor already
    // does so.
    (
        Tier::Weak,
        &[
            Rule::Setup(Setup::NoNewPrivileges),
            Rule::Landlock(Landlock::Paths),
            Rule::Landlock(Landlock::Ports),
            Rule::Landlock(Landlock::SignalScope),
            Rule::Landlock(Landlock::AbstractSockets),
        ],
    ),
    (Tier::Full, &[Rule::Namespace(Namespace::User)]),
    (Tier::Full, &[Rule::Namespace(Namespace::Process)]),
    (Tier::Full, &[Rule::Namespace(Namespace::Mount)]),
];

/// Rules with a test of their own.
pub(super) const ELSEWHERE: &[Rule] = &[
    Rule::Setup(Setup::ParentDeath),
    Rule::Setup(Setup::ControlGroups),
];
