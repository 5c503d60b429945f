//! Each mistake with the numbers and a few lines of an example, so that it is explained in the words of the report.

use super::{diagnosis::Cause, wording::explain};
use crate::source::Source;
use evidence::ObservationLimit;
use std::time::Duration;

/// What the report says of an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) struct Example {
    pub(in crate::check) name: &'static str,
    pub(in crate::check) message: String,
    pub(in crate::check) hint: String,
    /// Lines that make the mistake.
    pub(in crate::check) code: &'static str,
}

/// One of each mistake. In the code, `product` reads a file.
const EXAMPLES: &[(Cause, &str)] = &[
    (
        Cause::NoThreads,
        "let total: u64 = files.iter().map(|file| product(file)).sum();",
    ),
    (
        Cause::OneWorker,
        "let all = thread::spawn(move || files.iter().map(|file| product(file)).sum::<u64>());\n\
         let total = all.join().unwrap();",
    ),
    (
        Cause::OneWorker,
        "let pool = ThreadPoolBuilder::new().num_threads(1).build().unwrap();\n\
         let total: u64 = pool.install(|| files.par_iter().map(product).sum());",
    ),
    (
        Cause::OneReader { others: 8 },
        "let texts: Vec<String> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();\n\
         let total: u64 = texts.par_iter().map(|text| product_of(text)).sum();",
    ),
    (
        Cause::IdleThreads { others: 7 },
        "for part in files.chunks(1000) {\n    \
             scope.spawn(|| part.iter().map(|file| product(file)).sum::<u64>());\n\
         }",
    ),
    (
        Cause::IdleThreads { others: 7 },
        "for _ in 0..7 {\n    scope.spawn(|| thread::sleep(Duration::from_millis(100)));\n}",
    ),
    (
        Cause::SpawnJoinLoop { threads: 1000 },
        "for file in files {\n    \
             total += thread::spawn(move || product(&file)).join().unwrap();\n\
         }",
    ),
    (
        Cause::SpawnJoinLoop { threads: 1000 },
        "for file in files {\n    \
             handles.push(thread::spawn(move || product(&file)));\n    \
             thread::sleep(Duration::from_millis(400));\n\
         }",
    ),
    (
        Cause::Serialised { threads: 8 },
        "scope.spawn(|| {\n    \
             let mut files = files.lock().unwrap();\n    \
             while let Some(file) = files.pop() {\n        \
                 let text = fs::read_to_string(file).unwrap();\n    \
             }\n\
         });",
    ),
    (
        Cause::Serialised { threads: 8 },
        "files.iter().map(|file| fs::read_to_string(file).unwrap()).par_bridge()",
    ),
    (
        Cause::NoThreads,
        "for file in files {\n    \
             total += tokio::task::spawn_blocking(move || product(&file)).await.unwrap();\n\
         }",
    ),
    (
        Cause::Uneven {
            busiest: 900,
            files: 1000,
            threads: 2,
        },
        "for part in files.chunks(900) {\n    scope.spawn(|| sum_of(part));\n}",
    ),
    (
        Cause::HardlyParallel {
            effective: 1.25,
            held_max: 4,
        },
        "for file in files {\n    barrier.wait();\n    total += product(file);\n}",
    ),
    (
        Cause::TooFew {
            read: 100,
            of: 1000,
        },
        "files.par_iter().take(100)",
    ),
    (
        Cause::ReadAgain {
            charges: 2000,
            files: 1000,
        },
        "let third = fs::read_to_string(file)?;\nlet seventeenth = fs::read_to_string(file)?;",
    ),
    (
        Cause::TouchedOnly { threads: 8 },
        "let first = reader.read_line(&mut line)?;\nlet guard = lock.lock().unwrap();\n\
         reader.read_to_string(&mut rest)?;",
    ),
    (
        Cause::BeginningSerialised { threads: 8 },
        "let guard = lock.lock().unwrap();\nlet first = reader.read_line(&mut line)?;\ndrop(guard);\n\
         reader.read_to_string(&mut rest)?;",
    ),
    (
        Cause::Processes { processes: 8 },
        "Command::new(env::current_exe()?).arg(file).spawn()?;",
    ),
    (
        Cause::HeldUp {
            own: Duration::from_secs(20),
            cap: ObservationLimit::HeldTooLong { limit_ms: 30_000 },
        },
        "while !done.load(Ordering::Relaxed) {\n    thread::sleep(Duration::from_millis(10));\n}",
    ),
    (
        Cause::NothingRead {
            opened: 0,
            cut_off: 8,
        },
        "for file in files {\n    thread::spawn(move || product(&file));\n}\nprintln!(\"{total}\");",
    ),
];

/// What the report says of one of each.
pub(in crate::check) fn examples() -> Vec<Example> {
    let example = |&(cause, code): &(Cause, &'static str)| {
        let source = Source::new([("src/main.rs".to_owned(), code.to_owned())]);
        let told = explain(cause, &source);
        Example {
            name: told.name,
            message: told.message,
            hint: told.hint,
            code,
        }
    };
    EXAMPLES.iter().map(example).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_mistake_has_one_example() {
        let examples = examples();
        let names: BTreeSet<&str> = examples.iter().map(|example| example.name).collect();
        assert_eq!(names.len(), examples.len(), "{examples:#?}");
        assert_eq!(names.len(), 20, "{names:?}");
    }
}
