//! Grade one submission, from admission to record.
//!
//! A session is made once: it generates the data of every seed, and on each of them the reference runs first, in the
//! same way as every submission. Each submission goes through these steps:
//!
//! 1. *admit*: a private copy, or the reasons why there is none;
//! 2. *build*: a program, or the compiler's diagnostics;
//! 3. *run*: once on each seed, on files whose times show that nobody has read them since, and what became of the
//!    files;
//! 4. *check*: a finding for each check of the exercise;
//! 5. *score*: verdict, points and record.
//!
//! This is the one place where a fault becomes the reason of a record: a machine that fails leaves a
//! submission *not graded*, and so does a panic of our own. Never prints; reports to a [`Progress`] instead.

mod again;
mod around;
mod cases;
mod data;
mod earlier;
mod execution;
mod generator;
mod grade;
mod guard;
mod hidden;
mod inputs;
mod lanes;
mod processors;
mod progress;
mod reference_run;
mod room;
mod saved;
mod scratch;
mod seeds;
mod session;
mod submission;
mod total;
mod tree;
mod tries;

pub use self::{
    again::Again,
    around::{allowed_around, job_around, observing, prove_observer, short_around, unobservable},
    generator::generated_by_program,
    grade::{Single, SingleRecord},
    inputs::exercise_digest,
    processors::Processors,
    progress::{Progress, ProgressEvent, Step, Whose},
    scratch::make_scratch,
    seeds::{Observe, ObserveRequest, RunPlan, observe, seeds},
    session::{ClassSetup, Session},
    submission::{Intake, Origin, Submission},
    tries::{Tries, Try},
};
