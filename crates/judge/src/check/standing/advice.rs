//! What to try where threads wait for each other, or do not end. Pure words.

use super::doing::Doing;
use crate::check::finding::Mistake;
use ids::CheckId;

/// The deadlocks that have a name: what happens, lines of a program that makes it, and what its threads do then.
pub(super) const EXAMPLES: [(&str, &str, &[Doing]); 8] = [
    (
        "two threads take two locks in opposite orders, and each waits for the other",
        "// One thread:                      // Another thread:\n\
         let a = first.lock().unwrap();      let b = second.lock().unwrap();\n\
         let b = second.lock().unwrap();     let a = first.lock().unwrap();",
        &[Doing::Lock(1), Doing::Lock(2)],
    ),
    (
        "a thread waits for a lock that it holds itself",
        "let mut total = TOTAL.lock().unwrap();\n\
         add(5);     // and `add` locks TOTAL as well",
        &[Doing::Lock(1)],
    ),
    (
        "threads wait for a lock whose holder waits for something else",
        "let guard = total.lock().unwrap();\n\
         handle.join().unwrap();     // and that thread locks `total`, as others do",
        &[Doing::Join, Doing::Lock(1), Doing::Lock(1)],
    ),
    (
        "a channel is read to its end, and a sender is never dropped",
        "let (sender, receiver) = mpsc::channel();\n\
         for part in parts {\n    \
             let sender = sender.clone();\n    \
             thread::spawn(move || sender.send(sum_of(part)));\n\
         }\n\
         let total: u64 = receiver.iter().sum();     // `sender` is still there",
        &[Doing::Receive],
    ),
    (
        "a channel is full, and nobody receives",
        "let (sender, receiver) = mpsc::sync_channel(10);\n\
         let handle = thread::spawn(move || send_all_to(sender));\n\
         handle.join().unwrap();     // before anything is received",
        &[Doing::Join, Doing::Send],
    ),
    (
        "fewer threads come to a `Barrier` than it waits for",
        "let barrier = Barrier::new(8);     // and only 4 threads come to `wait`",
        &[Doing::Barrier],
    ),
    (
        "a `Condvar` is waited for, and nobody is left who notifies it",
        "ready = wake.wait(ready).unwrap();     // and `notify_all` came before, or comes never",
        &[Doing::Condition],
    ),
    (
        "a task of tokio waits for a message or for a task that never comes",
        "let (sender, mut receiver) = tokio::sync::mpsc::channel(10);\n\
         // each task has a clone of `sender`\n\
         while let Some(n) = receiver.recv().await {     // `sender` is still there\n    \
             total += n;\n\
         }",
        &[Doing::Tokio],
    ),
];

/// The deadlocks that have a name.
pub(in crate::check) fn examples() -> Vec<Mistake> {
    EXAMPLES
        .into_iter()
        .map(|(message, code, doing)| {
            let locks = locks(doing);
            let doing: Vec<_> = doing.iter().map(|&one| (true, one, 1)).collect();
            let (name, hint) = deadlock_advice(&doing, &locks);
            Mistake {
                name: name.to_owned(),
                check: CheckId::Run,
                message: message.to_owned(),
                hint: hint.to_owned(),
                code: Some(code),
            }
        })
        .collect()
}

const LOCK_TWICE: (&str, &str) = (
    "deadlock-lock-twice",
    "the lock that is waited for is never given back. Does the same thread hold it already? The guard of `read()` counts \
     too. Let the guard end first: put it into a block `{ }`, or `drop` it",
);

const CHANNEL: (&str, &str) = (
    "deadlock-channel",
    "the loop over a channel ends when its last sender is gone, and one is still there: `drop` the first sender before the \
     loop, and give each thread a clone of its own",
);

/// The locks that are waited for, each once.
pub(super) fn locks(doing: &[Doing]) -> Vec<u64> {
    let mut locks = Vec::new();
    for one in doing {
        if let Doing::Lock(lock) = one
            && !locks.contains(lock)
        {
            locks.push(*lock);
        }
    }
    locks
}

/// The name of a deadlock, and what to try. `doing` says of groups of threads whether it is the first thread, what they do
/// and how many they are.
pub(super) fn deadlock_advice(
    doing: &[(bool, Doing, u32)],
    locks: &[u64],
) -> (&'static str, &'static str) {
    let any = |wanted: Doing| doing.iter().any(|(_, one, _)| *one == wanted);
    let others_receive = doing
        .iter()
        .any(|(is_first, one, _)| !is_first && *one == Doing::Receive);
    let counts = doing.iter().filter(|(_, one, _)| *one != Doing::Idle);
    let all: u32 = counts.map(|(.., threads)| threads).sum();
    let at_locks = doing
        .iter()
        .filter(|(_, one, _)| matches!(one, Doing::Lock(_)));
    let waiting: u32 = at_locks.map(|(.., threads)| threads).sum();
    match (locks.len(), waiting) {
        (2.., _) => (
            "deadlock-lock-order",
            "each of these threads has one lock and waits for another: take the locks in the same order everywhere, or \
             let one go before the next is taken",
        ),
        // The one that receives holds the lock of the channel, and the others wait for it.
        _ if others_receive => CHANNEL,
        (1, 1) => LOCK_TWICE,
        (1, _) if waiting == all => LOCK_TWICE,
        (1, _) => (
            "deadlock-lock",
            "nobody gives back the lock that these threads wait for. Does one of them hold it already, because it took the \
             lock twice? Or is a guard kept while its thread waits for something else, such as `join`?",
        ),
        _ if any(Doing::Tokio) => (
            "deadlock-tokio",
            "a task waits for something that never comes. Does it receive from a channel of which a sender is still \
             there? `drop` the first sender. Does it wait for a task that waits itself?",
        ),
        _ if any(Doing::Receive) => CHANNEL,
        _ if any(Doing::Send) => (
            "deadlock-send",
            "the channel is full and nobody receives: receive while the threads still send, not after `join`",
        ),
        _ if any(Doing::Barrier) => (
            "deadlock-barrier",
            "`Barrier::new(n)` waits until n threads have come to `wait`: are so many started, and does each of them \
             come there?",
        ),
        _ if any(Doing::Condition) => (
            "deadlock-condvar",
            "nobody is left who could notify the `Condvar`: change the value first and notify then, and look at the \
             value before waiting",
        ),
        _ => (
            "deadlock",
            "each thread waits for another one: the lines above say for what. One of them must go on first",
        ),
    }
}

pub(super) fn limit_advice(doing: &[(bool, Doing, u32)]) -> Option<(&'static str, &'static str)> {
    let any = |wanted: Doing| doing.iter().any(|(_, one, _)| *one == wanted);
    if any(Doing::Runs) {
        return Some((
            "endless-loop",
            "a loop goes on without end: which condition ends it, and what in the loop makes that condition true?",
        ));
    }
    if any(Doing::Sleep) {
        return Some((
            "sleeps",
            "do not wait by sleeping: to wait for a thread use `join`, to wait for a value use a channel",
        ));
    }
    None
}
