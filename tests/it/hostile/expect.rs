//! What an attack is, and what must come of it: the file `expect.toml` beside each.
//!
//! Hides its spelling. Never reads what really happened.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

/// The groups of attacks.
pub(crate) const GROUPS: &[&str] = &[
    "intake",
    "cargo-configuration",
    "build-time",
    "forging-the-verdict",
    "reading-what-is-hidden",
    "network",
    "resources",
    "attacks-on-the-grader",
    "report-injection",
];

/// The group of those that attack nothing.
pub(crate) const HONEST: &str = "honest";

/// A word of a closed list, as files spell it. With `all`, one can go through them and find one by name.
macro_rules! words {
    (all $(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $word:ident = $text:literal,)* }) => {
        words! { $(#[$doc])* $name { $($(#[$of])* $word = $text,)* } }

        impl $name {
            pub(crate) const ALL: [Self; [$($text),*].len()] = [$(Self::$word),*];

            pub(crate) fn named(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|word| word.as_str() == name)
            }
        }
    };
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $word:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
        pub(crate) enum $name { $($(#[$of])* #[serde(rename = $text)] $word,)* }

        impl $name {
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$word => $text,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words! { all
    /// How well a submission is isolated.
    Tier { Full = "full", Confined = "confined", Weak = "weak", None = "none", }
}

words! {
    /// The grader's result for a submission, as a word.
    Outcome {
        /// Every check passed.
        Honest = "honest",
        /// The course does not accept the crate.
        Refused = "refused",
        /// The compiler made no program of it.
        NotCompiled = "not-compiled",
        /// A run was ended by a limit.
        Stopped = "stopped",
        /// A run ended by itself, but badly.
        Failed = "failed",
        /// The answer is wrong, though the files were read.
        Wrong = "wrong",
        /// The answer is wrong, and files were not read.
        Unread = "unread",
        /// The answer is right, but files were changed or not read.
        Tampered = "tampered",
        /// The grader reports that the machine, not the submission, is the cause.
        NotGraded = "not-graded",
        /// There is no record.
        NoRecord = "no-record",
    }
}

words! { all
    /// What an observer outside of the grader saw.
    Effect {
        /// The secret is in something that the grader wrote.
        TreasureRead = "treasure-read",
        /// The closed folder is not what it was.
        TreasureChanged = "treasure-changed",
        /// What is in the open folder is in something that the grader wrote.
        OpenRead = "open-read",
        /// The open folder is not what it was.
        OpenChanged = "open-changed",
        /// An argument of another process is in something that the grader wrote.
        ArgumentsRead = "arguments-read",
        /// A secret variable of the grader's own is in something that it wrote.
        EnvironmentRead = "environment-read",
        /// The submission printed the mark: it says itself that it got somewhere.
        Told = "told",
        /// A process connected to the port.
        Connected = "connected",
        /// A datagram came.
        Datagram = "datagram",
        /// A process connected to the socket file or to the abstract socket.
        UnixConnected = "unix-connected",
        /// A file of the submission lies in a folder that every user may write to.
        OutsideFile = "outside-file",
        /// The runner's other process is dead, stopped, limited or slowed down.
        VictimHarmed = "victim-harmed",
        /// The grader was ended by a signal.
        GraderDied = "grader-died",
        /// The grader was stopped by a signal.
        GraderStopped = "grader-stopped",
        /// The grader did not end.
        GraderHung = "grader-hung",
        /// The record names another tier than the one asked for.
        WrongTier = "wrong-tier",
        /// A process of the submission is alive after the grading.
        ProcessLeft = "process-left",
        /// Something is left where the grader puts its temporary folders.
        ScratchLeft = "scratch-left",
        /// A control or bidirectional character is in the report.
        ControlInReport = "control-in-report",
        /// A control or bidirectional character is in the record's JSON, not escaped.
        ControlInJson = "control-in-json",
        /// A command that a CI runner would obey is in the report.
        CommandInReport = "command-in-report",
        /// The report is longer than anybody reads.
        LongReport = "long-report",
    }
}

impl Effect {
    /// What no attack surely achieves at any tier: isolation has nothing to do with it.
    pub(crate) const NEVER: [Self; 9] = [
        Self::EnvironmentRead,
        Self::GraderHung,
        Self::ProcessLeft,
        Self::ScratchLeft,
        Self::ControlInReport,
        Self::ControlInJson,
        Self::CommandInReport,
        Self::WrongTier,
        Self::LongReport,
    ];
}

/// The key of what holds at all tiers for an ordinary user, whose jobs have no control group.
const ORDINARY: &str = "ordinary";

/// One word, or several of which each is fine.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum OneOf<T> {
    One(T),
    Several(Vec<T>),
}

impl<T: PartialEq + Copy> OneOf<T> {
    fn list(&self) -> Vec<T> {
        match self {
            Self::One(word) => vec![*word],
            Self::Several(words) => words.clone(),
        }
    }
}

/// What `expect.toml` says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    attack: String,
    group: String,
    #[serde(default)]
    folder: Option<String>,
    #[serde(default)]
    needs: Vec<Need>,
    #[serde(default)]
    runs: Option<u8>,
    #[serde(default)]
    make: Vec<String>,
    outcome: BTreeMap<String, OneOf<Outcome>>,
    #[serde(default)]
    effects: BTreeMap<String, Vec<String>>,
}

/// What an attack needs of the machine; where it is not to be had, the attack is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Need {
    /// To be user 0.
    Root,
    /// More processors than one.
    TwoProcessors,
}

impl Need {
    fn is_met(self) -> bool {
        match self {
            Self::Root => rustix::process::geteuid().is_root(),
            Self::TwoProcessors => std::thread::available_parallelism().is_ok_and(|n| n.get() > 1),
        }
    }
}

/// One attack, or one of the honest.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// The crate, a template.
    pub(crate) folder: PathBuf,
    pub(crate) attack: String,
    pub(crate) group: String,
    /// What the submission's folder is called, escaped, where that is the attack.
    pub(crate) folder_name: Option<String>,
    /// How many runs it needs.
    pub(crate) runs: u8,
    /// What git cannot store.
    pub(crate) make: Vec<String>,
    needs: Vec<Need>,
    outcomes: BTreeMap<String, Vec<Outcome>>,
    effects: BTreeMap<String, Vec<String>>,
}

impl Case {
    /// Read an attack's folder.
    pub(crate) fn read(folder: &Path) -> Self {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let text = fs::read_to_string(folder.join("expect.toml")).expect("an expect.toml");
        let file: File =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{name}/expect.toml: {error}"));
        for key in file.outcome.keys().chain(file.effects.keys()) {
            let known = ["default", ORDINARY].contains(&key.as_str()) || Tier::named(key).is_some();
            assert!(known, "{name}/expect.toml: no tier is called `{key}`");
        }
        for word in file.effects.values().flatten() {
            let known = Effect::named(word.trim_end_matches('?')).is_some();
            assert!(known, "{name}/expect.toml: no effect is called `{word}`");
        }
        Self {
            name: name.into_owned(),
            folder: folder.to_path_buf(),
            attack: file.attack,
            group: file.group,
            folder_name: file.folder,
            runs: file.runs.unwrap_or(1),
            make: file.make,
            needs: file.needs,
            outcomes: file
                .outcome
                .iter()
                .map(|(tier, words)| (tier.clone(), words.list()))
                .collect(),
            effects: file.effects,
        }
    }

    /// A submission of the ordinary corpus, which must have the same result at every tier.
    pub(crate) fn honest(name: &str, folder: PathBuf, outcome: Outcome) -> Self {
        Self {
            name: name.into(),
            folder,
            attack: "none".into(),
            group: HONEST.into(),
            folder_name: None,
            runs: 2,
            make: Vec::new(),
            needs: Vec::new(),
            outcomes: BTreeMap::from([("default".into(), vec![outcome])]),
            effects: BTreeMap::new(),
        }
    }

    /// Whether it can be played on this machine.
    pub(crate) fn is_possible(&self) -> bool {
        self.needs.iter().all(|need| need.is_met())
    }

    fn outcomes(&self, tier: Tier) -> &[Outcome] {
        let is_root = rustix::process::geteuid().is_root();
        let ordinary = self.outcomes.get(ORDINARY).filter(|_| !is_root);
        let own = ordinary.or_else(|| self.outcomes.get(tier.as_str()));
        own.or_else(|| self.outcomes.get("default"))
            .map_or(&[], Vec::as_slice)
    }

    fn effects(&self, tier: Tier) -> impl Iterator<Item = (Effect, bool)> {
        let own = self.effects.get(tier.as_str());
        let words = own.or_else(|| self.effects.get("default"));
        words.into_iter().flatten().filter_map(|word| {
            let certain = !word.ends_with('?');
            Some((Effect::named(word.trim_end_matches('?'))?, certain))
        })
    }

    /// What must be seen at a tier; a word with a question mark only may be.
    pub(crate) fn certain_effects(&self, tier: Tier) -> BTreeSet<Effect> {
        self.effects(tier)
            .filter(|(_, certain)| *certain)
            .map(|(effect, _)| effect)
            .collect()
    }

    /// Whether it does something without isolation that it must not do with it.
    pub(crate) fn bites(&self) -> bool {
        self.certain_effects(Tier::None) != self.certain_effects(Tier::Full)
            || self.outcomes(Tier::None) != self.outcomes(Tier::Full)
    }

    /// What is not as expected.
    pub(crate) fn complaints(
        &self,
        tier: Tier,
        outcome: Outcome,
        seen: &BTreeSet<Effect>,
    ) -> Vec<String> {
        let mut complaints = Vec::new();
        let expected = self.outcomes(tier);
        if !expected.contains(&outcome) {
            let expected: Vec<_> = expected.iter().map(|word| word.as_str()).collect();
            complaints.push(format!("is {outcome}, not {}", expected.join(" or ")));
        }
        let allowed: BTreeSet<Effect> = self.effects(tier).map(|(effect, _)| effect).collect();
        for effect in seen.difference(&allowed) {
            complaints.push(format!("{effect} was seen"));
        }
        for effect in self.certain_effects(tier).difference(seen) {
            complaints.push(format!(
                "{effect} was not seen, so the attack has lost its teeth"
            ));
        }
        complaints
    }
}
