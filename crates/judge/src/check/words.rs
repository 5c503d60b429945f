//! Small words that several checks share.

use std::time::Duration;

pub(super) use ids::words::count;

use evidence::Termination;

/// A duration limit as people write it: `10 s`, `10.4 s`, `500 ms`.
pub(super) fn milliseconds(ms: u64) -> String {
    let tenths = ms.saturating_add(50) / 100;
    match (tenths / 10, tenths % 10) {
        (0, _) => format!("{ms} ms"),
        (seconds, 0) => format!("{seconds} s"),
        (seconds, tenth) => format!("{seconds}.{tenth} s"),
    }
}

/// The longest line of an excerpt, in characters.
const LONGEST_LINE: usize = 300;

/// The first lines of a text, at most so many, each of limited length.
pub(super) fn first_lines(text: &str, most: usize) -> String {
    let lines: Vec<String> = text
        .lines()
        .take(most)
        .map(|line| shortened(line, LONGEST_LINE))
        .collect();
    lines.join("\n")
}

/// The last lines that are not blank, at most so many, each of limited length.
pub(super) fn last_lines(text: &str, most: usize) -> Option<String> {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let kept = &lines[lines.len().saturating_sub(most)..];
    (!kept.is_empty()).then(|| first_lines(&kept.join("\n"), most))
}

/// A program's output, without the numbers of its threads in Rust's words on a panic, `thread 'main' (1234)
/// panicked at`: the numbers differ in each run and mean nothing to a reader.
pub(super) fn without_thread_numbers(output: &str) -> String {
    let line = |line: &str| -> String {
        let shortened = || {
            let (before, rest) = line.split_once("' (")?;
            let (number, behind) = rest.split_once(')')?;
            let is_it = before.starts_with("thread '")
                && !number.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit());
            is_it.then(|| format!("{before}'{behind}"))
        };
        shortened().unwrap_or_else(|| line.to_owned())
    };
    output.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// At most so many characters, with an ellipsis where something is cut.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// The name of a signal.
pub(super) fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => return None,
    })
}

/// What happened, for a person: a predicate without full stop, such as *was stopped after 10 s*.
pub(super) fn termination(ended: &Termination) -> String {
    let size = |bytes: &u64| bytesize::ByteSize(*bytes).display().iec().to_string();
    let time = |ms: &u64| humantime::format_duration(Duration::from_millis(*ms)).to_string();
    match ended {
        Termination::Exited { code } => format!("ended by itself with exit status {code}"),
        Termination::Signaled { signal } => format!("was ended by signal {signal}"),
        Termination::NotStarted { error } => {
            format!("could not be started: {}", why_not_started(*error))
        }
        Termination::WallLimit { limit_ms } => {
            format!("was stopped: it ran for longer than {}", time(limit_ms))
        }
        Termination::Deadlock => {
            "was stopped: all its threads wait for each other (a deadlock)".into()
        }
        Termination::OutputLimit { limit_bytes } => format!(
            "was stopped: it wrote more than {} of output",
            size(limit_bytes)
        ),
        Termination::CpuLimit { limit_ms } => format!(
            "was stopped: it used more than {} of processor time",
            time(limit_ms)
        ),
        Termination::MemoryLimit { limit_bytes } => {
            format!(
                "was stopped: it used more than {} of memory",
                size(limit_bytes)
            )
        }
        Termination::TaskLimit { limit } => {
            format!("was stopped: it had more than {limit} processes and threads at once")
        }
        Termination::FileSizeLimit { limit_bytes } => {
            format!(
                "was stopped: it made a file larger than {}",
                size(limit_bytes)
            )
        }
        Termination::DiskLimit {
            limit_bytes,
            limit_files,
        } => format!(
            "was stopped: it wrote more than {} or more than {limit_files} files to disk",
            size(limit_bytes)
        ),
    }
}

/// Why the system starts no such program, by the error's number on Linux.
fn why_not_started(error: i32) -> String {
    match error {
        2 => "it names a loader that does not exist".into(),
        8 | 22 | 80 => "the system does not take it for a program".into(),
        1 | 13 | 40 => "it names a loader that may not be run".into(),
        7 | 12 | 27 => "it asks for more memory than there is".into(),
        _ => format!("the system's error {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_threads_go_and_nothing_else() {
        for (output, kept) in [
            (
                "a\nthread 'main' (4711) panicked at src/main.rs:1:2:\nno",
                "a\nthread 'main' panicked at src/main.rs:1:2:\nno",
            ),
            ("thread 'main' (no) panicked", "thread 'main' (no) panicked"),
            ("in 'x' (12) y", "in 'x' (12) y"),
        ] {
            assert_eq!(without_thread_numbers(output), kept);
        }
    }
}
