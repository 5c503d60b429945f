//! The progress of a grading, and of anything else that a person waits for, in words.

use std::time::Duration;

use super::{
    output::Output,
    phases::{Phase, Phases},
    status::{Account, Line, Status},
};
use crate::{
    compile,
    grading::{Progress, ProgressEvent, Step, Whose},
};

/// Shows the events of a grading: first what it is a part of, then what is done for the reference and for the
/// submission.
pub(super) struct GradeProgress(Status<Phases<3>>);

impl GradeProgress {
    pub(super) fn new(output: &Output) -> Self {
        Self(Status::new(output, true, Phases::new()))
    }

    /// The same as lines that stay, also on a terminal.
    pub(super) fn in_lines(output: &Output) -> Self {
        Self(Status::in_lines(output, Phases::new()))
    }

    /// Show one thing that is waited for, until the result is dropped.
    pub(super) fn of(output: &Output, phase: Phase) -> Self {
        let progress = Self::new(output);
        progress
            .0
            .change(|phases, now| phases.set(0, Some(phase), now));
        progress
    }
}

impl Progress for GradeProgress {
    fn event(&self, event: ProgressEvent) {
        let which = match event.whose {
            Whose::Reference => 1,
            Whose::Submission => 2,
        };
        let phase = phase(event);
        self.0.change(|phases, now| phases.set(which, phase, now));
    }
}

impl<const N: usize> Account for Phases<N> {
    fn line(&self, now: Duration) -> Line {
        Line::Text(Self::line(self, now))
    }

    fn due(&mut self, now: Duration) -> Vec<String> {
        Self::due(self, now)
    }

    fn end(&mut self, now: Duration) {
        Self::end(self, now);
    }
}

/// A step in words; none if nothing is waited for.
pub(super) fn phase(event: ProgressEvent) -> Option<Phase> {
    let whose = match event.whose {
        Whose::Reference => "the reference",
        Whose::Submission => "the submission",
    };
    let limited = |what: String, limit| Phase {
        limit: Some(limit),
        ..Phase::new(what)
    };
    Some(match event.step {
        Step::Machine => Phase::new("looking at sandbox and compiler"),
        Step::Admission => Phase::new(format!("copying {whose}")),
        Step::Data => Phase::new("making the data files"),
        Step::Build { step, limit } => match step {
            compile::Step::Package => limited(format!("compiling {whose}"), limit),
            step => of_crates(step),
        },
        Step::Run { number, of, limit } => {
            limited(format!("run {number} of {of} of {whose}"), limit)
        }
        Step::Done => return None,
    })
}

fn of_crates(step: compile::Step) -> Phase {
    match step {
        compile::Step::Locking => Phase::new("choosing the versions of the course's crates"),
        compile::Step::Waiting => {
            Phase::new("waiting for another grading, which compiles the course's crates")
        }
        compile::Step::Fetching { done, of } => Phase {
            count: Some((done, of)),
            note: Some("once for this machine"),
            ..Phase::new("fetching crates")
        },
        compile::Step::Damaged => Phase::new("making damaged crates again"),
        compile::Step::Crates { done, of, last } => Phase {
            count: Some((done, Some(of))),
            last,
            note: Some("once for this machine"),
            ..Phase::new("compiling crates")
        },
        compile::Step::Package => Phase::new("compiling"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// The line for a step of the reference's, at its beginning.
    fn line(step: Step) -> String {
        let mut phases = Phases::<1>::new();
        let whose = Whose::Reference;
        phases.set(0, phase(ProgressEvent { whose, step }), Duration::ZERO);
        phases.line(Duration::ZERO)
    }

    #[test]
    fn each_step_says_what_is_done() {
        let build = |step| {
            let limit = SECOND;
            line(Step::Build { step, limit })
        };
        let crates = build(compile::Step::Crates {
            done: 31,
            of: 89,
            last: Some("rayon".to_owned()),
        });
        assert_eq!(
            crates,
            "compiling crates (31 of 89; rayon is done; once for this machine)"
        );
        let fetching = build(compile::Step::Fetching {
            done: 12,
            of: Some(48),
        });
        assert_eq!(
            fetching,
            "fetching crates (12 of 48; once for this machine)"
        );
        assert_eq!(build(compile::Step::Package), "compiling the reference");
        let (number, of, limit) = (2, 3, SECOND);
        assert_eq!(
            line(Step::Run { number, of, limit }),
            "run 2 of 3 of the reference"
        );
        assert_eq!(line(Step::Done), "");
    }
}
