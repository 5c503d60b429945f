//! What one thread of a program that was stopped did, from the functions of libraries that it is in.
//!
//! Never decides what is tried.

use evidence::ThreadStanding;

/// Crates of which a function is not the student's own.
const LIBRARIES: [&str; 14] = [
    "std",
    "core",
    "alloc",
    "rayon",
    "rayon_core",
    "crossbeam",
    "crossbeam_channel",
    "crossbeam_utils",
    "parking_lot",
    "parking_lot_core",
    "lock_api",
    "tokio",
    "threadpool",
    "itertools",
];

/// What one thread did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Doing {
    /// It computes, or would if it had a processor.
    Runs,
    /// It waits for a lock, which is told from others by this number.
    Lock(u64),
    Join,
    /// It waits at the end of `thread::scope`.
    ScopeEnd,
    Receive,
    Send,
    Barrier,
    Condition,
    Sleep,
    Parked,
    /// It waits in tokio, for a task or for a message.
    Tokio,
    /// It waits for threads of rayon.
    Rayon,
    /// A thread of a library that has no work.
    Idle,
    Other,
}

impl Doing {
    pub(super) fn of(thread: &ThreadStanding) -> Self {
        if thread.runs {
            return Self::Runs;
        }
        // Only what the student's own code has called tells what is waited for: its functions may have any name.
        let own = thread.functions.iter().position(|name| is_own(name));
        let called = &thread.functions[..own.unwrap_or(thread.functions.len())];
        let is_in = |parts: &[&str]| {
            let mut functions = called.iter();
            functions.any(|function| parts.iter().all(|part| function.contains(part)))
        };
        let is_of = |krate: &str| called.iter().any(|function| krate_of(function) == krate);
        if own.is_none() && !thread.is_first && !called.is_empty() {
            return Self::Idle;
        }
        if is_of("tokio") {
            return Self::Tokio;
        }
        if is_of("rayon") || is_of("rayon_core") {
            return Self::Rayon;
        }
        let address = thread.call.map_or(0, |(_, arguments)| arguments[0]);
        if is_in(&["rwlock", "write_contended"]) {
            // A writer waits at the word beside the one at which readers wait.
            return Self::Lock(address.saturating_sub(4));
        }
        match () {
            () if is_in(&["_contended"]) || is_in(&["lock_slow"]) => Self::Lock(address),
            () if is_in(&["thread::scoped::scope"]) || is_in(&["crossbeam_utils", "scope"]) => {
                Self::ScopeEnd
            }
            () if is_in(&["Barrier", "wait"]) => Self::Barrier,
            () if is_in(&["Condvar", "wait"]) => Self::Condition,
            () if is_in(&["recv"]) => Self::Receive,
            () if is_in(&["mp", "::send"]) || is_in(&["crossbeam_channel", "::send"]) => Self::Send,
            () if is_in(&["thread", "::join"]) || is_in(&["JoinInner"]) => Self::Join,
            () if is_in(&["thread::sleep"]) || is_in(&["thread::functions::sleep"]) => Self::Sleep,
            () if is_in(&["::park"]) => Self::Parked,
            () => Self::Other,
        }
    }

    /// The call by which a program comes to wait so.
    pub(super) const fn tokens(self) -> Option<&'static [&'static str]> {
        Some(match self {
            Self::Lock(_) => &[".", "lock", "("],
            Self::Join => &[".", "join", "("],
            Self::ScopeEnd => &["scope", "("],
            Self::Receive => &[".", "recv", "("],
            Self::Send => &[".", "send", "("],
            Self::Barrier | Self::Condition => &[".", "wait", "("],
            Self::Sleep => &["sleep", "("],
            Self::Runs | Self::Parked | Self::Tokio | Self::Rayon | Self::Idle | Self::Other => {
                return None;
            }
        })
    }

    /// What the thread does. `locks` are all locks that are waited for.
    pub(super) fn words(self, locks: &[u64]) -> String {
        match self {
            Self::Runs => "computing".into(),
            Self::Lock(lock) => match locks.iter().position(|other| *other == lock) {
                Some(at) if locks.len() > 1 => format!("waiting for lock {}", letter(at)),
                _ => "waiting for a lock".into(),
            },
            Self::Join => "waiting for another thread to end (`join`)".into(),
            Self::ScopeEnd => "waiting for the threads of `thread::scope` to end".into(),
            Self::Receive => "waiting for a message of a channel (`recv`)".into(),
            Self::Send => "waiting for room in a channel (`send`)".into(),
            Self::Barrier => "waiting for other threads at a `Barrier`".into(),
            Self::Condition => "waiting at a `Condvar`".into(),
            Self::Sleep => "sleeping (`thread::sleep`)".into(),
            Self::Parked => "parked: waiting until another thread wakes it".into(),
            Self::Tokio => "waiting in tokio, for a task or for a message".into(),
            Self::Rayon => "waiting for the threads of rayon".into(),
            Self::Idle => "a thread of a library, without work".into(),
            Self::Other => "waiting".into(),
        }
    }
}

/// A short name for one of several locks.
fn letter(at: usize) -> char {
    u8::try_from(at)
        .ok()
        .and_then(|at| b'A'.checked_add(at))
        .filter(u8::is_ascii_uppercase)
        .map_or('?', char::from)
}
/// The innermost function that is the student's own, without the name of the crate, such as `main` or
/// `main::{{closure}}`.
pub(super) fn own_function(thread: &ThreadStanding) -> Option<String> {
    let own = thread.functions.iter().find(|name| is_own(name))?;
    let path = match own.strip_prefix('<') {
        Some(_) => own.as_str(),
        None => own.split_once("::")?.1,
    };
    Some(path.to_owned())
}

/// The crate of a function, as the path begins with it: `my` of `my::main` and of `<my::Part as my::Work>::run`.
fn krate_of(function: &str) -> &str {
    let path = function.strip_prefix('<').unwrap_or(function);
    path.split_once("::").map_or("", |(krate, _)| krate)
}

/// Whether a function is the student's own.
fn is_own(function: &str) -> bool {
    let krate = krate_of(function);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !krate.is_empty() && krate.chars().all(is_name) && !LIBRARIES.contains(&krate)
}
