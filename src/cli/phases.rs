//! What is waited for, in words with counts: the text of the line on a terminal, and the lines elsewhere.
//!
//! Never reads a clock and never prints: each function is told how much time has passed since the command began.

use std::{mem, time::Duration};

/// Nothing is said of what takes less time.
pub(super) const SHORT: Duration = Duration::from_millis(500);

/// From then on it is said how long something takes.
const LONG: Duration = Duration::from_secs(3);

/// Where there is no terminal, the same is said again at this age.
const SOON: Duration = Duration::from_secs(5);

/// And then after this time, with new counts.
pub(super) const AGAIN: Duration = Duration::from_secs(10);

/// Something that is waited for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Phase {
    /// What is done, as in "compiling crates".
    pub(super) what: String,
    /// How many are done, and of how many if that is known.
    pub(super) count: Option<(usize, Option<usize>)>,
    /// What was done last.
    pub(super) last: Option<String>,
    /// What a person should know about it.
    pub(super) note: Option<&'static str>,
    /// The longest that it may take.
    pub(super) limit: Option<Duration>,
}

impl Phase {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            ..Self::default()
        }
    }

    /// In words. What matters least comes last, because a narrow terminal cuts it off.
    fn text(&self, age: Duration) -> String {
        let mut details = Vec::new();
        match self.count {
            Some((done, Some(of))) => details.push(format!("{done} of {of}")),
            Some((done, None)) if done > 0 => details.push(done.to_string()),
            _ => {}
        }
        if age >= LONG {
            details.push(format!("{} s", age.as_secs()));
            if let Some(limit) = self.limit {
                details.push(format!("the limit is {} s", limit.as_secs()));
            }
        }
        if let Some(last) = &self.last {
            details.push(format!("{last} is done"));
        }
        details.extend(self.note.map(str::to_owned));
        if details.is_empty() {
            return self.what.clone();
        }
        format!("{} ({})", self.what, details.join("; "))
    }
}

/// A phase at work.
#[derive(Debug)]
struct Current {
    phase: Phase,
    began: Duration,
    said: Option<Said>,
}

/// What was said of a phase.
#[derive(Debug)]
struct Said {
    /// When it is to be said again.
    next: Duration,
    count: Option<(usize, Option<usize>)>,
}

impl Current {
    /// The line for its end, if it was said before with other counts.
    fn last_line(self, now: Duration) -> Option<String> {
        let said = self.said?;
        (said.count != self.phase.count).then(|| self.phase.text(now.saturating_sub(self.began)))
    }
}

/// Phases of several things that go on side by side.
#[derive(Debug)]
pub(super) struct Phases<const N: usize> {
    current: [Option<Current>; N],
    /// Lines for phases that have ended.
    ended: Vec<String>,
}

impl<const N: usize> Phases<N> {
    pub(super) fn new() -> Self {
        Self {
            current: [const { None }; N],
            ended: Vec::new(),
        }
    }

    /// A phase begins or comes further: it is the same as long as `what` is the same. Or nothing is done.
    pub(super) fn set(&mut self, which: usize, phase: Option<Phase>, now: Duration) {
        let Some(slot) = self.current.get_mut(which) else {
            return;
        };
        if let (Some(current), Some(phase)) = (slot.as_mut(), &phase)
            && current.phase.what == phase.what
        {
            current.phase.clone_from(phase);
            return;
        }
        let next = phase.map(|phase| Current {
            phase,
            began: now,
            said: None,
        });
        let ended = mem::replace(slot, next);
        self.ended
            .extend(ended.and_then(|ended| ended.last_line(now)));
    }

    /// Nothing is done any more.
    pub(super) fn end(&mut self, now: Duration) {
        for which in 0..N {
            self.set(which, None, now);
        }
    }

