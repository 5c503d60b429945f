//! Words and small parts that both pages share: verdicts, answers, ends of runs, and measures for a person.

use super::markup::Markup;
use ids::SubmissionId;
use judge::record::{Record, Status, Termination, Verdict};

/// A verdict: the word, and the class that chooses its colour.
pub(super) const fn verdict(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Pass => ("Passed", "good"),
        Verdict::Fail => ("Did not pass", "bad"),
        Verdict::NotGraded => ("Not graded", "open"),
    }
}

/// An answer: the sign, the word, and the class that chooses its colour.
pub(super) const fn status(status: Status) -> (&'static str, &'static str, &'static str) {
    match status {
        Status::Pass => ("✓", "passed", "good"),
        Status::Fail => ("✗", "failed", "bad"),
        Status::Skipped => ("–", "not examined", "quiet"),
        Status::Inconclusive => ("?", "undecided", "open"),
    }
}

/// A sign whose word is for those who do not see it.
pub(super) fn sign(page: &mut Markup, of: Status) {
    let (sign, word, class) = status(of);
    let class = format!("sign {class}");
    page.element("span", &[("class", &class)], |page| {
        page.leaf("span", &[("aria-hidden", "true")], sign);
        page.leaf("span", &[("class", "unseen")], word);
    });
}

/// The points, or that there are none.
pub(super) fn points(record: &Record) -> String {
    match record.score {
        Some(score) => format!("{} of {} points", score.earned, score.possible),
        None => "no points were given or taken".to_owned(),
    }
}

/// The place of a submission in the page.
pub(super) fn anchor(id: &SubmissionId) -> String {
    format!("of-{id}")
}

pub(super) fn link(page: &mut Markup, id: &SubmissionId) {
    let href = format!("#{}", anchor(id));
    page.leaf("a", &[("href", &href)], id.as_str());
}

/// A part of a whole, as an attribute.
#[expect(clippy::cast_precision_loss, reason = "a class is small")]
pub(super) fn percent(part: usize, whole: usize) -> String {
    format!("{:.2}%", 100.0 * part as f64 / whole.max(1) as f64)
}

/// How a run ended.
pub(super) fn end(termination: Termination) -> String {
    match termination {
        Termination::Exited { code } => format!("exit code {code}"),
        Termination::Signaled { signal } => format!("ended by signal {signal}"),
        Termination::NotStarted { error } => format!("not started: error {error} of the system"),
        Termination::WallLimit { limit_ms } => {
            format!("stopped at its time limit, {}", time(limit_ms))
        }
        Termination::Deadlock => "stopped: all its threads waited for each other".to_owned(),
        Termination::CpuLimit { limit_ms } => {
            format!("stopped at its limit on processor time, {}", time(limit_ms))
        }
        Termination::OutputLimit { limit_bytes } => {
            format!("stopped at its limit on output, {}", size(limit_bytes))
        }
        Termination::MemoryLimit { limit_bytes } => {
            format!("stopped at its limit on memory, {}", size(limit_bytes))
        }
        Termination::TaskLimit { limit } => {
            format!("stopped at its limit on processes and threads, {limit}")
        }
        Termination::FileSizeLimit { limit_bytes } => {
            format!(
                "stopped at its limit on the size of a file, {}",
                size(limit_bytes)
            )
        }
        Termination::DiskLimit {
            limit_bytes,
            limit_files,
        } => format!(
            "stopped at its limit on disk space, {} and {limit_files} files",
            size(limit_bytes)
        ),
    }
}

/// A time in the unit in which it is easy to read.
pub(super) fn time(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..100_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ => format!("{} s", ms / 1_000),
    }
}

/// A number of bytes in the unit in which it is easy to read.
pub(super) fn size(bytes: u64) -> String {
    const KIB: u64 = 1 << 10;
    const MIB: u64 = 1 << 20;
    match bytes {
        0..KIB => format!("{bytes} B"),
        KIB..MIB => format!("{} KiB", bytes / KIB),
        MIB.. => format!("{}.{} MiB", bytes / MIB, bytes % MIB * 10 / MIB),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_have_the_unit_in_which_they_are_easy_to_read() {
        assert_eq!(
            [0, 999, 1_000, 12_345, 100_000].map(time),
            ["0 ms", "999 ms", "1.0 s", "12.3 s", "100 s"]
        );
        assert_eq!(
            [0, 1_023, 1_024, 1 << 20, 1_600_000].map(size),
            ["0 B", "1023 B", "1 KiB", "1.0 MiB", "1.5 MiB"]
        );
    }
}