    /// All of it in one line, for a terminal.
    pub(super) fn line(&self, now: Duration) -> String {
        let current = self.current.iter().flatten();
        let texts: Vec<String> = current
            .map(|current| current.phase.text(now.saturating_sub(current.began)))
            .collect();
        texts.join(", ")
    }

    /// The lines that are to be printed now where there is no terminal.
    pub(super) fn due(&mut self, now: Duration) -> Vec<String> {
        let mut lines = mem::take(&mut self.ended);
        for current in self.current.iter_mut().flatten() {
            let age = now.saturating_sub(current.began);
            let is_due = match &current.said {
                None => age >= SHORT,
                Some(said) => now >= said.next,
            };
            if is_due {
                lines.push(current.phase.text(age));
                let count = current.phase.count;
                let next = match &current.said {
                    None => (current.began + SOON).max(now),
                    Some(_) => now + AGAIN,
                };
                current.said = Some(Said { next, count });
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn counted(done: usize) -> Phase {
        let mut phase = Phase::new("compiling crates");
        phase.count = Some((done, Some(9)));
        phase
    }

    #[test]
    fn what_is_fast_is_not_said() {
        let mut phases = Phases::<1>::new();
        phases.set(0, Some(Phase::new("one")), ms(0));
        assert_eq!(phases.due(ms(499)), [""; 0]);
        phases.set(0, Some(Phase::new("two")), ms(499));
        assert_eq!(phases.due(ms(998)), [""; 0]);
        phases.end(ms(998));
        assert_eq!(phases.due(ms(5000)), [""; 0]);
    }

    #[test]
    fn what_lasts_is_said_at_once_later_and_at_its_end() {
        let mut phases = Phases::<1>::new();
        phases.set(0, Some(counted(0)), ms(0));
        assert_eq!(phases.due(ms(500)), ["compiling crates (0 of 9)"]);
        phases.set(0, Some(counted(3)), ms(600));
        assert_eq!(phases.due(ms(4999)), [""; 0]);
        assert_eq!(phases.due(ms(5000)), ["compiling crates (3 of 9; 5 s)"]);
        assert_eq!(phases.due(ms(14_999)), [""; 0]);
        assert_eq!(phases.due(ms(15_000)), ["compiling crates (3 of 9; 15 s)"]);
        phases.set(0, Some(counted(9)), ms(16_000));
        phases.set(0, Some(Phase::new("next")), ms(16_000));
        assert_eq!(phases.due(ms(16_499)), ["compiling crates (9 of 9; 16 s)"]);
        // Its end brings nothing new.
        assert_eq!(phases.due(ms(16_500)), ["next"]);
        phases.end(ms(16_600));
        assert_eq!(phases.due(ms(16_600)), [""; 0]);
    }

    #[test]
    fn a_line_has_all_that_goes_on_side_by_side_in_its_order() {
        let mut phases = Phases::<2>::new();
        let mut run = Phase::new("run 2 of 3");
        run.limit = Some(Duration::from_secs(10));
        phases.set(1, Some(run), ms(0));
        assert_eq!(phases.line(ms(0)), "run 2 of 3");
        phases.set(0, Some(counted(1)), ms(100));
        assert_eq!(
            phases.line(ms(4000)),
            "compiling crates (1 of 9; 3 s), run 2 of 3 (4 s; the limit is 10 s)"
        );
        phases.set(0, None, ms(4000));
        assert_eq!(phases.line(ms(4000)), "run 2 of 3 (4 s; the limit is 10 s)");
    }

    #[test]
    fn a_total_that_is_not_known_is_not_said() {
        let mut phase = Phase::new("fetching crates");
        phase.count = Some((0, None));
        assert_eq!(phase.text(ms(0)), "fetching crates");
        phase.count = Some((2, None));
        phase.last = Some("rayon".to_owned());
        phase.note = Some("once for this machine");
        assert_eq!(
            phase.text(ms(0)),
            "fetching crates (2; rayon is done; once for this machine)"
        );
    }
}
